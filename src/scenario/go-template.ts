/** Go's text/template, as far as templates of Kubernetes tools use it: pipelines, variables, if, range, with, define and template, trim markers, comments.
 *  Mirrors Go 1.25 text/template and text/template/parse. Values are those of JSON. Departures: no methods, no complex numbers; a field of nothing is nothing. */

import { type Command, type Operand, type Pipeline, parseTemplate, TemplateError, type TemplateNode } from './go-template-parse.ts';

export { TemplateError } from './go-template-parse.ts';

export type TemplateFunction = (...args: readonly unknown[]) => unknown;
export type TemplateFunctions = Readonly<Record<string, TemplateFunction>>;

/** Turns of all loops of one rendering. */
const MOST_STEPS = 100_000;
/** Templates within templates. */
const DEEPEST = 100;
const BREAK = Symbol('break');
const CONTINUE = Symbol('continue');

export const isTrue = (value: unknown): boolean => {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
};

/** As fmt.Print writes it. */
export function printed(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${printed((value as Record<string, unknown>)[key])}`).join(' ')}]`;
}

const compare = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : printed(a) < printed(b) ? -1 : a === b ? 0 : 1;
const same = (a: unknown, b: unknown): boolean => a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));

function format(pattern: string, args: readonly unknown[]): string {
  let at = 0;
  return pattern.replace(/%([-+#0 ]*\d*(?:\.\d+)?)([a-zA-Z%])/g, (_, flags: string, verb: string) => {
    if (verb === '%') return '%';
    const value = args[at++];
    const text = verb === 'q' ? JSON.stringify(printed(value)) : verb === 'x' ? Number(value).toString(16) : printed(value);
    const width = Number(/\d+/.exec(flags)?.[0] ?? 0);
    return flags.includes('-') ? text.padEnd(width) : text.padStart(width, flags.startsWith('0') ? '0' : ' ');
  });
}

function indexed(value: unknown, ...keys: readonly unknown[]): unknown {
  let found = value;
  for (const key of keys) {
    if (found === undefined || found === null) return undefined;
    if (Array.isArray(found) && (typeof key !== 'number' || key < 0 || key >= found.length))
      throw new Error(`index out of range: ${printed(key)}`);
    found = (found as Record<string, unknown>)[String(key)];
  }
  return found;
}

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new Error(`len of type ${typeof value}`);
};

/** Those that Go defines itself; `and` and `or` stop as soon as they know, which here shows in nothing. */
const BUILTINS: TemplateFunctions = {
  and: (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1),
  or: (...args) => args.find(isTrue) ?? args.at(-1),
  not: (value) => !isTrue(value),
  eq: (first, ...rest) => rest.some((other) => same(first, other)),
  ne: (a, b) => !same(a, b),
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  len: sizeOf,
  index: indexed,
  slice: (value, from = 0, to) => (value as string).slice(from as number, to as number | undefined),
  print: (...args) => args.map(printed).join(''),
  println: (...args) => `${args.map(printed).join(' ')}\n`,
  printf: (pattern, ...args) => format(String(pattern), args),
};

type Scope = Map<string, unknown>[];

class Rendering {
  private readonly functions: TemplateFunctions;
  private readonly named: ReadonlyMap<string, readonly TemplateNode[]>;
  private scope: Scope;
  private out = '';
  private steps = 0;
  private depth = 0;

  constructor(functions: TemplateFunctions, named: ReadonlyMap<string, readonly TemplateNode[]>, root: unknown) {
    this.functions = functions;
    this.named = named;
    this.scope = [new Map([['$', root]])];
  }

  all(nodes: readonly TemplateNode[], dot: unknown): string {
    this.run(nodes, dot);
    return this.out;
  }

  private run(nodes: readonly TemplateNode[], dot: unknown): void {
    this.scope.push(new Map());
    try {
      for (const node of nodes) this.node(node, dot);
    } finally {
      this.scope.pop();
    }
  }

  private node(node: TemplateNode, dot: unknown): void {
    if (++this.steps > MOST_STEPS) throw new TemplateError('renders without an end', node.line);
    switch (node.kind) {
      case 'text':
        this.out += node.text;
        return;
      case 'action': {
        const value = this.pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.out += printed(value);
        return;
      }
      case 'break':
        throw BREAK;
      case 'continue':
        throw CONTINUE;
      case 'template': {
        const found = this.named.get(node.name);
        if (found === undefined) throw new TemplateError(`template "${node.name}" is not defined`, node.line);
        const value = node.pipeline === undefined ? undefined : this.pipeline(node.pipeline, dot);
        if (++this.depth > DEEPEST) throw new TemplateError('renders without an end', node.line);
        const outer = this.scope;
        this.scope = [new Map([['$', value]])];
        this.run(found, value);
        this.scope = outer;
        this.depth -= 1;
        return;
      }
      case 'if':
      case 'with':
        return this.branch(node, dot);
      case 'range':
        return this.range(node, dot);
    }
  }

  private branch(node: TemplateNode & { kind: 'if' | 'with' }, dot: unknown): void {
    this.scope.push(new Map());
    const value = this.pipeline(node.pipeline, dot);
    if (isTrue(value)) this.run(node.body, node.kind === 'with' ? value : dot);
    else this.run(node.otherwise, dot);
    this.scope.pop();
  }

  private range(node: TemplateNode & { kind: 'range' }, dot: unknown): void {
    const { variables } = node.pipeline;
    const value = this.pipeline({ ...node.pipeline, variables: [] }, dot);
    const entries = entriesOf(value, node.line);
    if (entries.length === 0) return this.run(node.otherwise, dot);
    for (const [key, item] of entries) {
      const depth = this.scope.length;
      const own = new Map<string, unknown>();
      const [first, second] = variables;
      if (second !== undefined) own.set(first as string, key).set(second, item);
      else if (first !== undefined) own.set(first, item);
      this.scope.push(own);
      try {
        this.run(node.body, item);
      } catch (signal) {
        if (signal !== BREAK && signal !== CONTINUE) throw signal;
        if (signal === BREAK) return;
      } finally {
        this.scope.length = depth;
      }
    }
  }

  private pipeline({ variables, declares, commands, line }: Pipeline, dot: unknown): unknown {
    let value: unknown;
    commands.forEach((command, at) => {
      value = this.command(command, dot, at === 0 ? NO_INPUT : value, line);
    });
    for (const name of variables) {
      const place = declares ? this.scope.at(-1) : this.scope.findLast((one) => one.has(name));
      if (place === undefined) throw new TemplateError(`undefined variable "${name}"`, line);
      place.set(name, value);
    }
    return value;
  }

  private command({ operands, line }: Command, dot: unknown, input: unknown, _line: number): unknown {
    const [first, ...rest] = operands as readonly [Operand, ...Operand[]];
    if (first.kind === 'function') {
      const found = this.functions[first.name] ?? BUILTINS[first.name];
      if (found === undefined) throw new TemplateError(`function "${first.name}" is not known`, line);
      const args = rest.map((one) => this.operand(one, dot));
      if (input !== NO_INPUT) args.push(input);
      try {
        return walk(found(...args), first.path);
      } catch (error) {
        if (error instanceof TemplateError) throw error;
        throw new TemplateError(`${first.name}: ${(error as Error).message}`, line);
      }
    }
    if (rest.length > 0 || input !== NO_INPUT) throw new TemplateError('can give arguments to functions only', line);
    return this.operand(first, dot);
  }

  private operand(operand: Operand, dot: unknown): unknown {
    switch (operand.kind) {
      case 'value':
        return operand.value;
      case 'dot':
        return walk(dot, operand.path);
      case 'variable': {
        const place = this.scope.findLast((one) => one.has(operand.name));
        if (place === undefined) throw new TemplateError(`undefined variable "${operand.name}"`, operand.line);
        return walk(place.get(operand.name), operand.path);
      }
      case 'group':
        return walk(this.pipeline(operand.pipeline, dot), operand.path);
      case 'function':
        return this.command({ operands: [operand], line: operand.line }, dot, NO_INPUT, operand.line);
    }
  }
}

const NO_INPUT = Symbol('no input');

function walk(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return undefined;
    found = Object.hasOwn(found, name) ? (found as Record<string, unknown>)[name] : undefined;
  }
  return found;
}

function entriesOf(value: unknown, line: number): readonly (readonly [unknown, unknown])[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (typeof value === 'number') return Array.from({ length: Math.min(value, MOST_STEPS) }, (_, index) => [index, index] as const);
  if (typeof value !== 'object') throw new TemplateError(`range can't iterate over ${printed(value)}`, line);
  return Object.keys(value)
    .sort()
    .map((key) => [key, (value as Record<string, unknown>)[key]] as const);
}

/** Throws a TemplateError with a line of the template. */
export function renderTemplate(text: string, data: unknown, functions: TemplateFunctions): string {
  const { nodes, named } = parseTemplate(text, (name) => functions[name] !== undefined || BUILTINS[name] !== undefined);
  return new Rendering(functions, named, data).all(nodes, data);
}
