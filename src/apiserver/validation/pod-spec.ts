/** A pod spec's rules. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidatePodSpec) for what schedulers, controllers and kubelets read.
 *  A spec that passed is remembered by reference: the other 99 pods of its template cost one look-up. */

import type { FieldError, PodSpec, Toleration } from '#api';
import { validateContainers } from './containers.ts';
import { duplicate, type FieldErrors, invalidValue, NO_ERRORS, notSupported, required } from './field-error.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from './names.ts';
import { validateParticulars } from './pod-particulars.ts';
import { validatePodResourceClaims } from './pod-resource-claims.ts';
import { validateAffinity, validateLabelSelector, validateNodeSelectorMap } from './selectors.ts';

const INT32_MAX = 2_147_483_647;
const sound = new WeakSet<object>();

/** `field` is 'spec' for pods, 'spec.template.spec' for workloads. */
export function validatePodSpec(spec: PodSpec | undefined, field: string): FieldErrors {
  if (spec === undefined || spec === null) return [required(`${field}.containers`)];
  if (sound.has(spec)) return NO_ERRORS;
  const errors: FieldError[] = [];
  const volumes = validateVolumes(spec, field, errors);
  validateContainers(spec, field, volumes, errors);
  validateLifetime(spec, field, errors);
  validatePlacement(spec, field, errors);
  validateParticulars(spec, field, errors);
  if (spec.resourceClaims !== undefined) validatePodResourceClaims(spec, `${field}.resourceClaims`, errors);
  if (errors.length === 0) sound.add(spec);
  return errors;
}

function validateVolumes(spec: PodSpec, field: string, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>();
  (spec.volumes ?? []).forEach((volume, i) => {
    const at = `${field}.volumes[${i}]`;
    if (!volume.name) errors.push(required(`${at}.name`));
    else {
      for (const text of dns1123Label(volume.name)) errors.push(invalidValue(`${at}.name`, volume.name, text));
      if (names.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name));
      names.add(volume.name);
    }
    if (volume.persistentVolumeClaim !== undefined && !volume.persistentVolumeClaim.claimName)
      errors.push(required(`${at}.persistentVolumeClaim.claimName`));
    if (volume.secret !== undefined && !volume.secret.secretName) errors.push(required(`${at}.secret.secretName`));
    if (volume.configMap !== undefined && !volume.configMap.name) errors.push(required(`${at}.configMap.name`));
  });
  return names;
}

function validateLifetime(spec: PodSpec, field: string, errors: FieldError[]): void {
  const RESTART = ['Always', 'OnFailure', 'Never'];
  if (!spec.restartPolicy) errors.push(required(`${field}.restartPolicy`));
  else if (!RESTART.includes(spec.restartPolicy)) errors.push(notSupported(`${field}.restartPolicy`, spec.restartPolicy, RESTART));
  const DNS = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
  if (!spec.dnsPolicy) errors.push(required(`${field}.dnsPolicy`));
  else if (!DNS.includes(spec.dnsPolicy)) errors.push(notSupported(`${field}.dnsPolicy`, spec.dnsPolicy, DNS));
  const active = spec.activeDeadlineSeconds;
  if (active !== undefined && (active < 1 || active > INT32_MAX))
    errors.push(invalidValue(`${field}.activeDeadlineSeconds`, active, `must be between 1 and ${INT32_MAX}, inclusive`));
  const grace = spec.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0)
    errors.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  if (spec.serviceAccountName)
    for (const text of dns1123Subdomain(spec.serviceAccountName))
      errors.push(invalidValue(`${field}.serviceAccountName`, spec.serviceAccountName, text));
  if (spec.nodeName)
    for (const text of dns1123Subdomain(spec.nodeName)) errors.push(invalidValue(`${field}.nodeName`, spec.nodeName, text));
  if (spec.hostname) for (const text of dns1123Label(spec.hostname)) errors.push(invalidValue(`${field}.hostname`, spec.hostname, text));
  if (spec.subdomain)
    for (const text of dns1123Label(spec.subdomain)) errors.push(invalidValue(`${field}.subdomain`, spec.subdomain, text));
  if (spec.priorityClassName)
    for (const text of dns1123Subdomain(spec.priorityClassName))
      errors.push(invalidValue(`${field}.priorityClassName`, spec.priorityClassName, text));
  const PREEMPTION = ['Never', 'PreemptLowerPriority'];
  if (spec.preemptionPolicy !== undefined && !PREEMPTION.includes(spec.preemptionPolicy))
    errors.push(notSupported(`${field}.preemptionPolicy`, spec.preemptionPolicy, PREEMPTION));
}

function validatePlacement(spec: PodSpec, field: string, errors: FieldError[]): void {
  errors.push(...validateNodeSelectorMap(spec.nodeSelector, `${field}.nodeSelector`));
  if (spec.affinity !== undefined) errors.push(...validateAffinity(spec.affinity, `${field}.affinity`));
  errors.push(...validateTolerations(spec.tolerations, `${field}.tolerations`));
  (spec.topologySpreadConstraints ?? []).forEach((constraint, i) => {
    const at = `${field}.topologySpreadConstraints[${i}]`;
    const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
    if (!(constraint.maxSkew > 0)) errors.push(invalidValue(`${at}.maxSkew`, constraint.maxSkew, 'must be greater than zero'));
    if (!constraint.topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    else
      for (const text of qualifiedName(constraint.topologyKey))
        errors.push(invalidValue(`${at}.topologyKey`, constraint.topologyKey, text));
    if (!UNSATISFIABLE.includes(constraint.whenUnsatisfiable))
      errors.push(notSupported(`${at}.whenUnsatisfiable`, constraint.whenUnsatisfiable, UNSATISFIABLE));
    if (constraint.minDomains !== undefined && constraint.minDomains <= 0)
      errors.push(invalidValue(`${at}.minDomains`, constraint.minDomains, 'must be greater than zero'));
    if (constraint.minDomains !== undefined && constraint.whenUnsatisfiable !== 'DoNotSchedule')
      errors.push(
        invalidValue(
          `${at}.minDomains`,
          constraint.minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${constraint.whenUnsatisfiable}`,
        ),
      );
    errors.push(...validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`));
  });
  const gates = new Set<string>();
  (spec.schedulingGates ?? []).forEach((gate, i) => {
    const at = `${field}.schedulingGates[${i}]`;
    for (const text of qualifiedName(gate.name ?? '')) errors.push(invalidValue(at, gate.name, text));
    if (gates.has(gate.name)) errors.push(duplicate(at, gate.name));
    gates.add(gate.name);
  });
}

/** ValidateTolerations. */
export function validateTolerations(tolerations: readonly Toleration[] | undefined, field: string): FieldErrors {
  if (tolerations === undefined || sound.has(tolerations)) return NO_ERRORS;
  const errors: FieldError[] = [];
  const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
  tolerations.forEach((toleration, i) => {
    const at = `${field}[${i}]`;
    if (toleration.key) for (const text of qualifiedName(toleration.key)) errors.push(invalidValue(`${at}.key`, toleration.key, text));
    if (!toleration.key && toleration.operator !== 'Exists')
      errors.push(
        invalidValue(
          `${at}.operator`,
          toleration.operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
      errors.push(invalidValue(`${at}.effect`, toleration.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (toleration.operator === undefined || toleration.operator === 'Equal') {
      for (const text of labelValue(toleration.value ?? '')) errors.push(invalidValue(`${at}.operator`, toleration.value, text));
    } else if (toleration.operator === 'Exists') {
      if (toleration.value) errors.push(invalidValue(`${at}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
    } else errors.push(notSupported(`${at}.operator`, toleration.operator, ['Equal', 'Exists']));
    if (toleration.effect && !EFFECTS.includes(toleration.effect)) errors.push(notSupported(`${at}.effect`, toleration.effect, EFFECTS));
  });
  if (errors.length === 0) sound.add(tolerations);
  return errors;
}
