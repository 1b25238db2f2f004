/** How server-side apply sees the fields of a custom resource: by the list and map types of its schema. Mirrors structured-merge-diff's reading of
 *  x-kubernetes-list-type, x-kubernetes-list-map-keys and x-kubernetes-map-type. */

import type { FieldSchema, ObjectSchema } from '#api';
import { elementSchema, type JsonSchema, valueSchema } from './json-schema.ts';

function fieldOf(schema: JsonSchema): FieldSchema {
  const of = elementSchema(schema);
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] === 'map' && keys?.[0] !== undefined)
    return { mergeKey: keys[0], keys, of: of === undefined ? {} : membersOf(of) };
  if (schema['x-kubernetes-list-type'] === 'set') return { primitives: true };
  if (schema['x-kubernetes-map-type'] === 'atomic') return { map: 'atomic' };
  return { map: 'granular', of: valueSchema(schema) === undefined ? membersOf(schema) : {} };
}

const membersOf = (schema: JsonSchema): ObjectSchema =>
  Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, fieldOf(property)]));

const METADATA: FieldSchema = { of: { finalizers: { primitives: true }, ownerReferences: { mergeKey: 'uid' } } };

export const applySchemaOf = (schema: JsonSchema): ObjectSchema => ({ ...membersOf(schema), metadata: METADATA });
