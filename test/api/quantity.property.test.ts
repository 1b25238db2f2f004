/** Quantities: what any of them, however written, must obey. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareQuantities, formatQuantity, parseQuantity, quantityMilliValue, quantityValue } from '#api';

const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2');
const quantity = fc
  .tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat(999), suffix)
  .map(([whole, fraction, unit]) => `${whole}${fraction === 0 ? '' : `.${fraction}`}${unit}`);
const nano = (text: string): bigint => (parseQuantity(text) as { nano: bigint }).nano;

it('is the same amount after it was printed, and is printed the same again', () => {
  fc.assert(
    fc.property(quantity, (text) => {
      const printed = formatQuantity(parseQuantity(text) as NonNullable<ReturnType<typeof parseQuantity>>);
      // Of bytes and other binary amounts only whole ones are printed, rounded away from zero.
      const off = nano(printed) - nano(text);
      if (text.includes('i')) expect(off < 1_000_000_000n && off > -1_000_000_000n && off * nano(text) >= 0n).toBe(true);
      else expect(off).toBe(0n);
      // A binary amount that no power of 1024 divides has no suffix, and is read again as a decimal one.
      if (text.includes('i') && !printed.includes('i')) return;
      expect(formatQuantity(parseQuantity(printed) as NonNullable<ReturnType<typeof parseQuantity>>)).toBe(printed);
    }),
  );
});

it('orders as the amounts do, and rounds up to whole units and to thousandths', () => {
  fc.assert(
    fc.property(quantity, quantity, (a, b) => {
      expect(Math.sign(compareQuantities(a, b))).toBe(nano(a) < nano(b) ? -1 : nano(a) > nano(b) ? 1 : 0);
      expect(compareQuantities(a, b)).toBe(-compareQuantities(b, a) + 0);
      const up = (unit: bigint): bigint => nano(a) / unit + (nano(a) > 0n && nano(a) % unit !== 0n ? 1n : 0n);
      if (nano(a) >= 0n) {
        if (up(1_000_000_000n) <= BigInt(Number.MAX_SAFE_INTEGER)) expect(BigInt(quantityValue(a))).toBe(up(1_000_000_000n));
        if (up(1_000_000n) <= BigInt(Number.MAX_SAFE_INTEGER)) expect(BigInt(quantityMilliValue(a))).toBe(up(1_000_000n));
      }
    }),
  );
});

it('takes any text without throwing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789.+-eEKiMm') })), (text) => void parseQuantity(text)),
  );
});
