/** What a body says that its kind does not know is lost, as it is when Go decodes into a struct (fieldValidation=Warn and Ignore). Directives of strategic
 *  merge patches stay. */

import type { ResourceInfo } from '#api';
import type { OpenApi } from './openapi.ts';
import { kindKey, type Schema, type Schemas } from './schemas.ts';
import { isMap, resolved } from './strict-decoding.ts';

function prune(value: unknown, given: Schema | undefined, schemas: Schemas): unknown {
  const schema = resolved(given, schemas);
  if (schema === undefined || schema['x-kubernetes-preserve-unknown-fields']) return value;
  if (Array.isArray(value)) return value.map((element) => prune(element, schema.items, schemas));
  if (!isMap(value)) return value;
  const { properties, additionalProperties } = schema;
  const values = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  if (properties === undefined && values === undefined) return value;
  const known = ([name]: readonly [string, unknown]): boolean =>
    name.startsWith('$') ||
    (properties !== undefined && Object.hasOwn(properties, name)) ||
    values !== undefined ||
    additionalProperties === true;
  return Object.fromEntries(
    Object.entries(value)
      .filter(known)
      .map(([name, member]) => {
        if (name.startsWith('$')) return [name, member];
        const own = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : values;
        return [name, prune(member, own, schemas)];
      }),
  );
}

export function pruneUnknownFields(openApi: OpenApi, { group, version, kind }: ResourceInfo, body: unknown): unknown {
  const name = openApi.names.get(kindKey({ group, version, kind }));
  return name === undefined ? body : prune(body, openApi.schemas[name], openApi.schemas);
}
