/** x-kubernetes-validations: compiled when a definition is written, evaluated when an object is. Mirrors apiextensions-apiserver v1.34
 *  pkg/apiserver/schema/cel/validation.go. What rules cost is not counted (docs/fidelity.md). */

import { type CelShape, compileSchemaRule, deepEqual, type FieldError, type SchemaRuleProgram } from '#api';
import { duplicate, forbiddenField, invalidValue, required } from '../validation/field-error.ts';
import { elementSchema, isMap, type JsonSchema, olderElement, type ValidationRule, valueSchema } from './json-schema.ts';

interface Compiled {
  readonly rule: ValidationRule;
  readonly program: SchemaRuleProgram;
  readonly message: SchemaRuleProgram | undefined;
}

const RESOURCE_FIELDS: Readonly<Record<string, CelShape>> = {
  apiVersion: 'string',
  kind: 'string',
  metadata: { fields: { name: 'string', generateName: 'string' } },
};

/** What rules may know of a value of this schema. */
function shapeOf(schema: JsonSchema | undefined, isRoot = false): CelShape {
  if (schema === undefined || schema['x-kubernetes-int-or-string']) return 'dyn';
  switch (schema.type) {
    case 'integer':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'array':
      return { list: shapeOf(elementSchema(schema)) };
    case 'object':
      break;
    default:
      return 'dyn';
  }
  const values = valueSchema(schema);
  if (values !== undefined) return { map: shapeOf(values) };
  const fields: Record<string, CelShape> = {};
  for (const name in schema.properties) fields[name] = shapeOf(schema.properties[name]);
  return { fields: isRoot || schema['x-kubernetes-embedded-resource'] ? { ...fields, ...RESOURCE_FIELDS } : fields };
}

const compiledRules = new WeakMap<JsonSchema, readonly Compiled[]>();

function rulesOf(schema: JsonSchema, isRoot: boolean): readonly Compiled[] {
  const known = compiledRules.get(schema);
  if (known !== undefined) return known;
  const rules = schema['x-kubernetes-validations'] ?? [];
  const shape = rules.length === 0 ? 'dyn' : shapeOf(schema, isRoot);
  const compiled = rules.map((rule) => ({
    rule,
    program: compileSchemaRule(rule.rule, shape, 'bool'),
    message: rule.messageExpression ? compileSchemaRule(rule.messageExpression, shape, 'string') : undefined,
  }));
  compiledRules.set(schema, compiled);
  return compiled;
}

/** The rule as Go prints its own struct. */
const shownRule = ({ rule, message, messageExpression, reason, fieldPath, optionalOldSelf }: ValidationRule): object => ({
  Rule: rule,
  Message: message ?? '',
  MessageExpression: messageExpression ?? '',
  Reason: reason ?? null,
  FieldPath: fieldPath ?? '',
  OptionalOldSelf: optionalOldSelf ?? null,
});

/** Rules that cannot be compiled, wherever in the schema they stand. `uncorrelated`: the list above which elements have no older selves. */
export function validateRules(schema: JsonSchema, at: string, isRoot = true, uncorrelated?: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  rulesOf(schema, isRoot).forEach(({ rule, program, message }, i) => {
    const here = `${at}.x-kubernetes-validations[${i}]`;
    if (program.error !== undefined) errors.push(invalidValue(`${here}.rule`, shownRule(rule), program.error));
    if (message?.error !== undefined) errors.push(invalidValue(`${here}.messageExpression`, shownRule(rule), message.error));
    if (program.usesOldSelf && uncorrelated !== undefined)
      errors.push(
        invalidValue(
          `${here}.rule`,
          rule.rule,
          `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
        ),
      );
    else if (!program.usesOldSelf && program.error === undefined && rule.optionalOldSelf !== undefined)
      errors.push(invalidValue(`${here}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
  });
  const inMap = schema['x-kubernetes-map-type'] === 'atomic' ? (uncorrelated ?? at) : uncorrelated;
  for (const name in schema.properties)
    errors.push(...validateRules(schema.properties[name] as JsonSchema, `${at}.properties[${name}]`, false, inMap));
  const values = valueSchema(schema);
  if (values !== undefined) errors.push(...validateRules(values, `${at}.additionalProperties`, false, inMap));
  const of = elementSchema(schema);
  const inList = schema['x-kubernetes-list-type'] === 'map' ? uncorrelated : (uncorrelated ?? at);
  if (of !== undefined) errors.push(...validateRules(of, `${at}.items`, false, inList));
  return errors;
}

function failure(rule: ValidationRule, field: string, type: string, text: string): FieldError {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, text);
    case 'FieldValueRequired':
      return required(field, text);
    case 'FieldValueDuplicate':
      return duplicate(field, type);
    default:
      return invalidValue(field, type, text);
  }
}

function messageOf({ rule, message }: Compiled, value: unknown, old: unknown): string {
  if (message !== undefined) {
    try {
      const text = message.evaluate(value, old);
      if (typeof text === 'string' && text.trim() !== '' && !/[\n\r]/.test(text)) return text;
    } catch {
      // A message that cannot be made gives way to the rule's own.
    }
  }
  return rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
}

function checkRules(value: unknown, old: unknown, schema: JsonSchema, at: string, isRoot: boolean, errors: FieldError[]): void {
  const type = schema.type ?? '';
  for (const compiled of rulesOf(schema, isRoot)) {
    const { rule, program } = compiled;
    // Rules about a change have nothing to say where nothing was.
    if (program.error !== undefined || (program.usesOldSelf && (old === undefined || old === null))) continue;
    const inside = rule.fieldPath?.replace(/^\./, '');
    const field = inside ? (at === '' ? inside : `${at}.${inside}`) : at === '' ? '<nil>' : at;
    try {
      if (program.evaluate(value, old) === true) continue;
      // What failed before and is as it was is let through, unless the rule is about changes.
      if (!program.usesOldSelf && old !== undefined && deepEqual(old, value)) continue;
      errors.push(failure(rule, field, type, messageOf(compiled, value, old)));
    } catch (error) {
      const text = (error as Error).message;
      errors.push(
        invalidValue(
          at === '' ? '<nil>' : at,
          type,
          text.startsWith('no such overload')
            ? `'${text}': call arguments did not match a supported operator, function or macro signature for rule: ${rule.rule.trim()}`
            : `${text} evaluating rule: ${rule.rule.trim()}`,
        ),
      );
    }
  }
}

/** What rules refuse in a value; `old`: the value before, when there was one. */
export function checkValue(value: unknown, old: unknown, schema: JsonSchema, at: string, isRoot: boolean, errors: FieldError[]): void {
  if (value === undefined || value === null) return;
  checkRules(value, old, schema, at, isRoot, errors);
  for (const one of schema.allOf ?? []) if (one['x-kubernetes-validations']) checkRules(value, old, one, at, isRoot, errors);
  if (Array.isArray(value)) {
    const of = elementSchema(schema);
    if (of !== undefined)
      value.forEach((element, i) => checkValue(element, olderElement(schema, old, element), of, `${at}[${i}]`, false, errors));
    return;
  }
  if (!isMap(value)) return;
  const values = valueSchema(schema);
  const before = isMap(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : undefined;
  for (const name in value) {
    const property = schema.properties?.[name];
    const path = property === undefined ? `${at}[${name}]` : at === '' ? name : `${at}.${name}`;
    const of = property ?? values;
    if (of !== undefined) checkValue(value[name], before?.[name], of, path, false, errors);
  }
}
