/** DaemonSets. Mirrors Kubernetes v1.34 pkg/apis/apps/v1/defaults.go, pkg/registry/apps/daemonset and ValidateDaemonSet(Update). */

import { type DaemonSet, deepEqual, type FieldError, matchesLabelSelector } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import type { Meta } from '../object-meta.ts';
import { validateNonNegative } from '../validation/counts.ts';
import { type FieldErrors, has, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { validateAtMostAll, validateIntOrPercent } from '../validation/int-or-percent.ts';
import { frozen } from '../validation/internal-form.ts';
import { isSelector, validateLabelSelector } from '../validation/selectors.ts';
import { validateAlwaysRestarts, validateTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<DaemonSet['spec']>;
const isZero = (value: unknown): boolean => value === 0 || value === '0%';

function defaults(set: DaemonSet): DaemonSet {
  const spec = set.spec;
  if (spec === undefined) return set;
  const type = spec.updateStrategy?.type || 'RollingUpdate';
  const { maxUnavailable = 1, maxSurge = 0 } = spec.updateStrategy?.rollingUpdate ?? {};
  return {
    ...set,
    spec: {
      ...spec,
      template: defaultTemplate(spec.template),
      updateStrategy: type === 'RollingUpdate' ? { type, rollingUpdate: { maxUnavailable, maxSurge } } : { ...spec.updateStrategy, type },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    },
  };
}

function validateStrategy(strategy: Spec['updateStrategy'], errors: FieldError[]): void {
  const { type, rollingUpdate } = strategy ?? {};
  if (type === 'OnDelete') return;
  const field = 'spec.updateStrategy.rollingUpdate';
  if (type !== 'RollingUpdate') {
    const told = { Type: type ?? '', RollingUpdate: has(rollingUpdate) ? toldUpdate(rollingUpdate) : null };
    errors.push(notSupported('spec.updateStrategy', told, ['RollingUpdate', 'OnDelete']));
    return;
  }
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  for (const [name, value] of [
    ['maxUnavailable', maxUnavailable],
    ['maxSurge', maxSurge],
  ] as const)
    validateIntOrPercent(value, `${field}.${name}`, errors);
  for (const [name, value] of [
    ['maxUnavailable', maxUnavailable],
    ['maxSurge', maxSurge],
  ] as const)
    validateAtMostAll(value, `${field}.${name}`, errors);
  if (isZero(maxUnavailable) && isZero(maxSurge)) errors.push(required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  else if (!isZero(maxUnavailable) && !isZero(maxSurge))
    errors.push(invalidValue(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
}

const toldUpdate = ({ maxUnavailable, maxSurge }: { maxUnavailable?: unknown; maxSurge?: unknown }): unknown => ({
  MaxUnavailable: maxUnavailable ?? 0,
  MaxSurge: maxSurge ?? 0,
});

function validate(set: DaemonSet): FieldErrors {
  const errors: FieldError[] = [];
  const { selector, template, minReadySeconds, revisionHistoryLimit, updateStrategy } = set.spec ?? ({} as Spec);
  errors.push(...validateLabelSelector(selector, 'spec.selector'));
  const labels = template?.metadata?.labels;
  if (!has(selector) || (isSelector(selector) && !matchesLabelSelector(selector, labels)))
    errors.push(invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'));
  if (has(selector) && Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0)
    errors.push(invalidValue('spec.selector', selector, 'empty selector is invalid for daemonset'));
  errors.push(...validateTemplate(template, 'spec.template'));
  validateAlwaysRestarts(template, 'DaemonSet', errors);
  validateNonNegative(minReadySeconds, 'spec.minReadySeconds', errors);
  validateStrategy(updateStrategy, errors);
  validateNonNegative(revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  return errors;
}

/** What v1 has in place of the internal type's spec.templateGeneration. Nobody but the server counts it. */
const GENERATION = 'deprecated.daemonset.template.generation';

function templateGeneration(set: DaemonSet): number {
  const told = Number(set.metadata?.annotations?.[GENERATION] ?? 0);
  return Number.isSafeInteger(told) ? told : 0;
}

/** The metadata is not published yet, so it may still be written. */
function withGeneration(set: DaemonSet, generation: number): DaemonSet {
  const metadata = set.metadata as Meta;
  const text = String(generation);
  if (metadata.annotations?.[GENERATION] !== text) metadata.annotations = { ...metadata.annotations, [GENERATION]: text };
  return set;
}

export const daemonSets: ResourceDescriptor<DaemonSet> = {
  resource: 'daemonsets.apps',
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate: (set) =>
    withGeneration(set.status === undefined ? set : ({ ...set, status: {} } as DaemonSet), Math.max(1, templateGeneration(set))),
  prepareForUpdate(next, old) {
    const isNew = next.spec !== old.spec && !deepEqual(next.spec?.template, old.spec?.template);
    return withGeneration(next, templateGeneration(old) + (isNew ? 1 : 0));
  },
  prepareForStatusUpdate: (next, old) => withGeneration({ ...old, metadata: next.metadata, status: next.status }, templateGeneration(old)),
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    return [...validate(next), ...frozen('spec.selector', 'LabelSelector', next.spec?.selector, old.spec?.selector)];
  },
};
