/** StatefulSets. Mirrors Kubernetes v1.34 pkg/apis/apps/v1/defaults.go, pkg/registry/apps/statefulset and ValidateStatefulSet(Update). */

import type { FieldError, StatefulSet } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { validateClaimSpec } from '../validation/claim-spec.ts';
import { validateNonNegative } from '../validation/counts.ts';
import { type FieldErrors, forbiddenField, has, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { isSameForm } from '../validation/internal-form.ts';
import { validateName } from '../validation/lists.ts';
import { dns1123Label } from '../validation/names.ts';
import { validateAlwaysRestarts, validateSelectorAndTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { selectorText } from './label-selector-text.ts';

type Spec = NonNullable<StatefulSet['spec']>;

const UPDATES =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

type Claim = NonNullable<Spec['volumeClaimTemplates']>[number];

/** Templates of claims are claims: they know their kind and are pending. */
const defaultClaim = (claim: Claim): Claim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  ...claim,
  spec: { ...claim.spec, volumeMode: claim.spec?.volumeMode ?? 'Filesystem' },
  status: { ...claim.status, phase: claim.status?.phase ?? 'Pending' },
});

/** The template as its pods will be: volumes made from claim templates come first, host names are the controller's. */
function withClaims({ template, volumeClaimTemplates }: Spec): Spec['template'] {
  const claims = volumeClaimTemplates ?? [];
  const spec = template?.spec;
  if (!has(spec) || (claims.length === 0 && !spec.hostname && !spec.subdomain)) return template;
  const { hostname: _hostname, subdomain: _subdomain, ...rest } = spec;
  const names = new Set(claims.map(({ metadata }) => metadata?.name ?? ''));
  const made = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  return { ...template, spec: { ...rest, volumes: [...made, ...(spec.volumes ?? []).filter(({ name }) => !names.has(name))] } };
}

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
      ...(has(spec.volumeClaimTemplates) ? { volumeClaimTemplates: spec.volumeClaimTemplates.map(defaultClaim) } : {}),
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

function validateStrategies(spec: Spec, errors: FieldError[]): void {
  const policy = spec.podManagementPolicy;
  if (policy !== 'OrderedReady' && policy !== 'Parallel')
    errors.push(invalidValue('spec.podManagementPolicy', policy ?? '', "must be 'OrderedReady' or 'Parallel'"));
  const { type, rollingUpdate } = spec.updateStrategy ?? {};
  if (!type) errors.push(required('spec.updateStrategy'));
  else if (type === 'RollingUpdate') {
    if (has(rollingUpdate)) validateNonNegative(rollingUpdate.partition, 'spec.updateStrategy.rollingUpdate.partition', errors);
  } else if (type !== 'OnDelete')
    errors.push(
      invalidValue(
        'spec.updateStrategy',
        { Type: type, RollingUpdate: toldUpdate(rollingUpdate) },
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    );
  else if (has(rollingUpdate))
    errors.push(
      invalidValue('spec.updateStrategy.rollingUpdate', toldUpdate(rollingUpdate), "only allowed for updateStrategy 'RollingUpdate'"),
    );
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const kept = spec.persistentVolumeClaimRetentionPolicy?.[name];
    if (kept !== 'Retain' && kept !== 'Delete')
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, kept ?? '', ['Retain', 'Delete']));
  }
}

type Update = NonNullable<NonNullable<Spec['updateStrategy']>['rollingUpdate']>;
/** As Go writes the internal type. */
const toldUpdate = (update: Update | undefined): unknown =>
  has(update) ? { Partition: update.partition ?? 0, MaxUnavailable: update.maxUnavailable ?? null } : null;

function validate(set: StatefulSet, isNew = true): FieldErrors {
  const errors: FieldError[] = [];
  const spec = set.spec ?? ({} as Spec);
  validateStrategies(spec, errors);
  if (isNew)
    (spec.volumeClaimTemplates ?? []).forEach((claim, i) =>
      validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`, errors),
    );
  validateNonNegative(spec.replicas, 'spec.replicas', errors);
  validateNonNegative(spec.minReadySeconds, 'spec.minReadySeconds', errors);
  validateNonNegative(spec.ordinals?.start, 'spec.ordinals.start', errors);
  if (isNew && spec.serviceName) validateName(spec.serviceName, dns1123Label, 'spec.serviceName', errors);
  validateSelectorAndTemplate(spec.selector, withClaims(spec), 'statefulset', '', errors);
  validateAlwaysRestarts(spec.template, 'StatefulSet', errors);
  return errors;
}

export const statefulSets: ResourceDescriptor<StatefulSet> = {
  resource: 'statefulsets.apps',
  hasStatus: true,
  hasGeneration: true,
  defaults,
  prepareForCreate: (set) => ({ ...set, status: { replicas: 0 } }),
  validate: (set) => validate(set),
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next, false)];
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
    if (!isSameForm('StatefulSetSpec', frozen, old.spec)) errors.push(forbiddenField('spec', UPDATES));
    return errors;
  },
  scale: {
    replicas: (set) => set.spec?.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => selectorText(set.spec?.selector),
    withReplicas: (set, replicas) => ({ ...set, spec: { ...(set.spec as Spec), replicas } }),
  },
};
