/** The part of Go templates that scheduler_perf's files use: {{.Index}}, {{.Count}}, arithmetic functions over them, parentheses, and nothing else.
 *  Mirrors kubernetes v1.36 test/integration/scheduler_perf/operations.go (getSpecFromTextTemplateFile and its FuncMap). */

import { parse } from 'yaml';
import { UserError } from '../user-error.ts';

export interface Template {
  readonly file: string;
  readonly text: string;
  /** Whether it differs from one object to the next. */
  readonly varies: boolean;
}

export const templateOf = (file: string, text: string): Template => ({ file, text, varies: text.includes('{{') });

interface Scope {
  readonly Index: number;
  readonly Count: number;
}

const FUNCTIONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  AddInt: (a, b) => a + b,
  AddFloat: (a, b) => a + b,
  SubtractInt: (a, b) => a - b,
  SubtractFloat: (a, b) => a - b,
  MultiplyInt: (a, b) => a * b,
  MultiplyFloat: (a, b) => a * b,
  DivideInt: (a, b) => Math.trunc(a / b),
  DivideFloat: (a, b) => a / b,
  Mod: (a, b) => a % b,
};

// Objects of one text are one object: replicas share their spec.
const parsed = new Map<string, unknown>();

/** The object of one index: plain JSON, shared by all indexes whose text is the same. */
export function render(template: Template, index: number, count: number): unknown {
  const text = template.varies
    ? template.text.replace(/\{\{-?\s*(.*?)\s*-?\}\}/gs, (_all, expression: string) =>
        evaluate(expression, { Index: index, Count: count }, template.file),
      )
    : template.text;
  let value = parsed.get(text);
  if (value === undefined) {
    try {
      value = parse(text) as unknown;
    } catch (error) {
      throw UserError.at({ file: template.file }, `cannot be parsed as YAML: ${(error as Error).message.split('\n')[0]}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value) || typeof (value as { kind?: unknown }).kind !== 'string')
      throw UserError.at({ file: template.file }, "expected a Kubernetes object: a map with 'apiVersion' and 'kind'");
    if (parsed.size > 5000) parsed.clear();
    parsed.set(text, value);
  }
  return value;
}

/** html/template escapes what it prints: numbers need none. */
function evaluate(expression: string, scope: Scope, file: string): string {
  const tokens = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const refuse = (what: string): never => {
    throw UserError.at({ file }, `{{${expression}}}: ${what}`);
  };
  const operand = (): number => {
    const token = tokens[at++];
    if (token === undefined) return refuse('ends too early');
    if (token === '(') {
      const value = call();
      if (tokens[at++] !== ')') refuse("expected ')'");
      return value;
    }
    if (token === '.Index') return scope.Index;
    if (token === '.Count') return scope.Count;
    const number = Number(token);
    return Number.isNaN(number) ? refuse(`'${token}' is unknown`) : number;
  };
  const call = (): number => {
    const name = tokens[at];
    const apply = name === undefined ? undefined : FUNCTIONS[name];
    if (apply === undefined) return operand();
    at++;
    return apply(operand(), operand());
  };
  const value = call();
  if (at < tokens.length) refuse(`'${tokens[at]}' is unexpected`);
  return String(value);
}
