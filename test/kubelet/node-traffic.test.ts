/** What requests find at a pod: nobody before it runs and warms up, answers while it runs and during preStop, nobody after SIGTERM, and slowness where CPU lacks. */

import { describe, expect, test } from 'vitest';
import type { TrafficAnswer, TrafficBatch } from '#network';
import type { Context } from '#sim';
import { type Action, add, container, pod, runNode } from './one-node.ts';

const ADDRESS = '10.0.0.2';

/** A batch of requests each second from `from` to `to`, and how many of each were refused, answered, and how late on average. */
function ask(
  from: number,
  to: number,
  count: number,
  address = ADDRESS,
): { actions: Action[]; answers: Map<number, { refused: number; answered: number; mean: number }> } {
  const answers = new Map<number, { refused: number; answered: number; mean: number }>();
  const actions: Action[] = [];
  for (let second = from; second < to; second++) {
    actions.push([
      second,
      (api, ctx: Context) => {
        const batch: TrafficBatch = { kind: 'TrafficBatch', id: second, span: 1_000_000, calls: [{ address, count }] };
        ctx.send(1, batch);
        api.other = (message) => {
          if (message.kind !== 'TrafficAnswer') return;
          const { id, outcomes } = message as TrafficAnswer;
          const { refused = 0, answered = [] } = outcomes[0] ?? {};
          const total = answered.reduce((sum, [, times]) => sum + times, 0);
          const mean = answered.reduce((sum, [duration, times]) => sum + duration * times, 0) / Math.max(1, total);
          answers.set(id, { refused, answered: total, mean: mean / 1000 });
        };
      },
    ]);
  }
  return { actions, answers };
}
const behaviour = (what: object): Record<string, string> => ({ 'wavetank.dev/behaviour': JSON.stringify(what) });
const web = (resources: object = {}) => [container('web', { resources, lifecycle: { preStop: { sleep: { seconds: 5 } } } } as never)];

describe('requests to a pod', () => {
  test('are refused before it runs and warms up, answered until SIGTERM comes after preStop, and refused again', () => {
    const { actions, answers } = ask(1, 25, 10);
    const made = pod('a', { containers: web() }, behaviour({ readyAfterSeconds: 4, stopSeconds: 6 }));
    runNode(30, [[2, add(made)], ...actions, [12, (api, ctx) => api.deletePod('default/a', 30, ctx)]]);
    const served = [...answers].filter(([, { answered }]) => answered === 10).map(([second]) => second);
    const refused = [...answers].filter(([, one]) => one.refused === 10).map(([second]) => second);
    expect([...served, ...refused].length).toBe(24);
    expect(served[0]).toBe(7);
    expect(served.at(-1)).toBe(16);
    expect(served.length).toBe(10);
  });

  test('those that go on listening after SIGTERM answer until they end', () => {
    const { actions, answers } = ask(1, 25, 10);
    const made = pod('a', { containers: web() }, behaviour({ stopSeconds: 4, servesAfterTerm: true }));
    runNode(30, [[2, add(made)], ...actions, [12, (api, ctx) => api.deletePod('default/a', 30, ctx)]]);
    expect([...answers].filter(([, { answered }]) => answered > 0).at(-1)?.[0]).toBe(21);
  });

  test('an address that no pod has is nobody', () => {
    const { actions, answers } = ask(5, 8, 3, '10.0.0.99');
    runNode(10, [[2, add(pod('a'))], ...actions]);
    expect([...answers.values()]).toEqual([0, 0, 0].map(() => ({ refused: 3, answered: 0, mean: 0 })));
  });

  test('beyond a limit they queue up: each second later than the one before', () => {
    const { actions, answers } = ask(8, 16, 100);
    // 100 requests of 10 ms want a whole core; half of one is allowed.
    const made = pod('a', { containers: web({ limits: { cpu: '500m' } }) }, behaviour({ perRequest: { cpuSeconds: 0.01, seconds: 0 } }));
    runNode(20, [[2, add(made)], ...actions]);
    const means = [...answers.values()].map(({ mean }) => mean);
    for (let i = 1; i < means.length; i++) expect(means[i]).toBeGreaterThan((means[i - 1] as number) + 500);
  });

  test('a quiet node answers in the time that a request takes; a full one makes requests wait', () => {
    const { actions, answers } = ask(8, 20, 20);
    const serving = pod(
      'a',
      { containers: web({ requests: { cpu: '1' } }) },
      behaviour({ perRequest: { cpuSeconds: 0.01, seconds: 0.005 } }),
    );
    const neighbour = pod('b', {}, behaviour({ cpuMilli: 3500 }));
    runNode(22, [[2, add(serving)], ...actions, [13, add(neighbour)]]);
    const mean = (from: number, to: number): number => {
      const some = [...answers].filter(([second]) => second >= from && second < to).map(([, one]) => one.mean);
      return some.reduce((sum, one) => sum + one, 0) / some.length;
    };
    expect(mean(8, 13)).toBeCloseTo(15, 0);
    expect(mean(15, 20)).toBeGreaterThan(20);
  });
});
