/** `--set path=value`: overlays one value on a scenario before it is judged. `cluster.nodes[0].count=500`, `faults=[]`, `faults[+]={...}`, `seed=7`. Values are YAML. */

import { parse } from 'yaml';
import { printable, UserError } from './user-error.ts';

/** One behind the last of a list, whatever its length: [+]. */
export const APPEND = Number.MAX_SAFE_INTEGER;

/** The keys and indexes of `path=value`: 'a.b[0].c' gives a, b, 0, c. */
export function stepsOf(assignment: string): readonly (string | number)[] {
  const equals = assignment.indexOf('=');
  if (equals <= 0) throw UserError.at({}, `--set ${printable(assignment)}: expected path=value, such as --set cluster.nodes[0].count=500`);
  const path = assignment.slice(0, equals);
  const steps = [...path.matchAll(/([^.[\]]+)|\[(\d+|\+)\]/g)].map((found) =>
    found[2] === undefined ? (found[1] as string) : found[2] === '+' ? APPEND : Number(found[2]),
  );
  const wellFormed = /^[^.[\]]+(\.[^.[\]]+|\[(\d+|\+)\])*$/.test(path);
  if (!wellFormed || steps.some((step) => step === '__proto__' || step === 'constructor' || step === 'prototype'))
    throw UserError.at({}, `--set ${printable(assignment)}: '${printable(path)}' is no path`);
  return steps;
}

/** A copy of `root` with the value set. Maps on the way are made, and lists of one entry; other list entries must exist; [+] adds one at the end. */
export function setPath(root: unknown, assignment: string): unknown {
  const steps = stepsOf(assignment);
  const equals = assignment.indexOf('=');
  const path = assignment.slice(0, equals);
  let value: unknown;
  try {
    value = parse(assignment.slice(equals + 1), { maxAliasCount: 0 });
  } catch (error) {
    throw UserError.at({}, `--set ${path}: the value cannot be parsed: ${(error as Error).message.split('\n')[0]}`);
  }
  return put(root, steps, value, path);
}

function put(node: unknown, steps: readonly (string | number)[], value: unknown, path: string): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(node)) {
    if (step === APPEND) return [...(node as unknown[]), put(undefined, rest, value, path)];
    const index = Number(step);
    if (!Number.isInteger(index) || index < 0 || index >= node.length)
      throw UserError.at({}, `--set ${path}: the list has ${node.length} entries, no [${step}]`);
    return node.map((item: unknown, at) => (at === index ? put(item, rest, value, path) : item));
  }
  if (node !== undefined && node !== null && typeof node !== 'object')
    throw UserError.at({}, `--set ${path}: '${step}' is inside a plain value`);
  if ((step === 0 || step === APPEND) && (node === undefined || node === null)) return [put(undefined, rest, value, path)];
  if (typeof step === 'number') throw UserError.at({}, `--set ${path}: there is no list to index with [${step}]`);
  const map = (node ?? {}) as Record<string, unknown>;
  return { ...map, [step]: put(map[step], rest, value, path) };
}
