/** Rules in the schemas of custom resources (x-kubernetes-validations): CEL expressions over `self` and `oldSelf`, typed by the schema they stand in.
 *  Mirrors apiextensions-apiserver v1.34 pkg/apiserver/schema/cel/compilation.go and apiserver pkg/cel/escaping.go. */

import type { Environment } from '@marcbachmann/cel-js';
import { celGoError } from './compile-error.ts';
import { kubernetesCel } from './environment.ts';
import { type Evaluation, evaluateWithin } from './evaluation.ts';
import { EvaluationCost } from './evaluation-cost.ts';
import { withOwnPresence } from './presence.ts';
import { allowMixedArguments } from './text-formatting.ts';

/** What a rule may know of a value. */
export type CelShape =
  | 'int'
  | 'double'
  | 'string'
  | 'bool'
  | 'dyn'
  | { readonly list: CelShape }
  | { readonly map: CelShape }
  | { readonly fields: Readonly<Record<string, CelShape>> };

/** A node of a parsed expression: what it does, and to what. */
export interface CelNode {
  readonly op: string;
  readonly args: unknown;
}

export interface SchemaRuleProgram {
  /** The expression as it was parsed. */
  readonly ast?: CelNode;
  /** Why the expression cannot be used, in Kubernetes' words. */
  readonly error?: string;
  readonly usesOldSelf: boolean;
  evaluate(self: unknown, oldSelf: unknown): Evaluation;
}

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const SYMBOLS: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' };

/** A field's name as expressions write it; undefined when it has none. */
export function celFieldName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  const escaped = name.replace(/__|[.\-/]/g, (symbol) => SYMBOLS[symbol] as string);
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

/** Declares the types of a shape, innermost first, and says how the shape is called. */
function declare(environment: Environment, shape: CelShape, names: { count: number }): string {
  if (typeof shape === 'string') return shape;
  if ('list' in shape) return `list<${declare(environment, shape.list, names)}>`;
  if ('map' in shape) return `map<string, ${declare(environment, shape.map, names)}>`;
  const fields: Record<string, string> = {};
  for (const name in shape.fields) {
    const escaped = celFieldName(name);
    if (escaped !== undefined) fields[escaped] = declare(environment, shape.fields[name] as CelShape, names);
  }
  const name = `Object${++names.count}`;
  environment.registerType({ name, ctor: objectOf(shape), fields } as never);
  environment.registerOperator(`${name} == ${name}`, equalValues);
  return name;
}

/** Each shape's objects have a class of their own: by it the library tells their type, in lists and maps too. */
const classes = new WeakMap<object, new () => Map<string, unknown>>();

function objectOf(shape: object): new () => Map<string, unknown> {
  let known = classes.get(shape);
  if (known === undefined) {
    known = class extends Map<string, unknown> {};
    classes.set(shape, known);
  }
  return known;
}

function equalValues(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one, i) => equalValues(one, b[i]));
  if (!(a instanceof Map)) return a === b;
  if (!(b instanceof Map) || a.size !== b.size) return false;
  for (const [name, member] of a) if (!b.has(name) || !equalValues(member, b.get(name))) return false;
  return true;
}

/** A value as expressions see it: whole numbers are big, names are escaped, and what the shape does not know is not there. */
function shaped(value: unknown, shape: CelShape): unknown {
  if (value === undefined || value === null) return value;
  if (shape === 'int') return typeof value === 'number' ? BigInt(Math.trunc(value)) : value;
  if (shape === 'dyn') return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
  if (typeof shape === 'string') return value;
  if ('list' in shape) return Array.isArray(value) ? value.map((element) => shaped(element, shape.list)) : value;
  const members = value as Readonly<Record<string, unknown>>;
  if ('map' in shape) return new Map(Object.entries(members).map(([name, member]) => [name, shaped(member, shape.map)]));
  const result = new (objectOf(shape))();
  for (const name in shape.fields) {
    const escaped = celFieldName(name);
    if (escaped !== undefined && members[name] !== undefined) result.set(escaped, shaped(members[name], shape.fields[name] as CelShape));
  }
  return result;
}

const environments = new WeakMap<object, Environment>();

function environmentFor(shape: CelShape): Environment {
  const known = typeof shape === 'object' ? environments.get(shape) : undefined;
  if (known !== undefined) return known;
  const environment = kubernetesCel();
  const name = declare(environment, shape, { count: 0 });
  environment.registerVariable('self', name as never).registerVariable('oldSelf', name as never);
  if (typeof shape === 'object') environments.set(shape, environment);
  return environment;
}

const refused = (error: string): SchemaRuleProgram => ({ error, usesOldSelf: false, evaluate: () => ({ cost: 0, value: false }) });

/** `wanted`: 'bool' for rules, 'string' for message expressions. */
export function compileSchemaRule(expression: string, shape: CelShape, wanted: 'bool' | 'string'): SchemaRuleProgram {
  const subject = wanted === 'bool' ? '' : 'messageExpression ';
  try {
    const program = environmentFor(shape).parse(withOwnPresence(expression));
    allowMixedArguments(program.ast);
    const { valid, type, error } = program.check();
    if (!valid) return refused(`${subject}compilation failed: ${celGoError(error as never, expression)}`);
    if (type !== wanted && type !== 'dyn')
      return refused(wanted === 'bool' ? 'cel expression must evaluate to a bool' : 'messageExpression must evaluate to a string');
    const cost = new EvaluationCost(program.ast);
    return {
      ast: program.ast as unknown as CelNode,
      usesOldSelf: /\boldSelf\b/.test(expression),
      evaluate: (self, oldSelf) => evaluateWithin(cost, program, { self: shaped(self, shape), oldSelf: shaped(oldSelf, shape) }),
    };
  } catch (error) {
    return refused(`${subject}compilation failed: ${celGoError(error as Error, expression)}`);
  }
}
