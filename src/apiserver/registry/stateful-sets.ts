/** StatefulSets. Mirrors Kubernetes v1.34 pkg/apis/apps/v1/defaults.go, pkg/registry/apps/statefulset and ValidateStatefulSet(Update). */

import { deepEqual, type FieldError, type StatefulSet } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { type FieldErrors, forbiddenField, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { validateAlwaysRestarts, validateNonNegative, validateSelectorAndTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { selectorText } from './label-selector-text.ts';

type Spec = NonNullable<StatefulSet['spec']>;

const UPDATES =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function defaults(set: StatefulSet): StatefulSet {
  const spec = set.spec;
  if (spec === undefined) return set;
  const type = spec.updateStrategy?.type || 'RollingUpdate';
  const rollingUpdate = { ...spec.updateStrategy?.rollingUpdate, partition: spec.updateStrategy?.rollingUpdate?.partition ?? 0 };
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  return {
    ...set,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      template: defaultTemplate(spec.template),
      podManagementPolicy: spec.podManagementPolicy || 'OrderedReady',
      updateStrategy: type === 'RollingUpdate' ? { type, rollingUpdate } : { ...spec.updateStrategy, type },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: retention?.whenDeleted || 'Retain',
        whenScaled: retention?.whenScaled || 'Retain',
      },
    },
  };
}

function validate(set: StatefulSet): FieldErrors {
  const errors: FieldError[] = [];
  const spec = set.spec ?? ({} as Spec);
  const policy = spec.podManagementPolicy;
  if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.push(invalidValue('spec.podManagementPolicy', policy ?? '', "must be 'OrderedReady' or 'Parallel'"));
  const type = spec.updateStrategy?.type;
  if (!type) errors.push(required('spec.updateStrategy'));
  else if (type !== 'RollingUpdate' && type !== 'OnDelete')
    errors.push(invalidValue('spec.updateStrategy', spec.updateStrategy, "must be 'RollingUpdate' or 'OnDelete'"));
  validateNonNegative(spec.updateStrategy?.rollingUpdate?.partition, 'spec.updateStrategy.rollingUpdate.partition', errors);
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start', errors);
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const kept = spec.persistentVolumeClaimRetentionPolicy?.[name];
    if (kept !== undefined && kept !== 'Retain' && kept !== 'Delete')
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, kept, ['Delete', 'Retain']));
  }
  validateSelectorAndTemplate(spec.selector, spec.template, 'statefulset', errors);
  validateAlwaysRestarts(spec.template, errors);
  return errors;
}

export const statefulSets: ResourceDescriptor<StatefulSet> = {
  resource: 'statefulsets.apps',
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    const { replicas, ordinals, template, updateStrategy, revisionHistoryLimit, persistentVolumeClaimRetentionPolicy, minReadySeconds } =
      old.spec as Spec;
    const frozen = {
      ...next.spec,
      replicas,
      ordinals,
      template,
      updateStrategy,
      revisionHistoryLimit,
      persistentVolumeClaimRetentionPolicy,
      minReadySeconds,
    };
    if (!deepEqual(frozen, old.spec)) errors.push(forbiddenField('spec', UPDATES));
    return errors;
  },
  scale: {
    replicas: (set) => set.spec?.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => selectorText(set.spec?.selector),
    withReplicas: (set, replicas) => ({ ...set, spec: { ...(set.spec as Spec), replicas } }),
  },
};
