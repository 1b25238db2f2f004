/** Numbers as the report writes them. */
import { expect, it } from 'vitest';
import { bytesText, measureText, numberText, secondsText } from '../../src/report/number-text.ts';

it.each([
  [0, '0'],
  [1234567, '1,234,567'],
  [-1234.4, '−1,234'],
  [99.951, '100'],
  [12.345, '12.3'],
  [0.12345, '0.123'],
  [0.00001234, '1.2e-5'],
  [null, '–'],
  [Number.NaN, '–'],
  [Number.POSITIVE_INFINITY, '∞'],
])('%s is %s', (value, text) => expect(numberText(value)).toBe(text));

it.each([
  [0.5, '0.5 s'],
  [89.94, '89.9 s'],
  [120, '2 min'],
  [725, '12 min 5 s'],
  [5400, '1 h 30 min'],
  [7200, '2 h'],
])('%s seconds are %s', (value, text) => expect(secondsText(value)).toBe(text));

it('says bytes in powers of 1,024', () => expect([bytesText(512), bytesText(612e6)]).toEqual(['512 bytes', '584 MiB']));

it('says shares in percent and other units behind the number', () => {
  expect([measureText(0.99948, 'share'), measureText(412.2, 'ms'), measureText(null, 's')]).toEqual(['99.948 %', '412 ms', '–']);
  // As much as it takes to tell them from their limits.
  expect([0.000058, 0.999942, 0.0005, 0.31849, 0, 1].map((share) => measureText(share, 'share'))).toEqual([
    '0.0058 %',
    '99.9942 %',
    '0.05 %',
    '31.85 %',
    '0 %',
    '100 %',
  ]);
});
