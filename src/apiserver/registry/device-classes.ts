/** DeviceClasses. Mirrors Kubernetes v1.34 pkg/registry/resource/deviceclass/strategy.go and ValidateDeviceClass(Update). Feature gates at their defaults:
 *  extendedResourceName (DRAExtendedResource) is dropped. */

import { type DeviceClass, deepEqual, type FieldError } from '#api';
import { validateDeviceConfiguration, validateSelectors } from '../validation/device-claims.ts';
import type { FieldErrors } from '../validation/field-error.ts';
import { validateEach } from '../validation/lists.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const CONFIG_MAX = 32;

function validate({ spec }: DeviceClass, old?: DeviceClass): FieldErrors {
  const errors: FieldError[] = [];
  const stored = old !== undefined && deepEqual(spec?.selectors, old.spec?.selectors);
  validateSelectors(spec?.selectors, 'spec.selectors', stored, errors);
  validateEach(spec?.config, CONFIG_MAX, 'spec.config', errors, (config, at) => validateDeviceConfiguration(config, at, errors));
  return errors;
}

function withoutDisabled(deviceClass: DeviceClass): DeviceClass {
  if (deviceClass.spec?.extendedResourceName === undefined) return deviceClass;
  const { extendedResourceName: _dropped, ...spec } = deviceClass.spec;
  return { ...deviceClass, spec };
}

export const deviceClasses: ResourceDescriptor<DeviceClass> = {
  resource: 'deviceclasses.resource.k8s.io',
  hasGeneration: true,
  prepareForCreate: withoutDisabled,
  prepareForUpdate: withoutDisabled,
  validate: (deviceClass) => validate(deviceClass),
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next, old)),
};
