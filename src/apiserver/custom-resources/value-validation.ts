/** Holds a custom object against its schema. Mirrors kube-openapi pkg/validation/validate and, for how failures become field errors,
 *  apiextensions-apiserver v1.34 pkg/apiserver/validation/validation.go (kubeOpenAPIResultToFieldErrors). */

import { deepEqual, type FieldError } from '#api';
import { invalidValue, notSupported, required, tooLong, tooMany, typeInvalid } from '../validation/field-error.ts';
import { isMap, type JsonSchema, type Members, olderElement, valueSchema } from './json-schema.ts';
import { hasFormat } from './value-formats.ts';

/** What a schema finds wrong, and how much of it fits: of several alternatives that all fail, the best fitting one is told. */
interface Findings {
  readonly errors: FieldError[];
  fits: number;
}

const fresh = (): Findings => ({ errors: [], fits: 0 });

function merge(into: Findings, from: Findings): void {
  into.errors.push(...from.errors);
  into.fits += from.fits;
}

/** Failures of alternatives belong to no field of their own: Go prints the missing path as '<nil>'. */
const NOWHERE = '<nil>';

const jsonType = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value === 'object' ? 'object' : typeof value;
};

function checkType(value: unknown, schema: JsonSchema, path: string, found: Findings): boolean {
  const types = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type === undefined ? [] : [schema.type];
  if (value === null) {
    if (types.length === 0 || schema.nullable) return true;
    found.errors.push(typeInvalid(path, 'null', `${path} in body must be of type ${types.join(',')}: "null"`));
    return false;
  }
  if (types.length === 0) return true;
  const type = jsonType(value);
  if (types.includes(type) || (type === 'integer' && types.includes('number'))) {
    found.fits++;
    return true;
  }
  found.errors.push(typeInvalid(path, type, `${path} in body must be of type ${types.join(',')}: "${type}"`));
  return false;
}

function checkNumber(value: number, schema: JsonSchema, path: string, found: Findings): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const fail = (text: string): void => {
    found.errors.push(invalidValue(path, value, `${path} in body should be ${text}`));
  };
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf)) fail(`a multiple of ${multipleOf}`);
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    fail(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    fail(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
}

const patterns = new Map<string, RegExp | undefined>();

/** Go's expressions are nearly JavaScript's; one that only Go reads says nothing here. */
function compiled(pattern: string): RegExp | undefined {
  if (patterns.has(pattern)) return patterns.get(pattern);
  let expression: RegExp | undefined;
  try {
    expression = new RegExp(pattern, 'u');
  } catch {
    expression = undefined;
  }
  patterns.set(pattern, expression);
  return expression;
}

function checkString(value: string, schema: JsonSchema, path: string, found: Findings): void {
  const { minLength, maxLength, pattern, format, type } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) found.errors.push(tooLong(path, maxLength));
  if (minLength !== undefined && length < minLength)
    found.errors.push(invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`));
  if (pattern !== undefined && compiled(pattern)?.test(value) === false)
    found.errors.push(invalidValue(path, value, `${path} in body should match '${pattern}'`));
  if (format !== undefined && (type === undefined || type === 'string') && !hasFormat(value, format))
    found.errors.push(typeInvalid(path, value, `${path} in body must be of type ${format}: ${JSON.stringify(value)}`));
}

function checkList(value: readonly unknown[], old: unknown, schema: JsonSchema, path: string, found: Findings): void {
  const { items, minItems, maxItems } = schema;
  if (items !== undefined && !Array.isArray(items))
    value.forEach((element, i) =>
      merge(found, findings(element, items as JsonSchema, `${path}[${i}]`, olderElement(schema, old, element))),
    );
  if (minItems !== undefined && value.length < minItems)
    found.errors.push(invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`));
  if (maxItems !== undefined && value.length > maxItems) found.errors.push(tooMany(path, value.length, maxItems));
}

function checkMap(value: Members, old: unknown, schema: JsonSchema, path: string, found: Findings): void {
  const { properties, minProperties, maxProperties } = schema;
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (minProperties !== undefined && names.length < minProperties)
    found.errors.push(invalidValue(path, names.length, `${path} in body should have at least ${minProperties} properties`));
  if (maxProperties !== undefined && names.length > maxProperties) found.errors.push(tooMany(path, names.length, maxProperties));
  const of = valueSchema(schema);
  for (const name of names) {
    const property = properties?.[name] ?? of;
    const before = isMap(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old[name] : undefined;
    if (property !== undefined) merge(found, findings(value[name], property, inside(name), before));
  }
  for (const name of schema.required ?? []) if (value[name] === undefined) found.errors.push(required(inside(name)));
}

const nowhere = (text: string): FieldError => invalidValue(NOWHERE, '', text);

/** The failures of the alternative that fits best; the first of equals. */
function best(tried: readonly Findings[]): Findings | undefined {
  let found: Findings | undefined;
  for (const one of tried) if (found === undefined || one.fits > found.fits) found = one;
  return found;
}

function checkAlternatives(value: unknown, schema: JsonSchema, path: string, found: Findings): void {
  const { allOf, anyOf, oneOf, not } = schema;
  const attempts = (schemas: readonly JsonSchema[]): Findings[] => schemas.map((one) => findings(value, one, path));
  if (anyOf !== undefined && anyOf.length > 0) {
    const tried = attempts(anyOf);
    if (!tried.some(({ errors }) => errors.length === 0)) {
      found.errors.push(nowhere(`${JSON.stringify(path)} must validate at least one schema (anyOf)`));
      merge(found, best(tried) as Findings);
    }
  }
  if (oneOf !== undefined && oneOf.length > 0) {
    const tried = attempts(oneOf);
    const valid = tried.filter(({ errors }) => errors.length === 0).length;
    if (valid !== 1) {
      const told = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      found.errors.push(nowhere(`${JSON.stringify(path)} must validate one and only one schema (oneOf). ${told}`));
      if (valid === 0) merge(found, best(tried) as Findings);
    }
  }
  if (allOf !== undefined && allOf.length > 0) {
    const tried = attempts(allOf);
    const valid = tried.filter(({ errors }) => errors.length === 0).length;
    for (const one of tried) merge(found, one);
    if (valid !== allOf.length)
      found.errors.push(nowhere(`${JSON.stringify(path)} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`));
  }
  if (not !== undefined && findings(value, not, path).errors.length === 0)
    found.errors.push(nowhere(`${JSON.stringify(path)} must not validate the schema (not)`));
}

/** `old`: the value before, where the two can be told to be the same one. What was wrong before and is as it was is let through (ratcheting). */
function findings(value: unknown, schema: JsonSchema, path: string, old?: unknown): Findings {
  const found = fresh();
  if (old !== undefined && deepEqual(old, value)) return found;
  const fits = checkType(value, schema, path, found);
  if (value === null && fits) return found;
  checkAlternatives(value, schema, path, found);
  if (typeof value === 'string') checkString(value, schema, path, found);
  else if (typeof value === 'number') checkNumber(value, schema, path, found);
  else if (Array.isArray(value)) checkList(value, old, schema, path, found);
  else if (isMap(value)) checkMap(value, old, schema, path, found);
  if (schema.enum !== undefined && !schema.enum.some((allowed) => deepEqual(allowed, value)))
    found.errors.push(
      notSupported(
        path,
        value,
        schema.enum.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))),
      ),
    );
  if (found.errors.length === 0) found.fits++;
  return found;
}

/** What is wrong with a value, and was not wrong in the same place before. */
export const validateValue = (value: unknown, schema: JsonSchema, old?: unknown): readonly FieldError[] =>
  findings(value, schema, '', old).errors;
