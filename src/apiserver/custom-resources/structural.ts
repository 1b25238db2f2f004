/** Whether a schema is structural: every field has a type, and what alternatives (allOf, anyOf, oneOf, not) say is about fields that are specified
 *  outside of them. Mirrors apiextensions-apiserver v1.34 pkg/apiserver/schema (validation.go, complete.go). */

import { deepEqual, type FieldError } from '#api';
import { forbiddenField, invalidValue, required } from '../validation/field-error.ts';
import { elementSchema, type JsonSchema, valueSchema } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';
/** A schema inside an alternative, with where its structural counterpart lies. */
interface Nested {
  readonly schema: JsonSchema;
  readonly at: string;
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];
const isIntOrStringAnyOf = (schema: JsonSchema | undefined): boolean => deepEqual(schema?.anyOf, INT_OR_STRING);

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/** What must not be said inside an alternative, and how that is told. */
const FORBIDDEN_INSIDE: readonly (readonly [keyof JsonSchema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);

function nestedOf(schema: JsonSchema, at: string, skipAnyOf: boolean): Nested[] {
  const list = (name: 'allOf' | 'anyOf' | 'oneOf'): Nested[] =>
    (schema[name] ?? []).map((one, i) => ({ schema: one, at: `${at}.${name}[${i}]` }));
  return [
    ...(skipAnyOf ? [] : list('anyOf')),
    ...list('allOf'),
    ...list('oneOf'),
    ...(schema.not === undefined ? [] : [{ schema: schema.not, at: `${at}.not` }]),
  ];
}

function checkPattern({ pattern }: JsonSchema, at: string, errors: FieldError[]): void {
  if (!pattern) return;
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    const why = (error as Error).message.replace(/^Invalid regular expression: /, '');
    errors.push(invalidValue(`${at}.pattern`, pattern, `must be a valid regular expression, but isn't: error parsing regexp: ${why}`));
  }
}

function checkNested({ schema, at }: Nested, skipAnyOf: boolean, errors: FieldError[]): void {
  for (const nested of nestedOf(schema, at, skipAnyOf)) checkNested(nested, false, errors);
  checkPattern(schema, at, errors);
  const of = elementSchema(schema);
  if (of !== undefined) checkNested({ schema: of, at: `${at}.items` }, false, errors);
  for (const name in schema.properties) {
    checkNested({ schema: schema.properties[name] as JsonSchema, at: `${at}.properties[${name}]` }, false, errors);
  }
  for (const [name, text] of FORBIDDEN_INSIDE) if (isSaid(schema[name])) errors.push(forbiddenField(`${at}.${name}`, text));
  if (schema.properties?.metadata !== undefined)
    errors.push(forbiddenField(`${at}.properties[metadata]`, 'must not be specified in a nested context'));
}

/** metadata may restrict names at the root, and nothing else. */
function checkMetadata(metadata: JsonSchema, level: Level, isChecked: boolean, at: string, errors: FieldError[]): void {
  if (isChecked && metadata.type !== 'object') errors.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'));
  if (level !== 'root') return;
  const { type, properties, default: fallback, ...rest } = metadata;
  const names = Object.keys(properties ?? {});
  const isOdd = names.some((name) => name !== 'name' && name !== 'generateName') || Object.values(rest).some(isSaid);
  if (isOdd)
    errors.push(forbiddenField(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'));
}

function checkResource(schema: JsonSchema, level: Level, at: string, errors: FieldError[]): void {
  const isResource = level === 'root' || schema['x-kubernetes-embedded-resource'] === true;
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties?.[name];
    if (isResource && property !== undefined && property.type !== 'string')
      errors.push(invalidValue(`${at}.properties[${name}].type`, property.type ?? '', 'must be string'));
  }
  const metadata = schema.properties?.metadata;
  if (metadata !== undefined) checkMetadata(metadata, level, isResource, `${at}.properties[metadata]`, errors);
}

function checkExtensions(schema: JsonSchema, level: Level, at: string, errors: FieldError[]): void {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const type = schema.type ?? '';
  if (isIntOrString && keepsUnknown)
    errors.push(invalidValue(`${at}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true'));
  if (isIntOrString && isEmbedded)
    errors.push(invalidValue(`${at}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true'));
  if (isEmbedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(type === '' ? required(`${at}.type`, text) : invalidValue(`${at}.type`, type, text));
  } else if (type === '' && !isIntOrString && !keepsUnknown) errors.push(required(`${at}.type`, EMPTY_TYPE[level]));
  if (isEmbedded && schema.additionalProperties !== undefined)
    errors.push(forbiddenField(`${at}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'));
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalidValue(`${at}.type`, type, 'must be object at the root'));
  if (isEmbedded && !keepsUnknown && Object.keys(schema.properties ?? {}).length === 0)
    errors.push(
      required(
        `${at}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
}

function checkInvariants(schema: JsonSchema, level: Level, at: string, errors: FieldError[]): void {
  const of = elementSchema(schema);
  if (schema.type === 'array' && of === undefined) errors.push(required(`${at}.items`, 'must be specified'));
  if (of !== undefined) checkInvariants(of, 'item', `${at}.items`, errors);
  for (const name in schema.properties)
    checkInvariants(schema.properties[name] as JsonSchema, 'field', `${at}.properties[${name}]`, errors);
  if (schema.additionalProperties !== undefined) {
    if (level === 'root') errors.push(forbiddenField(`${at}.additionalProperties`, 'must not be used at the root'));
    const values = valueSchema(schema);
    if (values !== undefined) checkInvariants(values, 'field', `${at}.additionalProperties`, errors);
  }
  // Integers or strings may say so by an alternative of types.
  const skipFirst = isIntOrStringAnyOf(schema.allOf?.[0]);
  for (const nested of nestedOf(schema, at, isIntOrStringAnyOf(schema)))
    checkNested(nested, skipFirst && nested.at === `${at}.allOf[0]`, errors);
  checkPattern(schema, at, errors);
  checkExtensions(schema, level, at, errors);
  checkResource(schema, level, at, errors);
}

/** Every field that an alternative speaks of must be specified outside. */
function checkCompleteness(nested: JsonSchema, outside: JsonSchema | undefined, at: string, from: string, errors: FieldError[]): void {
  if (outside === undefined) {
    errors.push(required(at, `because it is defined in ${from}`));
    return;
  }
  for (const inner of nestedOf(nested, from, false)) checkCompleteness(inner.schema, outside, at, inner.at, errors);
  const of = elementSchema(nested);
  if (of !== undefined) checkCompleteness(of, elementSchema(outside), `${at}.items`, `${from}.items`, errors);
  for (const name in nested.properties)
    checkCompleteness(
      nested.properties[name] as JsonSchema,
      outside.properties?.[name],
      `${at}.properties[${name}]`,
      `${from}.properties[${name}]`,
      errors,
    );
}

/** What is not structural, in the order of its texts. */
export function validateStructural(schema: JsonSchema, at: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  checkInvariants(schema, 'root', at, errors);
  for (const nested of nestedOf(schema, at, false)) checkCompleteness(nested.schema, schema, at, nested.at, errors);
  const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`;
  return errors.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}
