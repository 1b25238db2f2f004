/** Counts kept from events are the counts of the pods that are there. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pod } from '#api';
import type { InformerEvent } from '#client';
import { isPodActive, isPodReady } from '../../src/controllers/pod-state.ts';
import { PodTally } from '../../src/controllers/pod-tally.ts';

const LABELS = [{ app: 'a' }, { app: 'a' }] as const;
const owner = (uid: string) => [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: uid, uid, controller: true }];

const step = fc.record({
  pod: fc.integer({ min: 0, max: 5 }),
  isDeleted: fc.boolean(),
  owner: fc.constantFrom('x', 'y', undefined),
  phase: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed'),
  ready: fc.constantFrom('True', 'False'),
  isDying: fc.boolean(),
});

test('after any history of events', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tally = new PodTally();
      const pods = new Map<string, Pod>();
      for (const { pod, isDeleted, owner: uid, phase, ready, isDying } of steps) {
        const key = `default/p${pod}`;
        const previous = pods.get(key);
        if (isDeleted) {
          if (previous === undefined) continue;
          pods.delete(key);
          // The last state comes with the deletion, and may be newer than what was known.
          tally.observe({ type: 'delete', key, object: previous, previous } as InformerEvent);
          continue;
        }
        const object = {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: {
            name: `p${pod}`,
            labels: LABELS[0],
            ownerReferences: uid === undefined ? undefined : owner(uid),
            deletionTimestamp: isDying ? '2026-01-01T00:00:00Z' : undefined,
          },
          status: { phase, conditions: [{ type: 'Ready', status: ready }] },
        } as Pod;
        pods.set(key, object);
        tally.observe({ type: previous === undefined ? 'add' : 'update', key, object, previous } as InformerEvent);
      }
      for (const uid of ['x', 'y']) {
        const own = [...pods.values()].filter((pod) => pod.metadata?.ownerReferences?.[0]?.uid === uid);
        if (own.length === 0) continue;
        const active = own.filter(isPodActive);
        expect(tally.of(uid, own.length)).toMatchObject({
          owned: own.length,
          active: active.length,
          ready: active.filter(isPodReady).length,
        });
        expect(tally.of(uid, own.length + 1)).toBeUndefined();
      }
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('pods whose labels differ are not told by counts', () => {
  const tally = new PodTally();
  const add = (name: string, labels: object): void =>
    tally.observe({ type: 'add', key: name, object: { metadata: { name, labels, ownerReferences: owner('x') } } } as InformerEvent);
  add('a', LABELS[0]);
  expect(tally.of('x', 1)).toBeDefined();
  add('b', LABELS[1]);
  expect(tally.of('x', 2)).toBeUndefined();
});
