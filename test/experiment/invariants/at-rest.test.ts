import { describe, expect, it } from 'vitest';
import { historyOf, restless, type Seen, violations } from '#experiment';

const SECOND = 1_000_000;
let versions = 0;
// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, only as far as invariants read them.
type Any = any;

const seen = (seconds: number, type: Seen['type'], resource: string, object: Any): Seen => ({
  at: seconds * SECOND,
  type,
  resource,
  object: {
    ...object,
    metadata: {
      namespace: 'default',
      uid: object.metadata.name,
      creationTimestamp: 't',
      resourceVersion: String(++versions),
      ...object.metadata,
    },
  },
});
const found = (history: readonly Seen[], id: string, until = 300): readonly string[] =>
  violations(historyOf(history, until * SECOND)).flatMap((one) => (one.id === id ? [one.message] : []));

describe('invariants', () => {
  it('C5 sees a Job that stays when it was to go', () => {
    const job = (ttlSecondsAfterFinished: number | undefined, over: boolean): Any => ({
      metadata: { name: 'j' },
      spec: { ttlSecondsAfterFinished },
      status: over ? { conditions: [{ type: 'Complete', status: 'True' }] } : {},
    });
    const of = (ttl: number | undefined, over = true, until = 300) =>
      found([seen(1, 'add', 'jobs.batch', job(ttl, false)), seen(10, 'update', 'jobs.batch', job(ttl, over))], 'C5', until);
    expect(of(1)).toEqual(['Job default/j was to go 1 s after its end and is there 289 s later']);
    expect(of(1, true, 80)).toEqual([]);
    expect(of(250)).toEqual([]);
    expect(of(undefined)).toEqual([]);
    expect(of(1, false)).toEqual([]);
  });

  it('C8 sees a pod that keeps its address when its sandbox is gone', () => {
    const pod = (sandbox: string, podIP?: string, phase = 'Running'): Any => ({
      metadata: { name: 'a' },
      spec: { nodeName: 'n' },
      status: { phase, podIP, conditions: [{ type: 'PodReadyToStartContainers', status: sandbox }] },
    });
    const of = (after: Any) => found([seen(1, 'add', 'pods', pod('True', '10.0.0.1')), seen(2, 'update', 'pods', after)], 'C8');
    expect(of(pod('False', '10.0.0.1'))).toEqual(['pods/default/a has lost its sandbox and keeps pod address 10.0.0.1']);
    expect(of(pod('False'))).toEqual([]);
    expect(of(pod('True', '10.0.0.1'))).toEqual([]);
    expect(of(pod('False', '10.0.0.1', 'Succeeded'))).toEqual([]);
  });

  it('C9 sees a budget that allows more than it has', () => {
    const of = (disruptionsAllowed: number, currentHealthy: number) =>
      found(
        [
          seen(1, 'add', 'poddisruptionbudgets.policy', {
            metadata: { name: 'b' },
            spec: {},
            status: { disruptionsAllowed, currentHealthy, desiredHealthy: 3 },
          }),
        ],
        'C9',
      );
    expect(of(2, 4)).toEqual(['budget default/b allows 2 disruptions: 4 are healthy, 3 are wanted']);
    expect(of(1, 4)).toEqual([]);
    expect(of(0, 1)).toEqual([]);
  });
});

describe('a history', () => {
  it('says what was still written in its last minute, the most first', () => {
    const slice = (name: string, at: number) =>
      seen(at, at === 1 ? 'add' : 'update', 'endpointslices.discovery.k8s.io', { metadata: { name } });
    const lease = seen(299, 'add', 'leases.coordination.k8s.io', { metadata: { name: 'l' } });
    const of = (...history: readonly Seen[]) => restless(historyOf(history, 300 * SECOND));
    expect(of(slice('a', 1), slice('b', 1), lease)).toEqual([]);
    expect(of(slice('a', 1), slice('b', 1), slice('b', 250), slice('a', 260), slice('a', 270), lease)).toEqual([
      'endpointslices.discovery.k8s.io/default/a 2 times',
      'endpointslices.discovery.k8s.io/default/b 1 times',
    ]);
  });
});
