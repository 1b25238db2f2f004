/** What the judges of C1, C12 and C13 bear because word of it was late or lost, and what not. */

import { describe, expect, it } from 'vitest';
import { historyOf, lostAnswers, type Seen, type Settings, violations } from '#experiment';
import { incident, type WorldChange } from '#sim';

const SECOND = 1_000_000;
const LEASES = 'leases.coordination.k8s.io';
// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, only as far as invariants read them.
type Any = any;

const seen = (seconds: number, type: Seen['type'], resource: string, version: number, object: Any): Seen => ({
  at: seconds * SECOND,
  type,
  resource,
  object: {
    ...object,
    metadata: {
      namespace: 'default',
      creationTimestamp: 't',
      uid: object.metadata.name,
      ...object.metadata,
      resourceVersion: String(version),
    },
  },
});
const found = (id: string, changes: readonly Seen[], settings: Settings = {}, until = 400) =>
  violations(historyOf(changes, until * SECOND, settings)).flatMap((one) => (one.id === id ? [one.message] : []));

describe('answers that may be lost', () => {
  const tell = (at: number, share: number, to: readonly number[]): WorldChange => ({
    at: at * SECOND,
    change: 'tell',
    hosts: { hosts: [0] },
    to: { hosts: to },
    message: incident('answers-lost', share),
  });
  const lag = (by: number): readonly WorldChange[] => [
    { at: 100 * SECOND, change: 'link', id: 'lag', from: { hosts: [1] }, to: { hosts: [4] }, extraLatency: by * SECOND },
    { at: 101 * SECOND, change: 'heal', id: 'lag' },
  ];

  it('are so until those are told that lose them, not others', () => {
    const changes = [tell(82, 0.2, [7]), tell(136, 0.5, [7, 8]), tell(141, 0, [7]), tell(195, 0, [7, 8])];
    expect(lostAnswers(changes, [4])).toEqual([{ from: 82 * SECOND, until: 195 * SECOND }]);
  });

  it('are so to the end where nothing ends what loses them', () => {
    expect(lostAnswers([tell(82, 0.2, [7])], [4])).toEqual([{ from: 82 * SECOND, until: Number.POSITIVE_INFINITY }]);
    expect(lostAnswers([{ at: 9, change: 'crash', hosts: { hosts: [4] } }], [4])).toEqual([{ from: 9, until: 9 }]);
  });

  it('are those of a server that hears so late what was done that its askers have given up', () => {
    expect(lostAnswers(lag(76), [4])).toEqual([{ from: 100 * SECOND, until: 177 * SECOND }]);
    expect(lostAnswers(lag(2), [4])).toEqual([]);
    expect(lostAnswers(lag(76), [5])).toEqual([]);
  });
});

it('C1 bears pods that were made between two versions of their ReplicaSet when a list left out the one that wanted them', () => {
  const set = (replicas: number, generation: number, observedGeneration: number) => ({
    metadata: { name: 'set', generation },
    spec: { replicas },
    status: { observedGeneration },
  });
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ReplicaSet', name: 'set', uid: 'set', controller: true }];
  const pod = (name: string) => ({ metadata: { name, ownerReferences }, spec: { containers: [] }, status: { phase: 'Running' } });
  const of = (replicas: number, observed: number) =>
    found('C1', [
      seen(1, 'add', 'replicasets.apps', 1, set(1, 1, 1)),
      seen(2, 'add', 'pods', 2, pod('a')),
      seen(50, 'add', 'pods', 40, pod('b')),
      seen(50, 'add', 'pods', 41, pod('c')),
      seen(50.1, 'update', 'replicasets.apps', 50, set(replicas, 2, observed)),
    ]);
  expect(of(3, 2)).toEqual([]);
  expect(of(2, 2)).toContain('pod default/c was made as one of 3 where 2 were wanted');
  expect(of(3, 1)).toContain('pod default/b was made as one of 2 where 1 were wanted');
});

it('C12 counts signs of life that etcd had, not those that it took until the verdict to write', () => {
  const node = (status: string, time?: string) => ({
    metadata: { name: 'n', namespace: undefined },
    status: { conditions: [{ type: 'Ready', status, lastTransitionTime: time }] },
  });
  const time = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
  const lease = (name: string, namespace: string, renewed: number) => ({
    metadata: { name, namespace },
    spec: { holderIdentity: name, renewTime: time(renewed).replace('Z', '000Z') },
  });
  // Set out at 52 s, and in etcd at the latest when somebody set out to write the next version.
  const of = (next: number) =>
    found(
      'C12',
      [
        seen(1, 'add', 'nodes', 1, node('True', time(1))),
        seen(1, 'add', LEASES, 2, lease('kube-controller-manager', 'kube-system', 1)),
        seen(30, 'add', LEASES, 3, lease('n', 'kube-node-lease', 30)),
        seen(112, 'update', LEASES, 4, lease('n', 'kube-node-lease', 52)),
        seen(112, 'update', LEASES, 5, lease('kube-controller-manager', 'kube-system', next)),
        seen(112, 'update', 'nodes', 6, node('Unknown', time(85))),
      ],
      { nodeMonitorGraceSeconds: 50 },
    );
  expect(of(84)).toEqual([]);
  expect(of(70)).toEqual(['node n was given up after 34.0 s of silence, 50 s are its grace']);
});

describe('C13', () => {
  const restarted = (restartCount: number) => ({
    metadata: { name: 'a' },
    spec: { nodeName: 'n', containers: [] },
    status: { phase: 'Running', containerStatuses: [{ name: 'main', restartCount }] },
  });
  const lost = { lostAnswers: [{ from: 5 * SECOND, until: 60 * SECOND }] };
  const of = (settings: Settings, right: Seen) =>
    found(
      'C13',
      [
        seen(1, 'add', 'pods', 1, restarted(0)),
        seen(10, 'update', 'pods', 2, restarted(1)),
        seen(11, 'update', 'pods', 3, restarted(0)),
        right,
      ],
      settings,
    ).length;

  it('bears a count that an older status took back, while answers are lost, until the kubelet says it again', () => {
    expect(of(lost, seen(14, 'update', 'pods', 4, restarted(1)))).toBe(0);
    expect(of(lost, seen(14, 'delete', 'pods', 4, restarted(0)))).toBe(0);
    expect(of(lost, seen(40, 'update', 'pods', 4, restarted(1)))).toBe(1);
    expect(of(lost, seen(14, 'update', 'pods', 4, restarted(0)))).toBe(1);
    expect(of({}, seen(14, 'update', 'pods', 4, restarted(1)))).toBe(1);
  });
});
