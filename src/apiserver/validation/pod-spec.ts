/** A pod spec's rules, in upstream's order. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidatePodSpec).
 *  A spec that passed is remembered by reference: the other 99 pods of its template cost one look-up. */

import type { FieldError, PodSpec, Toleration } from '#api';
import { validateLegacyIP } from './addresses.ts';
import { validateResources } from './container-resources.ts';
import { type Surroundings, validateContainers, validateHostNetworkPorts } from './containers.ts';
import { validateEphemeral } from './ephemeral-containers.ts';
import {
  duplicate,
  type FieldErrors,
  forbiddenField,
  has,
  invalidValue,
  NO_ERRORS,
  notSupported,
  requireChoice,
  required,
  validateChoice,
} from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName, underscoredSubdomain } from './names.ts';
import { validateLabels } from './object-meta.ts';
import { validatePodResources } from './pod-level-resources.ts';
import { validatePodResourceClaims } from './pod-resource-claims.ts';
import { validateVolumes } from './pod-volumes.ts';
import { validateHostUsers, validatePodSecurity } from './security-context.ts';
import { validateAffinity } from './selectors.ts';
import { validateSpreadConstraints } from './spread-constraints.ts';

const INT32_MAX = 2_147_483_647;
const NAMESERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_BYTES_MAX = 2048;
const RESTARTS = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const sound = new WeakSet<object>();

/** `field` is 'spec' for pods, 'spec.template.spec' for workloads. */
export function validatePodSpec(spec: PodSpec | undefined, field: string): FieldErrors {
  if (spec === undefined || spec === null) return [required(`${field}.containers`)];
  if (sound.has(spec)) return NO_ERRORS;
  const errors: FieldError[] = [];
  const volumes = validateVolumes(spec, `${field}.volumes`, errors);
  const claims = new Set((spec.resourceClaims ?? []).flatMap(({ name }) => (name ? [name] : [])));
  if (spec.resourceClaims !== undefined) validatePodResourceClaims(spec, `${field}.resourceClaims`, errors);
  const around: Surroundings = { spec, volumes, claims };
  validateContainers(around, field, errors);
  if (spec.ephemeralContainers !== undefined) validateEphemeral(around, `${field}.ephemeralContainers`, errors);
  if (has(spec.resources)) validatePodResources(spec, claims, field, errors);
  validateHostNetworkPorts(spec, field === 'spec', field, errors);
  requireChoice(spec.restartPolicy, RESTARTS, `${field}.restartPolicy`, errors);
  requireChoice(spec.dnsPolicy, DNS_POLICIES, `${field}.dnsPolicy`, errors);
  errors.push(...validateLabels(spec.nodeSelector, `${field}.nodeSelector`));
  validatePodSecurity(spec, `${field}.securityContext`, errors);
  if (has(spec.affinity)) errors.push(...validateAffinity(spec.affinity, `${field}.affinity`));
  validateDns(spec, `${field}.dnsConfig`, errors);
  validateGates(spec, field, errors);
  validateSpreadConstraints(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`, errors);
  validateHostUsers(spec, field, errors);
  validateNames(spec, field, errors);
  validateRest(spec, field, errors);
  if (errors.length === 0) sound.add(spec);
  return errors;
}

/** validatePodDNSConfig. */
function validateDns({ dnsPolicy, dnsConfig }: PodSpec, field: string, errors: FieldError[]): void {
  if (dnsPolicy === 'None') {
    if (!has(dnsConfig)) return void errors.push(required(field, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    if ((dnsConfig.nameservers ?? []).length === 0)
      return void errors.push(required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None'));
  }
  if (!has(dnsConfig)) return;
  const nameservers = dnsConfig.nameservers ?? [];
  const searches = dnsConfig.searches ?? [];
  if (nameservers.length > NAMESERVERS_MAX)
    errors.push(invalidValue(`${field}.nameservers`, nameservers, `must not have more than ${NAMESERVERS_MAX} nameservers`));
  nameservers.forEach((server, i) => validateLegacyIP(server, `${field}.nameservers[${i}]`, errors));
  if (searches.length > SEARCHES_MAX)
    errors.push(invalidValue(`${field}.searches`, searches, `must not have more than ${SEARCHES_MAX} search paths`));
  if (searches.join(' ').length > SEARCH_BYTES_MAX)
    errors.push(
      invalidValue(
        `${field}.searches`,
        searches,
        `must not have more than ${SEARCH_BYTES_MAX} characters (including spaces) in the search list`,
      ),
    );
  searches.forEach((search, i) => {
    if (search !== '.')
      validateName(search.endsWith('.') ? search.slice(0, -1) : search, underscoredSubdomain, `${field}.searches[${i}]`, errors);
  });
  (dnsConfig.options ?? []).forEach(({ name }, i) => {
    if (!name) errors.push(required(`${field}.options[${i}]`, 'must not be empty'));
  });
}

function validateGates(spec: PodSpec, field: string, errors: FieldError[]): void {
  (spec.readinessGates ?? []).forEach(({ conditionType }, i) =>
    validateName(conditionType, qualifiedName, `${field}.readinessGates[${i}].conditionType`, errors),
  );
  const gates = new Set<string>();
  (spec.schedulingGates ?? []).forEach(({ name = '' }, i) => {
    const at = `${field}.schedulingGates[${i}]`;
    validateName(name, qualifiedName, at, errors);
    if (gates.has(name)) errors.push(duplicate(at, name));
    gates.add(name);
  });
}

function validateNames(spec: PodSpec, field: string, errors: FieldError[]): void {
  const { serviceAccountName, nodeName, hostname, subdomain, activeDeadlineSeconds: active } = spec;
  if (serviceAccountName) validateName(serviceAccountName, dns1123Subdomain, `${field}.serviceAccountName`, errors);
  if (nodeName) validateName(nodeName, dns1123Subdomain, `${field}.nodeName`, errors);
  if (has(active) && (active < 1 || active > INT32_MAX))
    errors.push(invalidValue(`${field}.activeDeadlineSeconds`, active, `must be between 1 and ${INT32_MAX}, inclusive`));
  if (hostname) validateName(hostname, dns1123Label, `${field}.hostname`, errors);
  if (subdomain) validateName(subdomain, dns1123Label, `${field}.subdomain`, errors);
}

function validateRest(spec: PodSpec, field: string, errors: FieldError[]): void {
  const { priorityClassName, runtimeClassName, preemptionPolicy, overhead, os } = spec;
  errors.push(...validateTolerations(spec.tolerations, `${field}.tolerations`));
  (spec.hostAliases ?? []).forEach(({ ip, hostnames }, i) => {
    validateLegacyIP(ip ?? '', `${field}.hostAliases[${i}].ip`, errors);
    (hostnames ?? []).forEach((host, n) => validateName(host, dns1123Subdomain, `${field}.hostAliases[${i}].hostnames[${n}]`, errors));
  });
  if (priorityClassName) validateName(priorityClassName, dns1123Subdomain, `${field}.priorityClassName`, errors);
  if (has(runtimeClassName)) validateName(runtimeClassName, dns1123Subdomain, `${field}.runtimeClassName`, errors);
  if (has(preemptionPolicy)) requireChoice(preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${field}.preemptionPolicy`, errors);
  if (has(overhead)) validateResources({ limits: overhead }, new Set(), `${field}.overhead`, errors);
  if (!has(os)) return;
  if (!os.name) errors.push(required(`${field}.os.name`));
  else validateChoice(os.name, ['linux', 'windows'], `${field}.os`, errors);
  if (os.name === 'linux' && has(spec.securityContext?.windowsOptions))
    errors.push(forbiddenField(`${field}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'));
}

/** ValidateTolerations. */
export function validateTolerations(tolerations: readonly Toleration[] | undefined, field: string): FieldErrors {
  if (!has(tolerations) || sound.has(tolerations)) return NO_ERRORS;
  const errors: FieldError[] = [];
  tolerations.forEach(({ key, operator, value = '', effect, tolerationSeconds }, i) => {
    const at = `${field}[${i}]`;
    if (key) validateName(key, qualifiedName, `${at}.key`, errors);
    if (!key && operator !== 'Exists')
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (has(tolerationSeconds) && effect !== 'NoExecute')
      errors.push(invalidValue(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    if (!operator || operator === 'Equal') {
      const texts = labelValue(value);
      if (texts.length > 0) errors.push(invalidValue(`${at}.operator`, value, texts.join(';')));
    } else if (operator !== 'Exists') errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    else if (value) errors.push(invalidValue(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
    if (effect) validateChoice(effect, EFFECTS, `${at}.effect`, errors);
  });
  if (errors.length === 0) sound.add(tolerations);
  return errors;
}
