/** Whether a definition's names are free, and when it is established. Mirrors apiextensions-apiserver v1.34 pkg/controller/status/naming_controller.go
 *  and pkg/controller/establish/establishing_controller.go, both of which run inside the API server. */

import { deepEqual } from '#api';
import { type Condition, conditionIs, type DefinedNames, type Definition, withCondition } from './definition.ts';

type Status = NonNullable<Definition['status']>;

interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** Names that definitions of a group have been given. */
function takenIn(group: string, all: Iterable<Definition>): Taken {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { spec, status } of all) {
    if (spec.group !== group) continue;
    const {
      plural = '',
      singular = '',
      shortNames = [],
      kind = '',
      listKind = '',
    } = status?.acceptedNames ?? ({} as Partial<DefinedNames>);
    for (const name of [plural, singular, ...shortNames]) resources.add(name);
    kinds.add(kind);
    kinds.add(listKind);
  }
  return { resources, kinds };
}

const conflictOf = (wanted: string | undefined, accepted: string | undefined, taken: ReadonlySet<string>): string | undefined =>
  wanted === accepted || !taken.has(wanted ?? '') ? undefined : `"${wanted}" is already in use`;

function shortNameConflict(wanted: DefinedNames, accepted: Partial<DefinedNames>, taken: ReadonlySet<string>): string | undefined {
  const conflicts = (wanted.shortNames ?? [])
    .filter((name) => !accepted.shortNames?.includes(name))
    .map((name) => conflictOf(name, '', taken))
    .filter((text) => text !== undefined);
  return conflicts.length === 0 ? undefined : conflicts.length === 1 ? conflicts[0] : `[${conflicts.join(', ')}]`;
}

/** The names that may be used, and the condition that tells so. */
function judge(definition: Definition, taken: Taken): { readonly names: DefinedNames; readonly condition: Condition } {
  const wanted = definition.spec.names;
  const accepted: Partial<DefinedNames> = definition.status?.acceptedNames ?? {};
  const names: Record<string, unknown> = { ...accepted, categories: wanted.categories };
  let condition: Condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  const settle = (name: keyof DefinedNames, reason: string, message: string | undefined): void => {
    if (message === undefined) names[name] = wanted[name];
    else condition = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  settle('plural', 'PluralConflict', conflictOf(wanted.plural, accepted.plural, taken.resources));
  settle('singular', 'SingularConflict', conflictOf(wanted.singular, accepted.singular, taken.resources));
  settle('shortNames', 'ShortNamesConflict', shortNameConflict(wanted, accepted, taken.resources));
  settle('kind', 'KindConflict', conflictOf(wanted.kind, accepted.kind, taken.kinds));
  settle('listKind', 'ListKindConflict', conflictOf(wanted.listKind, accepted.listKind, taken.kinds));
  for (const name in names) if (names[name] === undefined) delete names[name];
  return { names: names as unknown as DefinedNames, condition };
}

const NOT_ACCEPTED: Condition = { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
const INSTALLING: Condition = {
  type: 'Established',
  status: 'False',
  reason: 'Installing',
  message: 'the initial names have been accepted',
};
const ESTABLISHED: Condition = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
};

/** The status that a definition is to have next; undefined when there is nothing to do. */
export function nextStatus(definition: Definition, all: Iterable<Definition>, time: string): Status | undefined {
  const status = definition.status ?? {};
  if (!deepEqual(definition.spec.names, status.acceptedNames)) {
    const { names, condition } = judge(definition, takenIn(definition.spec.group, all));
    const known = status.conditions?.find(({ type }) => type === 'NamesAccepted');
    const isSame = known?.status === condition.status && known.reason === condition.reason && known.message === condition.message;
    if (deepEqual(status.acceptedNames, names) && isSame) return undefined;
    const conditions = withCondition(status.conditions, condition, time);
    if (conditionIs(definition, 'Established', 'True')) return { ...status, acceptedNames: names, conditions };
    const established = condition.status === 'True' ? INSTALLING : NOT_ACCEPTED;
    return { ...status, acceptedNames: names, conditions: withCondition(conditions, established, time) };
  }
  if (!conditionIs(definition, 'NamesAccepted', 'True') || conditionIs(definition, 'Established', 'True')) return undefined;
  return { ...status, conditions: withCondition(status.conditions, ESTABLISHED, time) };
}
