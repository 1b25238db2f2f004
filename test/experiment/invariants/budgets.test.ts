/** C9: what evictions may take from a budget, for all that its controller may know. */

import { expect, it } from 'vitest';
import { historyOf, type Seen, violations } from '#experiment';

const SECOND = 1_000_000;
// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, only as far as invariants read them.
type Any = any;

let versions = 0;
const seen = (seconds: number, type: Seen['type'], resource: string, { metadata, ...rest }: Any): Seen => ({
  at: seconds * SECOND,
  type,
  resource,
  object: {
    ...rest,
    metadata: { namespace: 'default', uid: metadata.name, creationTimestamp: 't', ...metadata, resourceVersion: String(++versions) },
  },
});
const pod = (name: string, isReady: boolean, more: Any = {}): Any => ({
  metadata: { name, labels: { app: 'a' }, ...more.metadata },
  spec: { containers: [], nodeName: 'n' },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }, ...(more.conditions ?? [])] },
});
const evicted = (name: string, more: Any = {}): Any =>
  pod(name, true, { ...more, conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] });
const budget = (status: Any): Any => ({ metadata: { name: 'b' }, spec: { selector: { matchLabels: { app: 'a' } } }, status });
const BUDGETS = 'poddisruptionbudgets.policy';
const three = () => ['a', 'b', 'c'].map((name) => seen(1, 'add', 'pods', pod(name, true)));
const counted = (desiredHealthy: number, currentHealthy = 3, at = 2) =>
  seen(
    at,
    at === 2 ? 'add' : 'update',
    BUDGETS,
    budget({ disruptionsAllowed: currentHealthy - desiredHealthy, currentHealthy, desiredHealthy }),
  );
const taken = (desiredHealthy: number, at: number) =>
  seen(at, 'update', BUDGETS, budget({ disruptionsAllowed: 0, currentHealthy: 3, desiredHealthy, disruptedPods: { a: 't' } }));
const found = (...history: readonly Seen[]): readonly string[] =>
  violations(historyOf(history, 60 * SECOND)).flatMap(({ id, message }) => (id === 'C9' ? [message] : []));

it('lets go what is allowed', () => {
  expect(found(...three(), counted(2), taken(2, 3), seen(4, 'update', 'pods', evicted('a')))).toEqual([]);
});

it('sees a pod for which the budget had no room, asked or not', () => {
  const without = 'was evicted: budget default/b has 2 healthy pods left of 3';
  expect(found(...three(), counted(3), taken(3, 3))).toEqual([`pod a ${without}`]);
  expect(found(...three(), counted(3), seen(4, 'update', 'pods', evicted('a')))).toEqual([`pod default/a ${without}`]);
});

it('counts pods of whose end the controller may not know yet, for ten seconds before its last word and ever after', () => {
  const lost = (at: number) => seen(at, 'update', 'pods', pod('b', false));
  expect(found(...three(), counted(2), lost(30), taken(2, 40))).toEqual([]);
  expect(found(...three(), counted(2), lost(5), counted(2, 3, 30), taken(2, 40))).toEqual([
    'pod a was evicted: budget default/b has 1 healthy pods left of 2',
  ]);
});

it('asks no budget for a pod that goes anyway', () => {
  const going = { metadata: { deletionTimestamp: 't' } };
  const history = [
    ...three(),
    counted(3),
    seen(3, 'update', 'pods', pod('a', true, going)),
    seen(4, 'update', 'pods', evicted('a', going)),
  ];
  expect(found(...history)).toEqual([]);
});

it('holds a pod that was granted to what the budget asked for then', () => {
  expect(found(...three(), counted(2), taken(2, 3), counted(3, 3, 4), seen(5, 'update', 'pods', evicted('a')))).toEqual([]);
});
