/** The size of a changed object, worked out from the version before, is the size of the whole. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateBytes, estimateBytesAfter } from '#api';

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.constant(undefined),
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 120 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'example.com/c', 'status', 'conditions'), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const text = fc.option(fc.string({ maxLength: 40 }), { nil: undefined });
const metadata = fc.record({
  name: text,
  namespace: fc.constant('default'),
  uid: fc.constant('0'),
  resourceVersion: fc.constant(''),
  generation: fc.option(fc.nat(), { nil: undefined }),
  deletionTimestamp: text,
  deletionGracePeriodSeconds: fc.option(fc.nat(), { nil: undefined }),
  labels: fc.option(fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 })), { nil: undefined }),
  finalizers: fc.option(fc.array(fc.string(), { maxLength: 2 }), { nil: undefined }),
});
const object = fc.record(
  { metadata, spec: fc.dictionary(fc.constantFrom('x', 'y'), json), status: json, data: json },
  { requiredKeys: ['metadata'] },
);

test('the size after a change', () => {
  fc.assert(
    fc.property(object, object, fc.boolean(), (previous, other, sharesSpec) => {
      const next = sharesSpec ? { ...other, spec: previous.spec } : other;
      expect(estimateBytesAfter(estimateBytes(previous), previous, next)).toBe(estimateBytes(next));
    }),
    { seed: 7, numRuns: 1000 },
  );
});

test('what is shared costs no look', () => {
  const spec = {
    get secret(): string {
      throw new Error('looked at');
    },
  };
  const previous = { metadata: { name: 'a' }, spec, status: { phase: 'Pending' } };
  expect(estimateBytesAfter(100, previous, { ...previous, status: { phase: 'Failed', reason: 'Evicted' } })).toBe(100 - 1 + 2 + 7);
});
