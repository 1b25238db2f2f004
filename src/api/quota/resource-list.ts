/** Arithmetic on lists of quantities by name, exactly. Mirrors apiserver v1.34 pkg/quota/v1/resources.go. */

import { formatQuantity, parseQuantity, type Quantity, type QuantityText } from '../quantity.ts';

/** v1.ResourceList as the wire has it. */
export type ResourceList = Readonly<Record<string, QuantityText>>;

const ZERO: Quantity = { nano: 0n, format: 'DecimalSI' };
const read = (text: QuantityText | undefined): Quantity => (text === undefined ? ZERO : (parseQuantity(text) ?? ZERO));
/** A sum keeps the format of its first part that is not zero (Quantity.Add). */
const sumOf = (a: Quantity, b: Quantity, sign: 1n | -1n): Quantity => ({
  nano: a.nano + sign * b.nano,
  format: a.nano === 0n ? b.format : a.format,
});

function combine(a: ResourceList, b: ResourceList, sign: 1n | -1n): ResourceList {
  const result: Record<string, QuantityText> = {};
  for (const name in a) result[name] = formatQuantity(b[name] === undefined ? read(a[name]) : sumOf(read(a[name]), read(b[name]), sign));
  for (const name in b) if (!Object.hasOwn(a, name)) result[name] = formatQuantity(sumOf(ZERO, read(b[name]), sign));
  return result;
}

export const addLists = (a: ResourceList, b: ResourceList): ResourceList => combine(a, b, 1n);
export const subtractLists = (a: ResourceList, b: ResourceList): ResourceList => combine(a, b, -1n);

/** Only what `names` has. */
export function maskList(list: ResourceList, names: Iterable<string>): ResourceList {
  const result: Record<string, QuantityText> = {};
  for (const name of names) {
    const amount = list[name];
    if (amount !== undefined) result[name] = amount;
  }
  return result;
}

/** The names whose amount in `a` is above that in `b`; names that `b` lacks do not count. */
export function above(a: ResourceList, b: ResourceList): string[] {
  const names: string[] = [];
  for (const name in b) if (a[name] !== undefined && read(a[name]).nano > read(b[name]).nano) names.push(name);
  return names;
}

export const isPositive = (amount: QuantityText | undefined): boolean => read(amount).nano > 0n;
export const isZeroList = (list: ResourceList): boolean => Object.values(list).every((amount) => read(amount).nano === 0n);

export function sameList(a: ResourceList | undefined, b: ResourceList | undefined): boolean {
  const names = Object.keys(a ?? {});
  if (names.length !== Object.keys(b ?? {}).length) return false;
  return names.every((name) => b?.[name] !== undefined && read(a?.[name]).nano === read(b[name]).nano);
}

/** `cpu=1,pods=2`, by name. */
export const listText = (list: ResourceList): string =>
  Object.keys(list)
    .sort()
    .map((name) => `${name}=${formatQuantity(read(list[name]))}`)
    .join(',');
