/** fieldValidation=Strict: what a body says that its kind does not know. Mirrors apimachinery v1.34 pkg/runtime/serializer/json (strict decoding) and
 *  apiserver pkg/endpoints/handlers/create.go for the texts. Members given twice are gone before anybody here could see them: whoever read the text says so. */

import { badRequest, invalid, type ResourceInfo, type StatusObject } from '#api';
import { unknownFailure } from '../failures.ts';
import { invalidValue } from '../validation/field-error.ts';
import { goText } from '../verbs/decoded-types.ts';
import type { OpenApi } from './openapi.ts';
import { kindKey, referred, type Schema, type Schemas } from './schemas.ts';

export const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema itself, behind references. */
export function resolved(schema: Schema | undefined, schemas: Schemas): Schema | undefined {
  let now = schema;
  while (now !== undefined) {
    const $ref = now.$ref ?? (now.allOf?.length === 1 ? now.allOf[0]?.$ref : undefined);
    if ($ref === undefined) return now;
    now = schemas[referred($ref)];
  }
  return undefined;
}

function look(value: unknown, given: Schema | undefined, path: string, schemas: Schemas, found: string[]): void {
  const schema = resolved(given, schemas);
  if (schema === undefined || schema['x-kubernetes-preserve-unknown-fields']) return;
  if (Array.isArray(value)) {
    value.forEach((element, i) => look(element, schema.items, `${path}[${i}]`, schemas, found));
    return;
  }
  if (!isMap(value)) return;
  const { properties, additionalProperties } = schema;
  const values = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  // A map without named members holds anything (FieldsV1, JSON).
  if (properties === undefined && values === undefined) return;
  for (const name in value) {
    // Directives of strategic merge patches.
    if (name.startsWith('$')) continue;
    const here = path === '' ? name : `${path}.${name}`;
    const property = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined && values === undefined && additionalProperties !== true) found.push(`unknown field "${here}"`);
    else look(value[name], property ?? values, here, schemas, found);
  }
}

/** 'unknown field "spec.foo"', one for each. */
export function unknownFields(openApi: OpenApi, { group, version, kind }: ResourceInfo, body: unknown): readonly string[] {
  const name = openApi.names.get(kindKey({ group, version, kind }));
  const found: string[] = [];
  if (name !== undefined) look(body, openApi.schemas[name], '', openApi.schemas, found);
  return found;
}

/** 400 for a body with unknown fields; undefined when all are known. `more`: what else strict decoding found. */
export function refuseUnknownFields(
  openApi: OpenApi,
  info: ResourceInfo,
  body: unknown,
  more: readonly string[] = [],
): StatusObject | undefined {
  const found = [...more, ...unknownFields(openApi, info, body)];
  if (found.length === 0) return undefined;
  const { kind, version } = info;
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${found.join(', ')}`);
}

/** 422 for a merge patch or strategic merge patch that names unknown fields (fieldValidation=Strict). */
export function refuseUnknownInPatch(
  openApi: OpenApi,
  info: ResourceInfo,
  patch: unknown,
  more: readonly string[] = [],
): StatusObject | undefined {
  const found = [...more, ...unknownFields(openApi, info, patch)];
  if (found.length === 0) return undefined;
  return invalid('', '', '', [invalidValue('patch', goText(patch), `strict decoding error: ${found.join(', ')}`)]);
}

/** What server-side apply says of fields that the kind does not have, whatever fieldValidation is. */
export function refuseUndeclared(
  openApi: OpenApi,
  info: ResourceInfo,
  key: { readonly namespace?: string; readonly name: string },
  intent: unknown,
): StatusObject | undefined {
  const [first] = unknownFields(openApi, info, intent);
  if (first === undefined) return undefined;
  const object = `${key.namespace ?? ''}/${key.name}; ${info.apiVersion}, Kind=${info.kind}`;
  const path = /"(.*)"/.exec(first)?.[1] ?? '';
  return unknownFailure(`failed to create typed patch object (${object}): .${path}: field not declared in schema`);
}
