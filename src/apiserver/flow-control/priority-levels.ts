/** Priority levels and flow schemas as the server uses them, made from its PriorityLevelConfigurations and FlowSchemas. Mirrors apiserver v1.34
 *  pkg/util/flowcontrol/apf_controller.go (digestConfigObjects) and rule.go (which requests a schema is about). */

import type { ApiRequest, FlowSchema, PriorityLevelConfiguration, ResourceInfo } from '#api';
import { accountOf, type UserInfo } from '../authentication/users.ts';
import { MANDATORY_LEVELS, MANDATORY_SCHEMAS, SUGGESTED_LEVELS, SUGGESTED_SCHEMAS } from './bootstrap.ts';

/** A level with limits: `shares` of the server's seats, of which `lendable` percent may be lent; requests wait in `queues`. */
export interface PriorityLevel {
  readonly name: string;
  readonly shares: number;
  readonly lendable: number;
  /** Of its own seats, how many more it may borrow in percent; undefined: as many as there are. */
  readonly borrowing: number | undefined;
  /** Absent: what finds no seat is turned away. */
  readonly queuing: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number } | undefined;
}

/** Requests that never wait. */
export const EXEMPT = 'exempt';

export interface CompiledSchema {
  readonly name: string;
  readonly level: string;
  readonly by: 'ByUser' | 'ByNamespace' | undefined;
  readonly precedence: number;
  readonly rules: NonNullable<NonNullable<FlowSchema['spec']>['rules']>;
}

type Rules = CompiledSchema['rules'][number];
type Subject = Rules['subjects'][number];

function levelOf({ metadata, spec }: PriorityLevelConfiguration): PriorityLevel | undefined {
  if (spec?.type !== 'Limited') return undefined;
  const { nominalConcurrencyShares = 30, lendablePercent = 0, borrowingLimitPercent, limitResponse } = spec.limited ?? {};
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = limitResponse?.queuing ?? {};
  return {
    name: metadata?.name ?? '',
    shares: nominalConcurrencyShares,
    lendable: lendablePercent,
    borrowing: borrowingLimitPercent,
    queuing: limitResponse?.type === 'Queue' ? { queues, handSize, queueLengthLimit } : undefined,
  };
}

const nameOf = (object: FlowSchema | PriorityLevelConfiguration): string => object.metadata?.name ?? '';

/** The mandatory ones are there even while nobody has written them yet. */
function withMandatory<T extends FlowSchema | PriorityLevelConfiguration>(objects: readonly T[], mandatory: readonly T[]): readonly T[] {
  const missing = mandatory.filter((one) => !objects.some((object) => nameOf(object) === nameOf(one)));
  return missing.length === 0 ? objects : [...objects, ...missing];
}

function hasSubject({ username, groups }: UserInfo, subject: Subject): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === username;
    case 'Group':
      return subject.group?.name === '*' || groups.includes(subject.group?.name ?? '');
    default: {
      const account = accountOf(username);
      const { name, namespace } = subject.serviceAccount ?? {};
      return account !== undefined && account.namespace === namespace && (name === '*' || name === account.name);
    }
  }
}

const includes = (list: readonly string[] | undefined, one: string): boolean =>
  list !== undefined && (list.includes(one) || list.includes('*'));

function isAbout(rules: Rules, { verb, subresource, namespace }: ApiRequest, group: string, plural: string, user: UserInfo): boolean {
  if (!rules.subjects.some((subject) => hasSubject(user, subject))) return false;
  const name = subresource ? `${plural}/${subresource}` : plural;
  return (rules.resourceRules ?? []).some(
    (rule) =>
      includes(rule.verbs, verb) &&
      includes(rule.apiGroups, group) &&
      includes(rule.resources, name) &&
      (namespace ? includes(rule.namespaces, namespace) : rule.clusterScope === true),
  );
}

/** Levels and schemas as they stand now. */
export class FlowConfiguration {
  readonly levels: readonly PriorityLevel[];
  private readonly schemas: readonly CompiledSchema[];
  /** Some rule names namespaces: they then tell requests apart. */
  private readonly minds: boolean;
  private readonly known = new Map<string, CompiledSchema>();

  constructor(
    levels: readonly PriorityLevelConfiguration[] = [...SUGGESTED_LEVELS, ...MANDATORY_LEVELS],
    schemas: readonly FlowSchema[] = [...SUGGESTED_SCHEMAS, ...MANDATORY_SCHEMAS],
  ) {
    const configured = withMandatory(levels, MANDATORY_LEVELS);
    const names = new Set(configured.map(nameOf));
    this.levels = configured.flatMap((object) => levelOf(object) ?? []);
    // What refers to no level is passed over, as if it were not there.
    this.schemas = withMandatory(schemas, MANDATORY_SCHEMAS)
      .map(
        ({ metadata, spec }): CompiledSchema => ({
          name: metadata?.name ?? '',
          level: spec?.priorityLevelConfiguration.name ?? '',
          by: spec?.distinguisherMethod?.type as CompiledSchema['by'],
          precedence: spec?.matchingPrecedence ?? 0,
          rules: spec?.rules ?? [],
        }),
      )
      .filter(({ level }) => names.has(level))
      .sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
    this.minds = this.schemas.some(({ rules }) =>
      rules.some(({ resourceRules }) => resourceRules?.some(({ namespaces = [] }) => namespaces.length > 0 && !namespaces.includes('*'))),
    );
  }

  /** The schema of the lowest matchingPrecedence that is about the request; by name among equals. */
  schemaOf(request: ApiRequest, user: UserInfo, info: Pick<ResourceInfo, 'group' | 'plural'> | undefined): CompiledSchema {
    const { verb, resource, subresource, namespace } = request;
    const place = namespace ? (this.minds ? `n/${namespace}` : 'n') : 'c';
    const key = `${user.username} ${verb} ${resource} ${subresource ?? ''} ${place}`;
    let schema = this.known.get(key);
    if (schema === undefined) {
      const dot = resource.indexOf('.');
      const group = info?.group ?? (dot < 0 ? '' : resource.slice(dot + 1));
      const plural = info?.plural ?? (dot < 0 ? resource : resource.slice(0, dot));
      schema = this.schemas.find(({ rules }) => rules.some((one) => isAbout(one, request, group, plural, user))) as CompiledSchema;
      this.known.set(key, (schema ??= this.catchAll));
    }
    return schema;
  }

  private get catchAll(): CompiledSchema {
    return this.schemas.find(({ name }) => name === 'catch-all') as CompiledSchema;
  }
}

/** Requests of one flow wait in line; those of different flows do not wait for each other. */
export function flowOf(request: ApiRequest, { name, by }: CompiledSchema): string {
  return `${name}/${by === 'ByUser' ? request.user : by === 'ByNamespace' ? (request.namespace ?? '') : ''}`;
}
