/** Lists that are sets or maps hold no element twice. Mirrors apiextensions-apiserver v1.34 pkg/apiserver/schema/listtype/validation.go. */

import { deepEqual, type FieldError } from '#api';
import { duplicate, invalidValue } from '../validation/field-error.ts';
import { elementSchema, isMap, type JsonSchema, type Members, valueSchema } from './json-schema.ts';

/** Where an element is met for the second time; later repetitions are not told. */
function repeated(list: readonly unknown[]): number[] {
  const seen: { readonly value: unknown; times: number }[] = [];
  const found: number[] = [];
  list.forEach((value, i) => {
    const known = seen.find((one) => deepEqual(one.value, value));
    if (known === undefined) seen.push({ value, times: 1 });
    else if (known.times++ === 1) found.push(i);
  });
  return found;
}

function checkMap(list: readonly unknown[], keys: readonly string[], field: string, errors: FieldError[]): void {
  const odd = list.findIndex((element) => element !== null && !isMap(element));
  if (odd >= 0) {
    errors.push(invalidValue(`${field}[${odd}]`, list[odd], 'must be an object for an array of list-type map'));
    return;
  }
  const ids = list.map((element) => {
    const id: Record<string, unknown> = {};
    for (const key of keys) if ((element as Members | null)?.[key] !== undefined) id[key] = (element as Members)[key];
    return id;
  });
  for (const i of repeated(ids)) errors.push(duplicate(`${field}[${i}]`, ids[i]));
}

export function validateLists(value: unknown, schema: JsonSchema | undefined, field: string, errors: FieldError[]): void {
  if (schema === undefined) return;
  if (Array.isArray(value)) {
    const type = schema['x-kubernetes-list-type'];
    if (type === 'set') for (const i of repeated(value)) errors.push(duplicate(`${field}[${i}]`, value[i]));
    else if (type === 'map') checkMap(value, schema['x-kubernetes-list-map-keys'] ?? [], field, errors);
    const of = elementSchema(schema);
    if (of !== undefined) value.forEach((element, i) => validateLists(element, of, `${field}[${i}]`, errors));
    return;
  }
  if (!isMap(value)) return;
  const of = valueSchema(schema);
  for (const name in value) {
    const property = schema.properties?.[name];
    if (of !== undefined && property === undefined) validateLists(value[name], of, `${field}[${name}]`, errors);
    else validateLists(value[name], property, field === '' ? name : `${field}.${name}`, errors);
  }
}
