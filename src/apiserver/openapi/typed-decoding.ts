/** Values of the wrong type anywhere in a body, found by the published schemas and told in the words of Go's decoder: the first in the order of the text.
 *  Mirrors encoding/json (UnmarshalTypeError) and, for strategic merge patches, apimachinery v1.34 pkg/runtime/converter.go. Names of Go's string types
 *  (v1.RestartPolicy) are not in the schemas: 'string' is said instead. */

import {
  badRequest,
  base64Length,
  invalid,
  parseQuantity,
  parseTime,
  QUANTITY_ERROR,
  type QuantityText,
  type ResourceInfo,
  type StatusObject,
} from '#api';
import { invalidValue } from '../validation/field-error.ts';
import { goText, jsonType } from '../verbs/decoded-types.ts';
import type { OpenApi } from './openapi.ts';
import { kindKey, referred, type Schema, type Schemas } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.';
const QUANTITY = `${META}api.resource.Quantity`;
const INT_OR_STRING = `${META}util.intstr.IntOrString`;
const TIMES = [`${META}apis.meta.v1.Time`, `${META}apis.meta.v1.MicroTime`];
const INT32_MAX = 2_147_483_647;

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** 'io.k8s.api.core.v1.PodSpec': 'v1.PodSpec' and 'PodSpec'. */
const qualified = (name: string): string => name.split('.').slice(-2).join('.');
const bare = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

const refOf = (schema: Schema): string | undefined => {
  const $ref = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
  return $ref === undefined ? undefined : referred($ref);
};

/** The Go type behind a schema, as reflection prints it. */
function goType(schema: Schema): string {
  const name = refOf(schema);
  if (name !== undefined) return qualified(name);
  switch (schema.type) {
    case 'array':
      return `[]${schema.items === undefined ? 'interface {}' : goType(schema.items)}`;
    case 'integer':
      return schema.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'object': {
      const of = schema.additionalProperties;
      return `map[string]${typeof of === 'object' ? goType(of) : 'interface {}'}`;
    }
    default:
      return schema.format === 'byte' ? '[]uint8' : 'string';
  }
}

interface Place {
  readonly struct: string;
  readonly path: string;
}

class Decoder {
  private readonly schemas: Schemas;
  private readonly isPatch: boolean;
  /** What a strategic patch is told: converters know kinds, not fields. */
  private readonly isConverted: boolean;

  constructor(schemas: Schemas, patch: 'strategic' | 'merge' | undefined) {
    this.schemas = schemas;
    this.isPatch = patch !== undefined;
    this.isConverted = patch === 'strategic';
  }

  private mistyped(value: unknown, type: string, { struct, path }: Place, number = ''): string {
    const what = jsonType(value) + number;
    if (this.isConverted) return converted(value, type);
    return path === ''
      ? `json: cannot unmarshal ${what} into Go value of type ${type}`
      : `json: cannot unmarshal ${what} into Go struct field ${struct}.${path} of type ${type}`;
  }

  /** Types that read themselves, whatever their schema says; undefined: no such type. */
  private special(value: unknown, name: string): { readonly wrong: string | undefined } | undefined {
    if (name === QUANTITY) {
      const isRead = (typeof value === 'string' || typeof value === 'number') && parseQuantity(value as QuantityText) !== undefined;
      return { wrong: isRead ? undefined : QUANTITY_ERROR };
    }
    if (name === INT_OR_STRING) {
      const isWhole = typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value));
      const shown = typeof value === 'number' ? `number ${value}` : jsonType(value);
      return { wrong: isWhole ? undefined : `json: cannot unmarshal ${shown} into Go value of type int32` };
    }
    if (!TIMES.includes(name)) return undefined;
    if (typeof value !== 'string') return { wrong: `json: cannot unmarshal ${jsonType(value)} into Go value of type string` };
    if (parseTime(value) !== undefined) return { wrong: undefined };
    const layout = name.endsWith('MicroTime') ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00';
    return { wrong: `parsing time "${value}" as "${layout}": cannot parse "${value}" as "2006"` };
  }

  wrong(value: unknown, given: Schema | undefined, place: Place): string | undefined {
    if (given === undefined || value === null || value === undefined) return undefined;
    const name = refOf(given);
    if (name === undefined) return this.plain(value, given, place);
    const special = this.special(value, name);
    if (special !== undefined) return special.wrong;
    const schema = this.schemas[name];
    if (schema === undefined || schema.type === undefined || schema['x-kubernetes-preserve-unknown-fields']) return undefined;
    if (schema.type !== 'object' || schema.properties === undefined)
      return schema.type === 'object' ? undefined : this.plain(value, schema, place);
    if (!isMap(value)) return this.mistyped(value, qualified(name), place);
    return this.members(value, schema, { struct: bare(name), path: place.path });
  }

  private members(value: Readonly<Record<string, unknown>>, schema: Schema, { struct, path }: Place): string | undefined {
    for (const name in value) {
      if (this.isPatch && name.startsWith('$')) continue;
      const found = this.wrong(value[name], schema.properties?.[name], { struct, path: path === '' ? name : `${path}.${name}` });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private plain(value: unknown, schema: Schema, place: Place): string | undefined {
    switch (schema.type) {
      case 'string':
        return this.text(value, schema, place);
      case 'boolean':
        return typeof value === 'boolean' ? undefined : this.mistyped(value, 'bool', place);
      case 'number':
        return typeof value === 'number' ? undefined : this.mistyped(value, 'float64', place);
      case 'integer': {
        const type = schema.format ?? 'int64';
        if (typeof value !== 'number') return this.mistyped(value, type, place);
        const fits = Number.isInteger(value) && (type !== 'int32' || Math.abs(value) <= INT32_MAX);
        return fits ? undefined : this.mistyped(value, type, place, ` ${value}`);
      }
      case 'array':
        return Array.isArray(value) ? this.each(value, schema.items, place) : this.mistyped(value, goType(schema), place);
      case 'object': {
        if (!isMap(value)) return this.mistyped(value, goType(schema), place);
        const of = schema.additionalProperties;
        return this.each(
          this.isPatch ? Object.entries(value).flatMap(([key, one]) => (key.startsWith('$') ? [] : [one])) : Object.values(value),
          typeof of === 'object' ? of : undefined,
          place,
        );
      }
      default:
        return undefined;
    }
  }

  private text(value: unknown, schema: Schema, place: Place): string | undefined {
    if (schema.format === 'int-or-string') return this.special(value, INT_OR_STRING)?.wrong;
    if (typeof value !== 'string') return this.mistyped(value, schema.format === 'byte' ? '[]uint8' : 'string', place);
    if (schema.format !== 'byte') return undefined;
    const length = base64Length(value);
    return 'wrongAt' in length ? `illegal base64 data at input byte ${length.wrongAt}` : undefined;
  }

  private each(values: readonly unknown[], schema: Schema | undefined, place: Place): string | undefined {
    for (const value of values) {
      const found = this.wrong(value, schema, place);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** reflect.Kind of what a JSON value becomes. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map';
}

function converted(value: unknown, type: string): string {
  if (type.startsWith('map[')) return `cannot restore map from ${kindOf(value)}`;
  if (type.startsWith('[]')) return `cannot restore slice from ${kindOf(value)}`;
  if (type.includes('.')) return `cannot restore struct from: ${kindOf(value)}`;
  // Where Go could convert, it is told that no such conversion is wanted.
  const kind = kindOf(value);
  const couldConvert = (kind === 'int64' && type === 'string') || (kind === 'float64' && type.startsWith('int'));
  return couldConvert ? `cannot convert ${kind} to ${type}` : `unrecognized type: ${type}`;
}

function found(openApi: OpenApi, { group, version, kind }: ResourceInfo, body: unknown, patch?: 'strategic' | 'merge'): string | undefined {
  const name = openApi.names.get(kindKey({ group, version, kind }));
  // Custom resources are not decoded into structs: their schemas judge them.
  if (name === undefined || !name.startsWith('io.k8s.') || !isMap(body)) return undefined;
  return new Decoder(openApi.schemas, patch).wrong(body, { $ref: `#/components/schemas/${name}` }, { struct: '', path: '' });
}

/** 400 for a body that could not be decoded, whatever fieldValidation is; undefined when it could. */
export function refuseMistyped(openApi: OpenApi, info: ResourceInfo, body: unknown): StatusObject | undefined {
  const wrong = found(openApi, info, body);
  return wrong === undefined
    ? undefined
    : badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${wrong}`);
}

/** 422 for a merge patch or strategic merge patch that would put a value of the wrong type into the object. */
export function refuseMistypedPatch(
  openApi: OpenApi,
  info: ResourceInfo,
  patchType: 'strategic' | 'merge',
  patch: unknown,
): StatusObject | undefined {
  const wrong = found(openApi, info, patch, patchType);
  if (wrong === undefined) return undefined;
  const shown = patchType === 'strategic' ? goText(patch) : JSON.stringify(patch);
  return invalid('', '', '', [invalidValue('patch', shown, wrong)]);
}
