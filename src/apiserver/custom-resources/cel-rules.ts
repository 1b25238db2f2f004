/** x-kubernetes-validations: compiled when a definition is written, evaluated when an object is. Mirrors apiextensions-apiserver v1.34
 *  pkg/apiserver/schema/cel/validation.go: rules and their messages are evaluated as long as the object's budget lasts. */

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

/** RuntimeCELCostBudget of apiserver v1.34 pkg/apis/cel/config.go: what all rules of one object may cost together. */
const OBJECT_BUDGET = 10_000_000;
const MESSAGE_MAX = 5 * 1024;
const LIMIT_EXCEEDED = 'operation cancelled: actual cost limit exceeded';
const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run';

const goQuoted = (text: string): string => JSON.stringify(text);
const nameOf = ({ rule, message }: ValidationRule): string => (message ? message.trim() : rule.trim());

/** The rules of one object: the value before, and what is left to spend. */
class Judgement {
  readonly errors: FieldError[];
  private left = OBJECT_BUDGET;

  constructor(errors: FieldError[]) {
    this.errors = errors;
  }

  /** Nothing is asked any more. */
  private end(error: FieldError): false {
    this.errors.push(error);
    this.left = -1;
    return false;
  }

  /** False: the budget is gone. */
  private rules(value: unknown, old: unknown, schema: JsonSchema, at: string, isRoot: boolean): boolean {
    const rules = rulesOf(schema, isRoot);
    const place = at === '' ? '<nil>' : at;
    if (rules.length > 0 && this.left <= 0) return this.end(invalidValue(place, schema.type ?? '', OUT_OF_BUDGET));
    return rules.every((compiled) => this.rule(compiled, value, old, schema.type ?? '', at, place));
  }

  private rule(compiled: Compiled, value: unknown, old: unknown, type: string, at: string, place: string): boolean {
    const { rule, program } = compiled;
    // Rules about a change have nothing to say where nothing was.
    if (program.error !== undefined || (program.usesOldSelf && (old === undefined || old === null))) return true;
    const { cost, value: holds, error } = program.evaluate(value, old);
    if (cost > this.left) return this.end(invalidValue(place, type, OUT_OF_BUDGET));
    this.left -= cost;
    if (error === LIMIT_EXCEEDED)
      return this.end(
        invalidValue(
          place,
          type,
          `'${error}': no further validation rules will be run due to call cost exceeds limit for rule: ${nameOf(rule)}`,
        ),
      );
    if (error !== undefined) {
      const text = error.startsWith('no such overload')
        ? `'${error}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`
        : `${error} evaluating rule: ${nameOf(rule)}`;
      this.errors.push(invalidValue(place, type, text));
      return true;
    }
    if (holds === true) return true;
    // What failed before and is as it was is let through, unless the rule is about changes.
    if (!program.usesOldSelf && old !== undefined && deepEqual(old, value)) return true;
    const inside = rule.fieldPath?.replace(/^\./, '');
    const field = inside ? (at === '' ? inside : `${at}.${inside}`) : place;
    const text = this.message(compiled, value, old);
    if (this.left < 0) return this.end(invalidValue(field, type, text));
    this.errors.push(failure(rule, field, type, text));
    return true;
  }

  /** What the failure is called; the budget is gone where a message could not be paid for, which is then said instead. */
  private message({ rule, message }: Compiled, value: unknown, old: unknown): string {
    if (message !== undefined) {
      const { cost, value: said, error } = message.evaluate(value, old);
      const before = this.left;
      this.left = cost > before || error === LIMIT_EXCEEDED ? -1 : before - cost;
      if (cost > before)
        return 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run';
      if (error === LIMIT_EXCEEDED)
        return `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${goQuoted(rule.messageExpression ?? '')}`;
      const text = typeof said === 'string' ? said.trim() : '';
      // A message that cannot be made gives way to the rule's own.
      if (text !== '' && text.length <= MESSAGE_MAX && !/[\n\r]/.test(text)) return text;
    }
    return rule.message?.trim() || `failed rule: ${rule.rule.trim()}`;
  }

  /** False: the budget is gone. */
  value(value: unknown, old: unknown, schema: JsonSchema, at: string, isRoot: boolean): boolean {
    if (value === undefined || value === null) return true;
    if (!this.rules(value, old, schema, at, isRoot)) return false;
    for (const one of schema.allOf ?? []) if (one['x-kubernetes-validations'] && !this.rules(value, old, one, at, isRoot)) return false;
    if (Array.isArray(value)) {
      const of = elementSchema(schema);
      return (
        of === undefined || value.every((element, i) => this.value(element, olderElement(schema, old, element), of, `${at}[${i}]`, false))
      );
    }
    if (!isMap(value)) return true;
    const values = valueSchema(schema);
    const before = isMap(old) && schema['x-kubernetes-map-type'] !== 'atomic' ? old : undefined;
    for (const name in value) {
      const property = schema.properties?.[name];
      const path = property === undefined ? `${at}[${name}]` : at === '' ? name : `${at}.${name}`;
      const of = property ?? values;
      if (of !== undefined && !this.value(value[name], before?.[name], of, path, false)) return false;
    }
    return true;
  }
}

/** What rules refuse in a value; `old`: the value before, when there was one. */
export function checkValue(value: unknown, old: unknown, schema: JsonSchema, at: string, isRoot: boolean, errors: FieldError[]): void {
  new Judgement(errors).value(value, old, schema, at, isRoot);
}
