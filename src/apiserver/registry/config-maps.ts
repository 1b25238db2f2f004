/** ConfigMaps. Mirrors Kubernetes v1.34 pkg/registry/core/configmap and ValidateConfigMap. */

import { type ConfigMap, deepEqual, type FieldError } from '#api';
import { type FieldErrors, forbiddenField, invalidValue, tooLong } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

/** MaxSecretSize: ConfigMaps and Secrets share it. */
export const DATA_BYTES_MAX = 1_048_576;
const KEY = /^[-._a-zA-Z0-9]+$/;
const KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** Keys and sizes of data and binaryData. */
export function validateData(
  data: Readonly<Record<string, unknown>> | undefined,
  field: string,
  errors: FieldError[],
  sizeOf = (value: unknown): number => String(value).length,
): number {
  let size = 0;
  for (const key in data) {
    if (!KEY.test(key)) errors.push(invalidValue(`${field}[${key}]`, key, KEY_TEXT));
    size += sizeOf(data[key]);
  }
  return size;
}

function validate(map: ConfigMap): FieldErrors {
  const errors: FieldError[] = [];
  const size = validateData(map.data, 'data', errors) + validateData(map.binaryData, 'binaryData', errors);
  for (const key in map.binaryData)
    if (map.data?.[key] !== undefined) errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  if (size > DATA_BYTES_MAX) errors.push(tooLong('[]', DATA_BYTES_MAX));
  return errors;
}

export const configMaps: ResourceDescriptor<ConfigMap> = {
  resource: 'configmaps',
  validate,
  validateUpdate(next, old) {
    const errors: FieldError[] = [...validate(next)];
    if (old.immutable !== true) return errors;
    if (next.immutable !== true) errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
    if (!deepEqual(next.data, old.data)) errors.push(forbiddenField('data', 'field is immutable when `immutable` is set'));
    if (!deepEqual(next.binaryData, old.binaryData))
      errors.push(forbiddenField('binaryData', 'field is immutable when `immutable` is set'));
    return errors;
  },
};
