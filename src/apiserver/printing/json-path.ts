/** The paths of printer columns, scale subresources and selectable fields ('.spec.replicas', '.status.conditions[?(@.type=="Ready")].status').
 *  Mirrors client-go v1.34 util/jsonpath for what apiextensions lets through: fields, indexes, slices, wildcards, filters, recursive descent. */

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | {
      readonly kind: 'slice';
      readonly from: number | undefined;
      readonly to: number | undefined;
      readonly by: number;
      readonly single: boolean;
    }
  | { readonly kind: 'filter'; readonly left: readonly Step[]; readonly operator: string; readonly right: unknown };

export type JsonPath = readonly Step[];

const FILTER = /^\?\(\s*@([^=!<>\s]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)$/;

function literal(text: string): unknown {
  const quoted = /^(["'])(.*)\1$/.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isNaN(number) ? undefined : number;
}

function bracketStep(inside: string): Step | undefined {
  const quoted = /^(["'])(.*)\1$/.exec(inside);
  if (quoted !== null) return { kind: 'field', name: quoted[2] as string };
  if (inside === '*') return { kind: 'all' };
  if (/^-?\d+$/.test(inside)) return { kind: 'slice', from: Number(inside), to: undefined, by: 1, single: true };
  const slice = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(inside);
  if (slice !== null) {
    const [, from, to, by] = slice;
    const number = (text: string | undefined): number | undefined => (text ? Number(text) : undefined);
    return { kind: 'slice', from: number(from), to: number(to), by: number(by) ?? 1, single: false };
  }
  const filter = FILTER.exec(inside);
  const left = filter === null ? undefined : parseJsonPath(filter[1] as string);
  if (filter === null || left === undefined) return undefined;
  return { kind: 'filter', left, operator: filter[2] ?? 'exists', right: literal(filter[3] ?? '') };
}

/** Where the bracket that opens at `start` closes; quotes and inner brackets are jumped over. */
function closing(text: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let i = start; i < text.length; i++) {
    const letter = text[i] as string;
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '[') depth++;
    else if (letter === ']' && --depth === 0) return i;
  }
  return -1;
}

/** The path, or undefined when it is none. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === '[') {
      const end = closing(text, at);
      const step = end < 0 ? undefined : bracketStep(text.slice(at + 1, end).trim());
      if (step === undefined) return undefined;
      steps.push(step);
      at = end + 1;
      continue;
    }
    if (text[at] !== '.') return undefined;
    at++;
    if (text[at] === '.') {
      steps.push({ kind: 'descend' });
      at++;
    }
    if (text[at] === '[' || at === text.length) continue;
    // A dot in a name is written '\.'.
    const name = /^(?:\\.|[^.[\\])+/.exec(text.slice(at))?.[0];
    if (name === undefined) return undefined;
    steps.push(name === '*' ? { kind: 'all' } : { kind: 'field', name: name.replace(/\\(.)/g, '$1') });
    at += name.length;
  }
  return steps;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const childrenOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : isMap(value) ? Object.values(value) : []);

const descendants = (value: unknown): unknown[] => [value, ...childrenOf(value).flatMap(descendants)];

function passes(value: unknown, { left, operator, right }: Extract<Step, { kind: 'filter' }>): boolean {
  const found = findAll(left, value);
  if (operator === 'exists') return found.length > 0;
  const [actual] = found;
  if (found.length !== 1 || actual === undefined) return false;
  const [a, b] = typeof actual === 'number' ? [actual, Number(right)] : [String(actual), String(right)];
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

function sliceOf(list: readonly unknown[], { from, to, by, single }: Extract<Step, { kind: 'slice' }>): readonly unknown[] {
  const place = (index: number): number => (index < 0 ? index + list.length : index);
  const start = place(from ?? 0);
  if (single) return start >= 0 && start < list.length ? [list[start]] : [];
  return list.slice(Math.max(0, start), to === undefined ? list.length : Math.max(0, place(to))).filter((_, i) => i % by === 0);
}

function follow(step: Step, value: unknown): readonly unknown[] {
  switch (step.kind) {
    case 'field':
      return isMap(value) && value[step.name] !== undefined ? [value[step.name]] : [];
    case 'all':
      return childrenOf(value);
    case 'descend':
      return descendants(value);
    case 'slice':
      return Array.isArray(value) ? sliceOf(value, step) : [];
    case 'filter':
      return childrenOf(value).filter((child) => passes(child, step));
  }
}

/** Everything that the path leads to. */
export const findAll = (path: JsonPath, value: unknown): readonly unknown[] =>
  path.reduce<readonly unknown[]>((found, step) => found.flatMap((one) => follow(step, one)), [value]);
