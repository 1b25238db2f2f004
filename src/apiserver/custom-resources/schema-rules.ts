/** What an OpenAPI schema in a CustomResourceDefinition may say. Mirrors apiextensions-apiserver v1.34 pkg/apis/apiextensions/validation/validation.go
 *  (ValidateCustomResourceDefinitionOpenAPISchema, specStandardValidatorV3). */

import type { FieldError } from '#api';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { elementSchema, type JsonSchema, META_FIELDS, type ValidationRule, valueSchema } from './json-schema.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Where in the object a schema stands. */
interface Place {
  readonly isRoot: boolean;
  /** Inside the metadata of the object or of an embedded one. */
  readonly insideMeta: boolean;
  /** Why no defaults may be given here. */
  readonly noDefaults: string | undefined;
}

const UNSUPPORTED: readonly (readonly [keyof JsonSchema, string])[] = [
  ['id', 'id is not supported'],
  ['additionalItems', 'additionalItems is not supported'],
  ['patternProperties', 'patternProperties is not supported'],
  ['definitions', 'definitions is not supported'],
  ['dependencies', 'dependencies is not supported'],
  ['$ref', '$ref is not supported'],
];

function checkStandard(schema: JsonSchema, place: Place, at: string, errors: FieldError[]): void {
  const { type } = schema;
  if (type && !TYPES.includes(type)) errors.push(notSupported(`${at}.type`, type, TYPES));
  if (schema.default !== undefined && place.noDefaults !== undefined)
    errors.push(forbiddenField(`${at}.default`, `must not be set${place.noDefaults}`));
  for (const [name, text] of UNSUPPORTED) if (schema[name] !== undefined) errors.push(forbiddenField(`${at}.${name}`, text));
  if (type === 'null') errors.push(forbiddenField(`${at}.type`, 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(schema.items)) errors.push(forbiddenField(`${at}.items`, 'items must be a schema object and not an array'));
  if (place.insideMeta && schema['x-kubernetes-embedded-resource'])
    errors.push(forbiddenField(`${at}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'));
  if (schema.uniqueItems)
    errors.push(forbiddenField(`${at}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'));
}

/** A list type or map type asks for a type of its own. */
function checkTypeFor(
  schema: JsonSchema,
  extension: 'x-kubernetes-map-type' | 'x-kubernetes-list-type',
  at: string,
  errors: FieldError[],
): boolean {
  const wanted = extension === 'x-kubernetes-map-type' ? 'object' : 'array';
  if (schema[extension] === undefined || schema.type === wanted) return true;
  const text = `must be ${wanted} if ${extension} is specified`;
  errors.push(schema.type ? invalidValue(`${at}.type`, schema.type, text) : required(`${at}.type`, text));
  return false;
}

function checkSetElements(of: JsonSchema, at: string, errors: FieldError[]): void {
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = of['x-kubernetes-list-type'];
  if (of.type === 'array' && listType !== undefined && listType !== 'atomic')
    errors.push(invalidValue(`${at}.items.x-kubernetes-list-type`, listType, text));
  if (of.type === 'object' && of['x-kubernetes-map-type'] !== 'atomic')
    errors.push({
      ...invalidValue(`${at}.items.x-kubernetes-map-type`, '', text),
      message: `Invalid value: ${listType === undefined ? 'null' : JSON.stringify(listType)}: ${text}`,
    });
}

function checkListMap(schema: JsonSchema, at: string, errors: FieldError[]): void {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const of = elementSchema(schema);
  if (keys.length === 0) errors.push(required(`${at}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'));
  if (schema.items === undefined) errors.push(required(`${at}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  if (of === undefined) return;
  if (of.type !== 'object') {
    errors.push(invalidValue(`${at}.items.type`, of.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"));
    return;
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = of.properties?.[key];
    if (property === undefined)
      errors.push(invalidValue(`${at}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object')
      errors.push(
        invalidValue(
          `${at}.items.properties[${key}].type`,
          of.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    if (seen.has(key)) errors.push(invalidValue(`${at}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
}

/** Keys are there, and are never null. */
function checkKeys(schema: JsonSchema, listType: string, at: string, errors: FieldError[]): void {
  const of = elementSchema(schema);
  if (of === undefined) return;
  if (of.nullable) errors.push(forbiddenField(`${at}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  if (listType !== 'map') return;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = of.properties?.[key];
    if (property === undefined) continue;
    if (!of.required?.includes(key) && property.default === undefined)
      errors.push(
        required(
          `${at}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      );
    if (property.nullable)
      errors.push(
        forbiddenField(
          `${at}.items.properties[${key}].nullable`,
          'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
        ),
      );
  }
}

function checkExtensions(schema: JsonSchema, at: string, errors: FieldError[]): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalidValue(`${at}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'));
  const mapType = schema['x-kubernetes-map-type'];
  checkTypeFor(schema, 'x-kubernetes-map-type', at, errors);
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(`${at}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']));
  const listType = schema['x-kubernetes-list-type'];
  const of = elementSchema(schema);
  if (checkTypeFor(schema, 'x-kubernetes-list-type', at, errors) && listType === 'set' && of !== undefined)
    checkSetElements(of, at, errors);
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(`${at}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']));
  if ((schema['x-kubernetes-list-map-keys'] ?? []).length > 0 && listType !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(
      listType === undefined
        ? required(`${at}.x-kubernetes-list-type`, text)
        : invalidValue(`${at}.x-kubernetes-list-type`, listType, text),
    );
  }
  if (listType === 'map') checkListMap(schema, at, errors);
  if (listType === 'map' || listType === 'set') checkKeys(schema, listType, at, errors);
}

const hasLineBreaks = (text: string | undefined): boolean => /[\n\r]/.test(text ?? '');

function checkRule(rule: ValidationRule, at: string, errors: FieldError[]): void {
  const text = (rule.rule ?? '').trim();
  const message = (rule.message ?? '').trim();
  if (text === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
  else if (rule.message && message === '') errors.push(invalidValue(`${at}.message`, rule.message, 'must be non-empty if specified'));
  else if (hasLineBreaks(message)) errors.push(invalidValue(`${at}.message`, rule.message, 'must not contain line breaks'));
  else if (hasLineBreaks(text) && message === '')
    errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
  if (rule.messageExpression && rule.messageExpression.trim() === '')
    errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
  if (rule.reason !== undefined && !REASONS.includes(rule.reason)) errors.push(notSupported(`${at}.reason`, rule.reason, REASONS));
  if (rule.fieldPath && rule.fieldPath.trim() === '')
    errors.push(invalidValue(`${at}.fieldPath`, rule.fieldPath, 'must be non-empty if specified'));
  if (hasLineBreaks(rule.fieldPath)) errors.push(invalidValue(`${at}.fieldPath`, rule.fieldPath, 'must not contain line breaks'));
}

function checkInside(schema: JsonSchema, place: Place, at: string, errors: FieldError[]): void {
  const inner: Place = { ...place, isRoot: false };
  const values = valueSchema(schema);
  if (schema.additionalProperties !== undefined) {
    if (Object.keys(schema.properties ?? {}).length > 0 && schema.additionalProperties !== true)
      errors.push(forbiddenField(`${at}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'));
    const noDefaults = place.insideMeta ? ' inside additionalProperties applying to object metadata' : place.noDefaults;
    if (values !== undefined) checkSchema(values, { ...inner, noDefaults }, `${at}.additionalProperties`, errors);
  }
  for (const name in schema.properties) {
    const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.has(name);
    const within = isMeta ? { ...inner, insideMeta: true, noDefaults: place.isRoot ? ` in top-level ${name}` : place.noDefaults } : inner;
    checkSchema(schema.properties[name] as JsonSchema, within, `${at}.properties[${name}]`, errors);
  }
  if (schema.not !== undefined) checkSchema(schema.not, inner, `${at}.not`, errors);
  for (const name of ['allOf', 'oneOf', 'anyOf'] as const)
    (schema[name] ?? []).forEach((one, i) => checkSchema(one, inner, `${at}.${name}[${i}]`, errors));
  const of = elementSchema(schema);
  if (of !== undefined) checkSchema(of, inner, `${at}.items`, errors);
}

function checkSchema(schema: JsonSchema, place: Place, at: string, errors: FieldError[]): void {
  checkStandard(schema, place, at, errors);
  checkInside(schema, place, at, errors);
  checkExtensions(schema, at, errors);
  (schema['x-kubernetes-validations'] ?? []).forEach((rule, i) => checkRule(rule, `${at}.x-kubernetes-validations[${i}]`, errors));
}

export function validateSchemaRules(schema: JsonSchema, at: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  checkSchema(schema, { isRoot: true, insideMeta: false, noDefaults: undefined }, at, errors);
  return errors;
}
