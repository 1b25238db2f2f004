/** Selectors: what a text means is what its conditions mean one by one, and each operator is the opposite of another. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesSelector, parseLabelSelector, SelectorError } from '#api';

const name = fc.constantFrom('app', 'tier', 'example.com/zone', 'constructor');
const value = fc.constantFrom('a', 'b', 'c', '');
const labels = fc.dictionary(name, value);
const written = fc.oneof(
  name,
  name.map((key) => `!${key}`),
  fc.tuple(name, fc.constantFrom('=', '==', '!='), value).map((parts) => parts.join('')),
  fc
    .tuple(name, fc.constantFrom(' in ', ' notin '), fc.uniqueArray(value, { minLength: 1 }))
    .map(([key, operator, values]) => `${key}${operator}(${values.join(',')})`),
);
const holds = (text: string, of: Record<string, string>): boolean => matchesSelector(parseLabelSelector(text), of);

it('holds when each of its conditions does, in any order', () => {
  fc.assert(
    fc.property(fc.array(written, { maxLength: 4 }), labels, (all, of) => {
      const each = all.every((one) => holds(one, of));
      expect(holds(all.join(','), of)).toBe(each);
      expect(holds([...all].reverse().join(' , '), of)).toBe(each);
    }),
  );
});

it('is the opposite of its opposite', () => {
  fc.assert(
    fc.property(name, fc.uniqueArray(value, { minLength: 1 }), labels, (key, values, of) => {
      const list = `(${values.join(',')})`;
      expect(holds(`${key} in ${list}`, of)).toBe(!holds(`${key} notin ${list}`, of));
      expect(holds(key, of)).toBe(!holds(`!${key}`, of));
      expect(holds(`${key}=${values[0]}`, of)).toBe(!holds(`${key}!=${values[0]}`, of));
      if (holds(`${key} in ${list}`, of)) expect(holds(key, of)).toBe(true);
    }),
  );
});

it('answers any text with a selector or a SelectorError', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab/.-_ ,!=()<>in\u0000') }), (text) => {
      try {
        parseLabelSelector(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SelectorError);
      }
    }),
  );
});
