/** ResourceSlices. Mirrors Kubernetes v1.34 pkg/registry/resource/resourceslice/strategy.go and ValidateResourceSlice(Update). Node name and
 *  driver are selectable fields, as drivers and kubelets use them; fields behind gates that are off by default are kept, and ignored by the scheduler. */

import { type Device, type DeviceAttribute, type FieldError, isSemver, type ResourceSlice } from '#api';
import { DEVICE_TAINT_EFFECTS, validatePoolName } from '../validation/device-claims.ts';
import { type FieldErrors, immutable, invalidValue, notSupported, required, tooLong } from '../validation/field-error.ts';
import { validateDeviceQualifiedName, validateDriverName, validateEach, validateName, validateUnique } from '../validation/lists.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const DEVICES_MAX = 128;
const ATTRIBUTES_MAX = 32;
const VALUE_MAX = 64;
const TAINTS_MAX = 4;

type Spec = NonNullable<ResourceSlice['spec']>;
type Place = Pick<Device, 'nodeName' | 'nodeSelector' | 'allNodes'>;

const UNSET_OR_TRUE = 'must be either unset or set to true';

/** Which of the ways to name nodes are used; what is wrong with each on the way. */
function namedPlaces(place: Place, field: string, emptyName: string, errors: FieldError[]): string[] {
  const named: string[] = [];
  if (place.nodeName !== undefined) {
    if (place.nodeName === '') errors.push(invalidValue(`${field}.nodeName`, '', emptyName));
    else {
      named.push('`nodeName`');
      validateName(place.nodeName, dns1123Subdomain, `${field}.nodeName`, errors);
    }
  }
  if (place.nodeSelector !== undefined) {
    named.push('`nodeSelector`');
    const terms = place.nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length === 0) errors.push(required(`${field}.nodeSelector.nodeSelectorTerms`, 'must have at least one node selector term'));
    if (terms.length !== 1)
      errors.push(invalidValue(`${field}.nodeSelector.nodeSelectorTerms`, terms, 'must have exactly one node selector term'));
  }
  if (place.allNodes === true) named.push('`allNodes`');
  else if (place.allNodes === false) errors.push(invalidValue(`${field}.allNodes`, false, UNSET_OR_TRUE));
  return named;
}

function onlyOne(named: readonly string[], field: string, text: string, errors: FieldError[]): void {
  if (named.length === 0) errors.push(required(field, text));
  if (named.length > 1) errors.push(invalidValue(field, `{${named.join(', ')}}`, `${text}, but multiple fields are set`));
}

function validateSpec(spec: Spec, errors: FieldError[]): void {
  validateDriverName(spec.driver, 'spec.driver', errors);
  validatePoolName(spec.pool?.name, 'spec.pool.name', errors);
  const { resourceSliceCount = 0, generation = 0 } = spec.pool ?? {};
  if (resourceSliceCount <= 0) errors.push(invalidValue('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero'));
  if (generation < 0) errors.push(invalidValue('spec.pool.generation', generation, 'must be greater than or equal to zero'));
  const named = namedPlaces(spec, 'spec', 'must be either unset or set to a non-empty string', errors);
  if (spec.perDeviceNodeSelection === true) named.push('`perDeviceNodeSelection`');
  else if (spec.perDeviceNodeSelection === false) errors.push(invalidValue('spec.perDeviceNodeSelection', false, UNSET_OR_TRUE));
  onlyOne(named, 'spec', 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required', errors);
  const counters = new Map((spec.sharedCounters ?? []).map((set) => [set.name, new Set(Object.keys(set.counters))]));
  validateUnique(
    spec.devices,
    DEVICES_MAX,
    'spec.devices',
    errors,
    (device, at) => {
      validateDevice(device, at, errors);
      validatePlace(device, spec.perDeviceNodeSelection === true, at, errors);
      validateConsumption(device, counters, at, errors);
    },
    (device) => device.name,
    'name',
  );
  validateUnique(
    spec.sharedCounters,
    -1,
    'spec.sharedCounters',
    errors,
    (set, at) => validateName(set.name, dns1123Label, `${at}.name`, errors),
    (set) => set.name,
    'name',
  );
}

function validatePlace(device: Device, isPerDevice: boolean, field: string, errors: FieldError[]): void {
  if (isPerDevice) {
    const text =
      'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    const named = namedPlaces(device, field, 'must not be empty', errors);
    if (named.length === 0) errors.push(required(field, text));
    if (named.length > 1) errors.push(invalidValue(field, `{${named.join(', ')}}`, text));
  } else if (device.nodeName !== undefined || device.nodeSelector !== undefined || device.allNodes !== undefined)
    errors.push({
      ...required(field),
      reason: 'FieldValueInvalid',
      message:
        'Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
    });
}

function validateDevice(device: Device, field: string, errors: FieldError[]): void {
  validateName(device.name, dns1123Label, `${field}.name`, errors);
  const total = Object.keys(device.attributes ?? {}).length + Object.keys(device.capacity ?? {}).length;
  if (total > ATTRIBUTES_MAX)
    errors.push(invalidValue(field, total, `the total number of attributes and capacities must not exceed ${ATTRIBUTES_MAX}`));
  for (const [name, attribute] of Object.entries(device.attributes ?? {})) {
    validateDeviceQualifiedName(name, `${field}.attributes[${name}]`, errors);
    validateAttribute(attribute, `${field}.attributes[${name}]`, errors);
  }
  for (const name of Object.keys(device.capacity ?? {})) validateDeviceQualifiedName(name, `${field}.capacity[${name}]`, errors);
  validateEach(device.taints, TAINTS_MAX, `${field}.taints`, errors, (taint, at) => {
    validateName(taint.key, qualifiedName, `${at}.key`, errors);
    if (taint.value) validateName(taint.value, labelValue, `${at}.value`, errors);
    if (!taint.effect) errors.push(required(`${at}.effect`));
    else if (!DEVICE_TAINT_EFFECTS.includes(taint.effect)) errors.push(notSupported(`${at}.effect`, taint.effect, DEVICE_TAINT_EFFECTS));
  });
}

function validateAttribute(attribute: DeviceAttribute, field: string, errors: FieldError[]): void {
  const { bool, int, string: text, version } = attribute;
  const set = [bool, int, text, version].filter((value) => value !== undefined).length;
  if (set === 0) errors.push(required(field, 'exactly one value must be specified'));
  if (set > 1) errors.push(invalidValue(field, attribute, 'exactly one value must be specified'));
  if (text !== undefined && text.length > VALUE_MAX) errors.push(tooLong(`${field}.string`, VALUE_MAX));
  if (version === undefined) return;
  if (!isSemver(version)) errors.push(invalidValue(`${field}.version`, version, 'must be a string compatible with semver.org spec 2.0.0'));
  if (version.length > VALUE_MAX) errors.push(tooLong(`${field}.version`, VALUE_MAX));
}

function validateConsumption(device: Device, sets: ReadonlyMap<string, ReadonlySet<string>>, field: string, errors: FieldError[]): void {
  (device.consumesCounters ?? []).forEach(({ counterSet, counters }, i) => {
    const at = `${field}.consumesCounters[${i}]`;
    const known = sets.get(counterSet);
    if (known === undefined)
      errors.push(invalidValue(`${at}.counterSet`, counterSet, 'must reference a counterSet defined in the ResourceSlice sharedCounters'));
    else
      for (const name of Object.keys(counters))
        if (!known.has(name))
          errors.push(invalidValue(`${at}.counters`, name, 'must reference a counter defined in the ResourceSlice sharedCounters'));
  });
}

function validate(slice: ResourceSlice): FieldErrors {
  const errors: FieldError[] = [];
  validateSpec(slice.spec ?? ({} as Spec), errors);
  return errors;
}

export const resourceSlices: ResourceDescriptor<ResourceSlice> = {
  resource: 'resourceslices.resource.k8s.io',
  hasGeneration: true,
  returnsDeletedObject: true,
  fields: { 'spec.nodeName': ({ spec }) => spec?.nodeName ?? '', 'spec.driver': ({ spec }) => spec?.driver ?? '' },
  validate,
  validateUpdate(next, old) {
    if (next.spec === old.spec) return [];
    const errors: FieldError[] = [...validate(next)];
    const before = old.spec;
    if (next.spec?.pool?.name !== before?.pool?.name) errors.push(immutable('spec.pool.name', next.spec?.pool?.name));
    if (next.spec?.driver !== before?.driver) errors.push(immutable('spec.driver', next.spec?.driver));
    if (next.spec?.nodeName !== before?.nodeName) errors.push(immutable('spec.nodeName', next.spec?.nodeName));
    return errors;
  },
};
