import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareQuantities, formatQuantity, parseQuantity, quantityMilliValue, quantityValue } from '#api';

const canonical = (text: string | number): string | undefined => {
  const quantity = parseQuantity(text);
  return quantity === undefined ? undefined : formatQuantity(quantity);
};

describe('quantities (apimachinery pkg/api/resource/quantity_test.go)', () => {
  it.each([
    ['0', '0'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['12E0', '12'],
    ['.05', '50m'],
    ['1000000', '1M'],
    ['-2Ki', '-2Ki'],
    ['0.0000000001', '1n'],
  ])('%s is canonically %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });

  it.each(['', ' 1', '1 ', '1Kii', 'Ki', '--1', '1.2.3', '0x10', 'NaN', 'Infinity', '1e9999', '1MiB'])('%j is no quantity', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  it('rounds up to units and milli-units', () => {
    expect(quantityValue('100m')).toBe(1);
    expect(quantityMilliValue('1.5')).toBe(1500);
    expect(quantityMilliValue('1n')).toBe(1);
    expect(quantityValue('4Gi')).toBe(4 * 1024 * 1024 * 1024);
  });

  it('caps at 2^63-1 units', () => {
    expect(parseQuantity('99999999999E')?.nano).toBe(9_223_372_036_854_775_807n * 1_000_000_000n);
  });

  it('printing keeps the amount', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e3', 'e-3'),
        (amount, suffix) => {
          const text = `${amount}${suffix}`;
          return compareQuantities(text, canonical(text) as string) === 0;
        },
      ),
      { seed: 42 },
    );
  });
});
