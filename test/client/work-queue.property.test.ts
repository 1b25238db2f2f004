/** The work queue under any order of calls: a key is with one worker at a time, none that was added is lost, and none is there twice. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WorkQueue } from '#client';

const key = fc.constantFrom('a', 'b', 'c', 'd');
const step = fc.oneof(
  fc.record({ call: fc.constantFrom('add' as const, 'retry' as const), key, after: fc.nat(50_000) }),
  fc.record({ call: fc.constantFrom('get' as const, 'done' as const, 'pass' as const), key, after: fc.nat(50_000) }),
);

it('loses no key and gives none to two', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new WorkQueue('q');
      const inHand = new Set<string>();
      /** How often it was asked for and taken; and when last, by the number of the step. */
      const asked = new Map<string, { times: number; last: number }>();
      const taken = new Map<string, { times: number; last: number }>();
      const note = (of: typeof asked, one: string): void => void of.set(one, { times: (of.get(one)?.times ?? 0) + 1, last: at });
      let at = 0;
      let now = 0;
      const take = (): boolean => {
        const got = queue.get(now);
        if (got === undefined) return false;
        expect(inHand.has(got), `${got} is with a worker`).toBe(false);
        note(taken, got);
        expect(taken.get(got)?.times).toBeLessThanOrEqual(asked.get(got)?.times ?? 0);
        inHand.add(got);
        return true;
      };
      for (const { call, key: one, after } of steps) {
        at += 1;
        if (call === 'add') queue.add(one, now);
        else if (call === 'retry') queue.addAfter(one, after, now);
        if (call === 'add' || call === 'retry') note(asked, one);
        if (call === 'get') take();
        if (call === 'done' && inHand.delete(one)) queue.done(one, now);
        if (call === 'pass') now += after;
        queue.advance(now);
      }
      at += 1;
      for (const one of inHand) queue.done(one, now);
      inHand.clear();
      queue.advance(now + 1_000_000);
      now += 1_000_000;
      while (take()) {
        const [last] = [...inHand];
        queue.done(last as string, now);
        inHand.clear();
      }
      for (const [one, { last }] of asked) expect(taken.get(one)?.last, `${one} was taken after it was last added`).toBeGreaterThan(last);
      expect(queue.isEmpty).toBe(true);
    }),
  );
});
