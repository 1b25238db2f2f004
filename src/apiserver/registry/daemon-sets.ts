/** DaemonSets. Mirrors Kubernetes v1.34 pkg/apis/apps/v1/defaults.go, pkg/registry/apps/daemonset and ValidateDaemonSet(Update). */

import { type DaemonSet, deepEqual, type FieldError } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { type FieldErrors, immutable, invalidValue, notSupported } from '../validation/field-error.ts';
import { validateAlwaysRestarts, validateNonNegative, validateSelectorAndTemplate } from '../validation/workload.ts';
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

function validate(set: DaemonSet): FieldErrors {
  const errors: FieldError[] = [];
  const spec = set.spec ?? ({} as Spec);
  validateSelectorAndTemplate(spec.selector, spec.template, 'daemonset', errors);
  validateAlwaysRestarts(spec.template, errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', errors);
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (type !== 'RollingUpdate' && type !== 'OnDelete')
    errors.push(notSupported('spec.updateStrategy.type', type ?? '', ['OnDelete', 'RollingUpdate']));
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  if (type === 'RollingUpdate' && isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(invalidValue('spec.updateStrategy.rollingUpdate.maxUnavailable', maxUnavailable, 'cannot be 0 when maxSurge is 0'));
  if (type === 'RollingUpdate' && !isZero(maxUnavailable) && !isZero(maxSurge))
    errors.push(invalidValue('spec.updateStrategy.rollingUpdate.maxSurge', maxSurge, 'may not be set when maxUnavailable is non-zero'));
  return errors;
}

export const daemonSets: ResourceDescriptor<DaemonSet> = {
  resource: 'daemonsets.apps',
  hasStatus: true,
  hasGeneration: true,
  defaults,
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    if (!deepEqual(next.spec?.selector, old.spec?.selector)) errors.push(immutable('spec.selector', next.spec?.selector));
    return errors;
  },
};
