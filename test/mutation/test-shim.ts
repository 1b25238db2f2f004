/** What the tests of core files use of vitest, without its threads: tests are collected here and `runner.ts` runs them. */

import { readFileSync } from 'node:fs';
import { expect as real, vi } from 'vitest';

type Body = () => unknown;

export interface CollectedTest {
  readonly name: string;
  readonly before: readonly Body[];
  readonly run: Body;
  readonly after: readonly Body[];
}

interface Scope {
  readonly names: readonly string[];
  readonly before: Body[];
  readonly after: Body[];
}

let collected: CollectedTest[] = [];
let scope: Scope = { names: [], before: [], after: [] };

/** The tests that were declared since the last call. */
export function takeCollected(): readonly CollectedTest[] {
  const all = collected;
  collected = [];
  scope = { names: [], before: [], after: [] };
  return all;
}

function declare(name: string, run: Body): void {
  const all = [...scope.names, name].join(' > ');
  const twins = collected.filter((one) => one.name === all || one.name.startsWith(`${all} #`)).length;
  collected.push({ name: twins === 0 ? all : `${all} #${twins}`, before: scope.before, run, after: scope.after });
}

function group(name: string, body: Body): void {
  const outer = scope;
  scope = { names: [...outer.names, name], before: [...outer.before], after: [...outer.after] };
  body();
  scope = outer;
}

const each =
  (one: (name: string, body: Body) => void) =>
  (rows: readonly unknown[]) =>
  (name: string, body: (...values: unknown[]) => unknown): void => {
    rows.forEach((row, i) => one(`${name} #${i}`, () => (Array.isArray(row) ? body(...row) : body(row))));
  };

const nothing = (): void => undefined;
const withOptions = (one: (name: string, body: Body) => void) =>
  Object.assign(one, {
    each: each(one),
    skip: nothing,
    skipIf: (condition: unknown) => (condition ? nothing : one),
    runIf: (condition: unknown) => (condition ? one : nothing),
  });

export const test = withOptions(declare);
export const it = test;
export const describe = withOptions(group);
export const beforeEach = (body: Body): unknown => scope.before.push(body);
export const afterEach = (body: Body): unknown => scope.after.push(body);

/** vitest's own, but for transcripts: those are compared with the file, and never written. */
export const expect = new Proxy(real, {
  apply(_target, _self, [value, message]: [unknown, string?]) {
    const assertion = real(value, message);
    const toMatchFileSnapshot = (file: string): void => real(value).toBe(readFileSync(file, 'utf8'));
    Object.defineProperty(assertion, 'toMatchFileSnapshot', { value: toMatchFileSnapshot });
    return assertion;
  },
});

export { vi };
