/** CEL's functions on lists that Kubernetes adds: isSorted(), sum(), min(), max(), indexOf() and lastIndexOf(). Mirrors apiserver v1.34
 *  pkg/cel/library/lists.go. */

import type { Environment } from '@marcbachmann/cel-js';

type Ordered = bigint | number | string | boolean;
type List = readonly Ordered[];

const ORDERED = ['int', 'double', 'string', 'bool'] as const;

function isSorted(list: List): boolean {
  return list.every((one, i) => i === 0 || (list[i - 1] as Ordered) <= one);
}

function extreme(list: List, name: 'min' | 'max'): Ordered {
  let [best] = list;
  if (best === undefined) throw new Error(`${name} called on empty list`);
  for (const one of list) if (name === 'min' ? one < best : one > best) best = one;
  return best;
}

const indexOf = (list: List, wanted: Ordered): bigint => BigInt(list.indexOf(wanted));
const lastIndexOf = (list: List, wanted: Ordered): bigint => BigInt(list.lastIndexOf(wanted));

export function registerLists(environment: Environment): void {
  environment.registerFunction('list<int>.sum(): int', (list: readonly bigint[]) => list.reduce((sum, one) => sum + one, 0n));
  environment.registerFunction('list<double>.sum(): double', (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0));
  for (const type of ORDERED)
    environment
      .registerFunction(`list<${type}>.isSorted(): bool`, isSorted)
      .registerFunction(`list<${type}>.min(): ${type}`, (list: List) => extreme(list, 'min'))
      .registerFunction(`list<${type}>.max(): ${type}`, (list: List) => extreme(list, 'max'))
      .registerFunction(`list<${type}>.indexOf(${type}): int`, indexOf)
      .registerFunction(`list<${type}>.lastIndexOf(${type}): int`, lastIndexOf);
}
