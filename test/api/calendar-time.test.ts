import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime, rfc3339, rfc3339Micro } from '#api';

describe('RFC 3339 without Date agrees with Date', () => {
  it('prints and parses', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000_000_000, max: 8_000_000_000 }), fc.integer({ min: 0, max: 999_999 }), (second, micro) => {
        const at = second * 1_000_000 + micro;
        const expected = new Date(second * 1000).toISOString();
        expect(rfc3339(at)).toBe(`${expected.slice(0, 19)}Z`);
        expect(rfc3339Micro(at)).toBe(`${expected.slice(0, 19)}.${String(micro).padStart(6, '0')}Z`);
        expect(parseTime(rfc3339Micro(at))).toBe(at);
      }),
      { seed: 42 },
    );
  });
  it('reads offsets and fractions', () => {
    expect(parseTime('2026-01-01T01:00:00+01:00')).toBe(parseTime('2026-01-01T00:00:00Z'));
    expect(parseTime('1970-01-01T00:00:00.000001999Z')).toBe(1);
  });
  it.each(['', '2026-13-01T00:00:00Z', '2026-01-01', '2026-01-01T00:00:00'])('%j is no time', (text) =>
    expect(parseTime(text)).toBeUndefined(),
  );
});
