import { expect, it } from 'vitest';
import { Expectations } from '#client';
import { MINUTE } from '#sim';

it('is satisfied when all that was asked for was seen', () => {
  const expectations = new Expectations();
  expect(expectations.satisfied('rs', 0)).toBe(true);
  expectations.expect('rs', 2, [], 0);
  expectations.creationObserved('rs');
  expect(expectations.satisfied('rs', 1)).toBe(false);
  expectations.creationObserved('rs');
  expect(expectations.satisfied('rs', 1)).toBe(true);
  // What nobody asked for must not be credited to what comes next.
  expectations.creationObserved('rs');
  expectations.expect('rs', 1, [], 2);
  expect(expectations.satisfied('rs', 2)).toBe(false);
});

it('counts each deletion once, by key', () => {
  const expectations = new Expectations();
  expectations.expect('rs', 0, ['ns/a', 'ns/b'], 0);
  expectations.deletionObserved('rs', 'ns/a');
  expectations.deletionObserved('rs', 'ns/a');
  expect(expectations.satisfied('rs', 0)).toBe(false);
  expectations.deletionObserved('rs', 'ns/b');
  expect(expectations.satisfied('rs', 0)).toBe(true);
});

it('gives up after five minutes', () => {
  const expectations = new Expectations();
  expectations.expect('rs', 1, [], 0);
  expect(expectations.satisfied('rs', 5 * MINUTE)).toBe(false);
  expect(expectations.satisfied('rs', 5 * MINUTE + 1)).toBe(true);
});
