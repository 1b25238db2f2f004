/** Fills in the defaults that a structural schema states. Mirrors apiextensions-apiserver v1.34 pkg/apiserver/schema/defaulting. Nothing is written to:
 *  where nothing is missing the same value comes back. */

import { elementSchema, isMap, type JsonSchema, type Members, valueSchema } from './json-schema.ts';

const isUnwantedNull = (value: unknown, schema: JsonSchema | undefined): boolean =>
  value === null && schema !== undefined && schema.nullable !== true;

function defaultedMap(map: Members, schema: JsonSchema): Members {
  let result: Record<string, unknown> | undefined;
  const { properties } = schema;
  for (const name in properties) {
    const property = properties[name] as JsonSchema;
    const isAbsent = map[name] === undefined;
    if (property.default !== undefined && (isAbsent || isUnwantedNull(map[name], property))) {
      result ??= { ...map };
      result[name] = property.default;
    } else if (!isAbsent && isUnwantedNull(map[name], property)) {
      // PruneNonNullableNullsWithoutDefaults.
      result ??= { ...map };
      delete result[name];
    }
  }
  const of = valueSchema(schema);
  const current = result ?? map;
  for (const name in current) {
    const value = current[name];
    const property = properties?.[name] ?? of;
    if (property === undefined) continue;
    const filled = properties?.[name] === undefined && isUnwantedNull(value, of) ? of?.default : defaulted(value, property);
    if (filled === value) continue;
    result ??= { ...map };
    if (filled === undefined) delete result[name];
    else result[name] = filled;
  }
  return result ?? map;
}

export function defaulted(value: unknown, schema: JsonSchema | undefined): unknown {
  if (schema === undefined) return value;
  if (isMap(value)) return defaultedMap(value, schema);
  const of = elementSchema(schema);
  if (!Array.isArray(value) || of === undefined) return value;
  let result: unknown[] | undefined;
  for (let i = 0; i < value.length; i++) {
    const filled = isUnwantedNull(value[i], of) && of.default !== undefined ? of.default : defaulted(value[i], of);
    if (filled === value[i]) continue;
    result ??= value.slice();
    result[i] = filled;
  }
  return result ?? value;
}
