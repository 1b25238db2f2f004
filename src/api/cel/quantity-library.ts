/** CEL's Kubernetes quantities: quantity(), isQuantity() and their methods. Mirrors apiserver v1.34 pkg/cel/library/quantity.go. */

import type { Environment } from '@marcbachmann/cel-js';
import { parseQuantity, QUANTITY_ERROR, type QuantityText } from '../quantity.ts';

const NANO = 1_000_000_000n;
/** What is wrong with a quantity of letters that occur in suffixes is their order. */
const KNOWN_LETTERS = /^[+-]?[0-9.]+[eEinumkKMGTP]*[-+]?[0-9]*$/;
const INT64_MAX = 9_223_372_036_854_775_807n;

export class CelQuantity {
  readonly nano: bigint;

  constructor(nano: bigint) {
    this.nano = nano;
  }

  static parse(text: QuantityText): CelQuantity {
    const parsed = parseQuantity(text);
    if (parsed === undefined) throw new Error(KNOWN_LETTERS.test(String(text)) ? "unable to parse quantity's suffix" : QUANTITY_ERROR);
    return new CelQuantity(parsed.nano);
  }

  /** What is larger was cut to the largest when it was read. */
  get isInteger(): boolean {
    const units = this.nano / NANO;
    return this.nano % NANO === 0n && units < INT64_MAX && units > -INT64_MAX;
  }
}

const compare = (a: CelQuantity, b: CelQuantity): bigint => (a.nano < b.nano ? -1n : a.nano > b.nano ? 1n : 0n);
const TYPE = 'kubernetes.Quantity';

export function registerQuantities(environment: Environment): void {
  environment
    .registerType(TYPE, { ctor: CelQuantity as never, fields: {} })
    .registerFunction(`quantity(string): ${TYPE}`, (text: string) => CelQuantity.parse(text))
    .registerFunction('isQuantity(string): bool', (text: string) => parseQuantity(text) !== undefined)
    .registerFunction(`${TYPE}.isInteger(): bool`, (q: CelQuantity) => q.isInteger)
    .registerFunction(`${TYPE}.asInteger(): int`, (q: CelQuantity) => {
      if (!q.isInteger) throw new Error('cannot convert value to integer');
      return q.nano / NANO;
    })
    .registerFunction(`${TYPE}.asApproximateFloat(): double`, (q: CelQuantity) => Number(q.nano) / 1e9)
    .registerFunction(`sign(${TYPE}): int`, (q: CelQuantity) => (q.nano < 0n ? -1n : q.nano > 0n ? 1n : 0n))
    .registerFunction(`${TYPE}.add(${TYPE}): ${TYPE}`, (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nano + b.nano))
    .registerFunction(`${TYPE}.add(int): ${TYPE}`, (a: CelQuantity, b: bigint) => new CelQuantity(a.nano + b * NANO))
    .registerFunction(`${TYPE}.sub(${TYPE}): ${TYPE}`, (a: CelQuantity, b: CelQuantity) => new CelQuantity(a.nano - b.nano))
    .registerFunction(`${TYPE}.sub(int): ${TYPE}`, (a: CelQuantity, b: bigint) => new CelQuantity(a.nano - b * NANO))
    .registerFunction(`${TYPE}.isGreaterThan(${TYPE}): bool`, (a: CelQuantity, b: CelQuantity) => a.nano > b.nano)
    .registerFunction(`${TYPE}.isLessThan(${TYPE}): bool`, (a: CelQuantity, b: CelQuantity) => a.nano < b.nano)
    .registerFunction(`${TYPE}.compareTo(${TYPE}): int`, compare)
    .registerOperator(`${TYPE} == ${TYPE}`, (a: CelQuantity, b: CelQuantity) => a.nano === b.nano);
}
