/** Lists and sets of a field, checked item by item. Mirrors Kubernetes v1.34 pkg/apis/resource/validation/validation.go (validateSlice, validateSet). */

import type { FieldError } from '#api';
import { duplicate, invalidValue, required, tooLong, tooMany } from './field-error.ts';
import { cIdentifier, dns1123Subdomain, type NameRule } from './names.ts';

export function validateEach<T>(
  items: readonly T[] | undefined,
  max: number,
  field: string,
  errors: FieldError[],
  check: (item: T, field: string) => void,
): void {
  (items ?? []).forEach((item, i) => check(item, `${field}[${i}]`));
  if (items !== undefined && max >= 0 && items.length > max) errors.push(tooMany(field, items.length, max));
}

/** The same, and no key twice; `member` is where the key stands in an item. */
export function validateUnique<T>(
  items: readonly T[] | undefined,
  max: number,
  field: string,
  errors: FieldError[],
  check: (item: T, field: string) => void,
  key: (item: T) => string,
  member = '',
): void {
  validateEach(items, max, field, errors, check);
  const seen = new Set<string>();
  (items ?? []).forEach((item, i) => {
    const own = key(item);
    if (seen.has(own)) errors.push(duplicate(member === '' ? `${field}[${i}]` : `${field}[${i}].${member}`, own));
    seen.add(own);
  });
}

export function validateName(name: unknown, rule: NameRule, field: string, errors: FieldError[]): void {
  const text = typeof name === 'string' ? name : '';
  for (const message of rule(text)) errors.push(invalidValue(field, text, message));
}

const DRIVER_MAX = 63;

/** ValidateCSIDriverName: drivers of devices are named by the same rule. */
export function validateDriverName(name: string | undefined, field: string, errors: FieldError[]): void {
  if (!name) {
    errors.push(required(field));
    return;
  }
  if (name.length > DRIVER_MAX) errors.push(tooLong(field, DRIVER_MAX));
  validateName(name.toLowerCase(), dns1123Subdomain, field, errors);
}

const ID_MAX = 32;
const IDENTIFIER_TEXT =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";

function validateIdentifier(id: string, field: string, errors: FieldError[]): void {
  if (id.length > ID_MAX) errors.push(tooLong(field, ID_MAX));
  if (!cIdentifier(id)) errors.push(invalidValue(field, id, IDENTIFIER_TEXT));
}

/** A name of an attribute or capacity: `id` or `domain/id`. */
export function validateDeviceQualifiedName(name: string, field: string, errors: FieldError[]): void {
  if (name === '') {
    errors.push(required(field, 'name required'));
    return;
  }
  const parts = name.split('/');
  if (parts.length === 1) validateIdentifier(name, field, errors);
  if (parts.length !== 2) return;
  const [domain = '', id = ''] = parts;
  if (domain === '') errors.push(required(field, 'the domain must not be empty'));
  else validateDriverName(domain, field, errors);
  if (id === '') errors.push(required(field, 'the name must not be empty'));
  else validateIdentifier(id, field, errors);
}
