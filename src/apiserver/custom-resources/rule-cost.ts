/** What a rule of a schema may cost at worst, worked out before it is ever asked: lists, maps and texts count as long as the schema lets them be, or as
 *  a request has room for. Mirrors cel-go's checker/cost.go and apiextensions-apiserver v1.34 pkg/apiserver/schema/cel (compilation.go, maxlength.go)
 *  and its validation's limits. An estimate of an estimate: cost of calls that few rules make is that of one step. */

import { type CelNode, compileSchemaRule, type FieldError } from '#api';
import { forbiddenField } from '../validation/field-error.ts';
import { elementSchema, isMap, type JsonSchema, valueSchema } from './json-schema.ts';

/** StaticEstimatedCostLimit and StaticEstimatedCRDCostLimit. */
const RULE_MAX = 10_000_000;
const SCHEMA_MAX = 100_000_000;
/** DefaultMaxRequestSizeBytes. */
const REQUEST_BYTES = 3 * 1024 * 1024;
const TRAVERSAL = 0.1;
const REGEX = 0.25;
const LIST_CREATION = 10;
const MAP_CREATION = 30;
/** Around the body of a macro, for each element: the condition to go on, and the step. */
const LOOP = 4;
const MACROS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'existsOne', 'filter', 'map']);

/** The fewest bytes of JSON that a value of the schema takes (estimateMinSizeJSON). */
function leastBytes(schema: JsonSchema | undefined): number {
  switch (schema?.type) {
    case 'boolean':
      return 4;
    case 'string':
    case 'array':
      return 2;
    case 'object': {
      let bytes = 2;
      for (const name of schema.required ?? []) bytes += name.length + 4 + leastBytes(schema.properties?.[name]);
      return bytes;
    }
    default:
      return 1;
  }
}

/** How many elements, members or characters a value has at most. */
function sizeOf(schema: JsonSchema | undefined): number {
  if (schema?.type === 'array') return schema.maxItems ?? Math.floor((REQUEST_BYTES - 2) / (leastBytes(elementSchema(schema)) + 1));
  if (schema?.type === 'string') {
    if (schema.enum !== undefined) return Math.max(0, ...schema.enum.map((one) => String(one).length));
    if (schema.format === 'date' || schema.format === 'date-time' || schema.format === 'duration') return 40;
    return schema.maxLength ?? REQUEST_BYTES - 2;
  }
  const values = schema === undefined ? undefined : valueSchema(schema);
  return values === undefined ? 1 : (schema?.maxProperties ?? Math.floor((REQUEST_BYTES - 2) / (leastBytes(values) + 6)));
}

interface Estimate {
  readonly cost: number;
  readonly schema: JsonSchema | undefined;
  /** Elements, members or characters. */
  readonly size: number;
}
type Scope = Readonly<Record<string, JsonSchema | undefined>>;

const plain = (cost: number, size = 1): Estimate => ({ cost, schema: undefined, size });
const ofSchema = (cost: number, schema: JsonSchema | undefined): Estimate => ({ cost, schema, size: sizeOf(schema) });
const isNode = (value: unknown): value is CelNode => isMap(value) && typeof value['op'] === 'string';

/** What a member of a value is. */
const member = (schema: JsonSchema | undefined, name: string): JsonSchema | undefined =>
  schema?.properties?.[name] ?? (schema === undefined ? undefined : valueSchema(schema));

function macro(name: string, receiver: CelNode, args: readonly CelNode[], scope: Scope): Estimate {
  const range = estimate(receiver, scope);
  const { schema, size } = range;
  const element = schema === undefined ? undefined : schema.type === 'array' ? elementSchema(schema) : ({ type: 'string' } as JsonSchema);
  const variable = String(args[0]?.args ?? '');
  const inner = { ...scope, [variable]: element };
  let body = 0;
  for (const arg of args.slice(1)) body += estimate(arg, inner).cost;
  const makes = name === 'map' || name === 'filter';
  const cost = range.cost + 1 + size * (body + LOOP + (makes ? LIST_CREATION + 1 : 0));
  return name === 'filter' ? { cost, schema, size } : plain(cost, makes ? size : 1);
}

function call(name: string, parts: readonly Estimate[]): Estimate {
  const spent = parts.reduce((sum, { cost }) => sum + cost, 0);
  const [first, second] = [parts[0]?.size ?? 1, parts[1]?.size ?? 1];
  switch (name) {
    case 'contains':
      return plain(spent + Math.ceil(first * TRAVERSAL) * Math.ceil(second * TRAVERSAL));
    case 'matches':
      return plain(spent + Math.ceil((first + 1) * TRAVERSAL) * Math.ceil(Math.max(1, second * REGEX)));
    case 'find':
    case 'findAll':
      return plain(spent + Math.ceil((first + 1) * TRAVERSAL) * Math.ceil(Math.max(1, second * REGEX)), first);
    case 'startsWith':
    case 'endsWith':
      return plain(spent + Math.ceil(second * TRAVERSAL));
    case 'lowerAscii':
    case 'upperAscii':
    case 'trim':
    case 'replace':
    case 'split':
    case 'substring':
    case 'join':
      return plain(spent + Math.ceil(first * TRAVERSAL) + 1, first);
    case 'isSorted':
    case 'sum':
    case 'min':
    case 'max':
    case 'indexOf':
    case 'lastIndexOf':
      return plain(spent + first + 1);
    default:
      return plain(spent + 1);
  }
}

function operator(op: string, parts: readonly Estimate[]): Estimate {
  const spent = parts.reduce((sum, { cost }) => sum + cost, 0);
  const [first, second] = [parts[0]?.size ?? 1, parts[1]?.size ?? 1];
  if (op === '==' || op === '!=' || op === '<' || op === '<=' || op === '>' || op === '>=')
    return plain(spent + Math.max(1, Math.ceil(Math.min(first, second) * TRAVERSAL)));
  if (op === 'in') return plain(spent + (parts[1]?.schema?.type === 'object' ? 1 : second));
  if (op === '+') return plain(spent + Math.max(1, Math.ceil((first + second) * TRAVERSAL)), first + second);
  return plain(spent + 1);
}

/** Every node that stands below, whatever the operator keeps them in. */
const nodesIn = (value: unknown): readonly CelNode[] => (isNode(value) ? [value] : Array.isArray(value) ? value.flatMap(nodesIn) : []);

function estimate(node: CelNode, scope: Scope): Estimate {
  const { op, args } = node;
  if (op === 'value') return plain(0, typeof args === 'string' ? args.length : 1);
  if (op === 'id') return ofSchema(1, scope[String(args)]);
  if (op === '.' || op === '.?') {
    const [of, name] = args as readonly [CelNode, string];
    const base = estimate(of, scope);
    return ofSchema(base.cost + 1, member(base.schema, String(name)));
  }
  if (op === '[]' || op === '[?]') {
    const [of, index] = (args as readonly CelNode[]).map((one) => estimate(one, scope)) as [Estimate, Estimate];
    const schema = of.schema?.type === 'array' ? elementSchema(of.schema) : of.schema && valueSchema(of.schema);
    return ofSchema(of.cost + index.cost + 1, schema);
  }
  if (op === 'rcall') {
    const [name, receiver, given] = args as readonly [string, CelNode, readonly CelNode[]];
    if (MACROS.has(name)) return macro(name, receiver, given, scope);
    return call(
      name,
      [receiver, ...given].map((one) => estimate(one, scope)),
    );
  }
  if (op === 'call') {
    const [name, given] = args as readonly [string, readonly CelNode[]];
    return name === 'has'
      ? plain(1)
      : call(
          name,
          given.map((one) => estimate(one, scope)),
        );
  }
  const parts = nodesIn(args).map((one) => estimate(one, scope));
  const spent = parts.reduce((sum, { cost }) => sum + cost, 0);
  if (op === 'list') return plain(spent + LIST_CREATION, parts.length);
  if (op === 'map') return plain(spent + MAP_CREATION, parts.length);
  if (op === '?:') return plain((parts[0]?.cost ?? 0) + Math.max(parts[1]?.cost ?? 0, parts[2]?.cost ?? 0) + 1);
  if (op === '&&' || op === '||') return plain(spent);
  return operator(op, parts);
}

/** The most that evaluating an expression may cost; `scope`: what is known of its variables. */
export const estimatedCost = (ast: CelNode, scope: Scope): number => estimate(ast, scope).cost;

/** How far above the limit, as upstream says it (getCostErrorMessage). */
function overBudget(what: string, cost: number, limit: number): string {
  const factor = cost / limit;
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** Adds up the costs of all rules, each as often as the schema lets it be asked. */
class Budget {
  readonly errors: FieldError[] = [];
  total = 0;

  visit(schema: JsonSchema, at: string, times: number): void {
    (schema['x-kubernetes-validations'] ?? []).forEach(({ rule, messageExpression }, i) => {
      const here = `${at}.x-kubernetes-validations[${i}]`;
      this.add(rule, 'bool', schema, times, `${here}.rule`, 'estimated rule cost');
      if (messageExpression)
        this.add(messageExpression, 'string', schema, times, `${here}.messageExpression`, 'estimated messageExpression cost');
    });
    for (const name in schema.properties) this.visit(schema.properties[name] as JsonSchema, `${at}.properties[${name}]`, times);
    const values = valueSchema(schema);
    if (values !== undefined) this.visit(values, `${at}.additionalProperties`, times * sizeOf(schema));
    const of = elementSchema(schema);
    if (of !== undefined) this.visit(of, `${at}.items`, times * sizeOf(schema));
  }

  private add(expression: string, wanted: 'bool' | 'string', schema: JsonSchema, times: number, at: string, what: string): void {
    const { ast } = compileSchemaRule(expression, 'dyn', wanted);
    if (ast === undefined) return;
    const cost = estimate(ast, { self: schema, oldSelf: schema }).cost * times;
    this.total += cost;
    if (cost > RULE_MAX) this.errors.push(forbiddenField(at, overBudget(what, cost, RULE_MAX)));
  }
}

/** Rules that would cost too much at worst; none of the schema's rules is asked then. */
export function validateRuleCosts(schema: JsonSchema, at: string): readonly FieldError[] {
  const budget = new Budget();
  budget.visit(schema, at, 1);
  if (budget.total <= SCHEMA_MAX) return budget.errors;
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
  return [...budget.errors, forbiddenField(at, overBudget(what, budget.total, SCHEMA_MAX))];
}
