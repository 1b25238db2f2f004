/** ReplicaSets. Mirrors Kubernetes v1.34 pkg/registry/apps/replicaset and ValidateReplicaSet. */

import { deepEqual, type FieldError, type ReplicaSet } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { validateNonNegative } from '../validation/counts.ts';
import { type FieldErrors, immutable } from '../validation/field-error.ts';
import { validateAlwaysRestarts, validateSelectorAndTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { selectorText } from './label-selector-text.ts';

type Spec = NonNullable<ReplicaSet['spec']>;

function validate(set: ReplicaSet): FieldErrors {
  const errors: FieldError[] = [];
  const spec = set.spec ?? ({} as Spec);
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateSelectorAndTemplate(spec.selector, spec.template, 'deployment', 'invalid label selector', errors);
  validateAlwaysRestarts(spec.template, 'ReplicaSet', errors);
  return errors;
}

export const replicaSets: ResourceDescriptor<ReplicaSet> = {
  resource: 'replicasets.apps',
  hasStatus: true,
  hasGeneration: true,
  fields: { 'status.replicas': (set) => String(set.status?.replicas ?? 0) },
  defaults(set) {
    const spec = set.spec;
    if (spec === undefined) return set;
    const template = defaultTemplate(spec.template);
    if (template === spec.template && spec.replicas !== undefined) return set;
    return { ...set, spec: { ...spec, replicas: spec.replicas ?? 1, template } };
  },
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    if (!deepEqual(next.spec?.selector, old.spec?.selector)) errors.push(immutable('spec.selector', next.spec?.selector));
    return errors;
  },
  scale: {
    replicas: (set) => set.spec?.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => selectorText(set.spec?.selector),
    withReplicas: (set, replicas) => ({ ...set, spec: { ...(set.spec as Spec), replicas } }),
  },
};
