/** Takes away what a structural schema does not name. Mirrors apiextensions-apiserver v1.34 pkg/apiserver/schema/pruning. Nothing is written to:
 *  where nothing falls away the same value comes back. */

import { elementSchema, isMap, type JsonSchema, knowsAny, META_FIELDS, type Members, valueSchema } from './json-schema.ts';

type Rule = JsonSchema | undefined;

function prunedMap(map: Members, schema: Rule, isEmbedded: boolean): Members {
  let result: Record<string, unknown> | undefined;
  const keepsAll = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  for (const name in map) {
    const value = map[name];
    if (isEmbedded && META_FIELDS.has(name)) continue;
    const property = schema?.properties?.[name];
    let kept: unknown = value;
    if (property !== undefined) kept = pruned(value, property);
    else if (schema !== undefined && knowsAny(schema)) {
      const of = valueSchema(schema);
      // additionalProperties: true says nothing of what is inside: members of maps there are unknown.
      kept = keepsAll && of === undefined ? value : pruned(value, of);
    } else if (!keepsAll) {
      result ??= { ...map };
      delete result[name];
      continue;
    }
    if (kept === value) continue;
    result ??= { ...map };
    result[name] = kept;
  }
  return result ?? map;
}

function prunedList(list: readonly unknown[], schema: Rule): readonly unknown[] {
  const keepsAll = schema?.['x-kubernetes-preserve-unknown-fields'] === true;
  const of = elementSchema(schema);
  if (keepsAll && of === undefined) return list;
  let result: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const kept = pruned(list[i], of);
    if (kept === list[i]) continue;
    result ??= list.slice();
    result[i] = kept;
  }
  return result ?? list;
}

export function pruned(value: unknown, schema: Rule): unknown {
  if (Array.isArray(value)) return prunedList(value, schema);
  return isMap(value) ? prunedMap(value, schema, schema?.['x-kubernetes-embedded-resource'] === true) : value;
}

/** A whole custom object: apiVersion, kind and metadata are known to every schema. */
export const prunedObject = (object: Members, schema: Rule): Members => prunedMap(object, schema ?? {}, true);
