import { describe, expect, it } from 'vitest';
import { historyOf, INVARIANTS, type Seen, sleepsOf, violations } from '#experiment';

const SECOND = 1_000_000;
let versions = 0;
// biome-ignore lint/suspicious/noExplicitAny: objects of all kinds, only as far as invariants read them.
type Any = any;

const change = (seconds: number, type: Seen['type'], resource: string, object: Any): Seen => ({
  at: seconds * SECOND,
  type,
  resource,
  object: {
    ...object,
    metadata: {
      namespace: 'default',
      resourceVersion: String(++versions),
      creationTimestamp: 't',
      uid: object.metadata.name,
      ...object.metadata,
    },
  },
});
const add = (seconds: number, resource: string, object: Any): Seen => change(seconds, 'add', resource, object);
const update = (seconds: number, resource: string, object: Any): Seen => change(seconds, 'update', resource, object);
const gone = (seconds: number, resource: string, object: Any): Seen => change(seconds, 'delete', resource, object);
const ready = (status: string) => [{ type: 'Ready', status }];
const preempted = [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }];
const pod = (name: string, more: Any = {}, metadata: Any = {}) => ({
  metadata: { name, ...metadata },
  spec: { containers: [] },
  status: { phase: 'Running' },
  ...more,
});
const node = (name: string, more: Any = {}) => ({
  metadata: { name, namespace: undefined },
  status: { conditions: ready('True'), allocatable: { cpu: '1', memory: '1Gi', pods: '2' } },
  ...more,
});
const ownedBy = (kind: string, uid: string) => ({ ownerReferences: [{ apiVersion: 'v1', kind, name: uid, uid, controller: true }] });
const set = (replicas: number) => ({ metadata: { name: 'set' }, spec: { replicas }, status: {} });
const LEASES = 'leases.coordination.k8s.io';
const lease = (name: string, namespace: string, holderIdentity: string, renewTime: string) => ({
  metadata: { name, namespace },
  spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
});

/** For each invariant a history that breaks it, and a word of what it has to say. */
const PLANTED: Readonly<Record<string, readonly [expected: string, history: readonly Seen[]]>> = {
  A1: ['has the uid of', [add(1, 'pods', pod('a')), add(2, 'pods', pod('b', {}, { uid: 'a' }))]],
  A3: ['was added twice', [add(1, 'pods', pod('a')), add(2, 'pods', pod('a'))]],
  A8: [
    'counts 2 pods, there are 1',
    [add(1, 'pods', pod('a')), add(2, 'resourcequotas', { metadata: { name: 'q' }, spec: {}, status: { used: { pods: '2' } } })],
  ],
  A9: [
    'is gone with finalizer',
    [add(1, 'pods', pod('a', {}, { finalizers: ['x'] })), gone(2, 'pods', pod('a', {}, { finalizers: ['x'] }))],
  ],
  A10: [
    'in a namespace that terminates',
    [add(1, 'namespaces', { metadata: { name: 'default', namespace: undefined, deletionTimestamp: 't' } }), add(9, 'pods', pod('a'))],
  ],
  C1: [
    'is one of 2 where 1 are wanted',
    [
      add(1, 'replicasets.apps', set(1)),
      add(2, 'pods', pod('a', {}, ownedBy('ReplicaSet', 'set'))),
      add(30, 'pods', pod('b', {}, ownedBy('ReplicaSet', 'set'))),
    ],
  ],
  C2: [
    'has 4 pods, 3 at most',
    [
      add(1, 'deployments.apps', {
        metadata: { name: 'd' },
        spec: { replicas: 2, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
        status: { replicas: 4 },
      }),
    ],
  ],
  C3: [
    'before default/db-0 had ever been ready',
    [
      add(1, 'statefulsets.apps', { metadata: { name: 'db' }, spec: { replicas: 2 } }),
      add(2, 'pods', pod('db-0', {}, ownedBy('StatefulSet', 'db'))),
      add(3, 'pods', pod('db-1', {}, ownedBy('StatefulSet', 'db'))),
    ],
  ],
  C4: [
    'are both on node n',
    [
      add(1, 'daemonsets.apps', { metadata: { name: 'ds' }, spec: {} }),
      ...['a', 'b'].map((name) => add(2, 'pods', pod(name, { spec: { nodeName: 'n', containers: [] } }, ownedBy('DaemonSet', 'ds')))),
    ],
  ],
  C5: [
    'went from 2 succeeded to 1',
    [
      add(1, 'jobs.batch', { metadata: { name: 'j' }, spec: {}, status: { succeeded: 2 } }),
      update(2, 'jobs.batch', { metadata: { name: 'j' }, spec: {}, status: { succeeded: 1 } }),
    ],
  ],
  C6: [
    'its owner ReplicaSet set is gone',
    [add(1, 'replicasets.apps', set(1)), add(2, 'pods', pod('a', {}, ownedBy('ReplicaSet', 'set'))), gone(3, 'replicasets.apps', set(1))],
  ],
  C7: [
    'lacks endpoint 10.0.0.1',
    [
      add(1, 'services', { metadata: { name: 's' }, spec: { selector: { app: 'a' } } }),
      add(2, 'pods', pod('a', { status: { phase: 'Running', podIP: '10.0.0.1', conditions: ready('True') } }, { labels: { app: 'a' } })),
    ],
  ],
  C8: [
    "which is pods/default/a's",
    ['a', 'b'].map((name) => add(1, 'pods', pod(name, { status: { phase: 'Running', podIP: '10.0.0.1' } }))),
  ],
  C9: [
    'has 0 healthy pods left of 1',
    [
      add(1, 'poddisruptionbudgets.policy', {
        metadata: { name: 'b' },
        spec: { selector: { matchLabels: { app: 'a' } } },
        status: { desiredHealthy: 1 },
      }),
      add(2, 'pods', pod('a', { status: { phase: 'Running', conditions: ready('True') } }, { labels: { app: 'a' } })),
      update(
        3,
        'pods',
        pod(
          'a',
          {
            status: {
              phase: 'Running',
              conditions: [...ready('True'), { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }],
            },
          },
          { labels: { app: 'a' } },
        ),
      ),
    ],
  ],
  C10: [
    'outside 1 to 3',
    [
      add(1, 'horizontalpodautoscalers.autoscaling', {
        metadata: { name: 'h', generation: 1 },
        spec: { minReplicas: 1, maxReplicas: 3 },
        status: { observedGeneration: 1, desiredReplicas: 5 },
      }),
    ],
  ],
  C11: [
    'from a to b after 2.0 s of 15',
    [add(1, LEASES, lease('kcm', 'kube-system', 'a', '1')), update(3, LEASES, lease('kcm', 'kube-system', 'b', '2'))],
  ],
  C12: [
    'given up after 10.0 s of silence, 40 s are its grace',
    [
      add(1, 'nodes', node('n')),
      add(1, LEASES, lease('n', 'kube-node-lease', 'n', '1')),
      update(11, 'nodes', node('n', { status: { conditions: ready('Unknown') } })),
    ],
  ],
  C13: ['went from Succeeded to Running', [add(1, 'pods', pod('a', { status: { phase: 'Succeeded' } })), update(2, 'pods', pod('a'))]],
  S1: [
    'moved from n to m',
    [
      add(1, 'pods', pod('a', { spec: { nodeName: 'n', containers: [] } })),
      update(2, 'pods', pod('a', { spec: { nodeName: 'm', containers: [] } })),
    ],
  ],
  S2: [
    'which was gone for',
    [add(1, 'nodes', node('n')), gone(2, 'nodes', node('n')), add(20, 'pods', pod('a', { spec: { nodeName: 'n', containers: [] } }))],
  ],
  S3: [
    'would give',
    [
      add(1, 'nodes', node('n')),
      add(9, 'pods', pod('a', { spec: { nodeName: 'n', containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] } })),
    ],
  ],
  S4: [
    'does not tolerate',
    [
      add(1, 'nodes', node('n', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })),
      add(8, 'pods', pod('a')),
      update(9, 'pods', pod('a', { spec: { nodeName: 'n', containers: [] } })),
    ],
  ],
  // So long before the beginning that the scheduler has looked again by the end.
  S5: [
    'pod default/a waits, though node n has room',
    [add(-200, 'nodes', node('n')), add(-200, 'pods', pod('a', { status: { phase: 'Pending' } }))],
  ],
  S6: [
    'of priority 10 made way, and none of a higher one waited',
    [
      add(1, 'pods', pod('a', { spec: { nodeName: 'n', containers: [], priority: 10 } })),
      add(2, 'pods', pod('b', { spec: { containers: [], priority: 10 } })),
      update(3, 'pods', pod('a', { spec: { nodeName: 'n', containers: [], priority: 10 }, status: { conditions: preempted } })),
    ],
  ],
};

describe('invariants', () => {
  it('have a planted violation each', () => {
    expect(INVARIANTS.map(({ id }) => id).sort()).toEqual(Object.keys(PLANTED).sort());
  });

  it.each(Object.entries(PLANTED))('%s is found', (id, [expected, seen]) => {
    const found = violations(historyOf(seen, 200 * SECOND, { nodeMonitorGraceSeconds: 40 })).filter((violation) => violation.id === id);
    expect(found[0]?.message).toContain(expected);
    expect(found[0]?.at).toBeGreaterThan(0);
  });

  it('hold of a history in which nothing is wrong', () => {
    const seen = [
      add(1, 'nodes', node('n')),
      add(2, 'replicasets.apps', set(1)),
      add(3, 'pods', pod('a', {}, ownedBy('ReplicaSet', 'set'))),
      update(4, 'pods', pod('a', { spec: { nodeName: 'n', containers: [] } }, ownedBy('ReplicaSet', 'set'))),
    ];
    expect(violations(historyOf(seen, 200 * SECOND))).toEqual([]);
  });

  it('C1 bears pods that are heard of before the word that wants them, not for long', () => {
    const pods = ['a', 'b'].map((name) => add(20, 'pods', pod(name, {}, ownedBy('ReplicaSet', 'set'))));
    const of = (seconds: number) => {
      const seen = [add(1, 'replicasets.apps', set(1)), ...pods, update(seconds, 'replicasets.apps', set(2))];
      return violations(historyOf(seen, 200 * SECOND)).map(({ id }) => id);
    };
    expect(of(20.2)).toEqual([]);
    expect(of(60)).toEqual(['C1']);
  });

  it('C1 counts each pod too many, even one that is taken back at once, until an answer may have been lost', () => {
    const seen = [
      add(1, 'replicasets.apps', set(1)),
      add(2, 'pods', pod('a', {}, ownedBy('ReplicaSet', 'set'))),
      add(30, 'pods', pod('b', {}, ownedBy('ReplicaSet', 'set'))),
      gone(30.01, 'pods', pod('b', {}, ownedBy('ReplicaSet', 'set'))),
    ];
    const of = (lost: number) => {
      const lostAnswers = [{ from: lost * SECOND, until: lost * SECOND }];
      return violations(historyOf(seen, 200 * SECOND, { lostAnswers })).map(({ message }) => message);
    };
    expect(of(31)).toEqual(['pod default/b was made as one of 2 where 1 were wanted']);
    expect(of(29)).toEqual([]);
  });

  it('S2 and S4 let a binding be sent again for 10 s where busy servers turn requests away, of pods that could be decided on before', () => {
    const tainted = node('n', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
    const of = (turnsAway: boolean, made: number, bound: number) => {
      const boundAfter = (what: Seen) => {
        const pods = [add(made, 'pods', pod('a')), update(bound, 'pods', pod('a', { spec: { nodeName: 'n', containers: [] } }))];
        const nodes = [add(1, 'nodes', node('n')), what];
        const seen = [...nodes, ...pods].sort((a, b) => a.at - b.at);
        seen.forEach(({ object }, i) => Object.assign(object.metadata ?? {}, { resourceVersion: String(i + 1) }));
        return violations(historyOf(seen, 50 * SECOND, { turnsAway })).map(({ id }) => id);
      };
      return [...boundAfter(gone(20, 'nodes', node('n'))), ...boundAfter(update(20, 'nodes', tainted))];
    };
    expect(of(true, 18, 34)).toEqual([]);
    expect(of(true, 18, 36)).toEqual(['S2', 'S4']);
    expect(of(true, 26, 34)).toEqual(['S2', 'S4']);
    expect(of(false, 18, 26)).toEqual(['S2', 'S4']);
  });

  it('S4 lets a scheduler not know yet what changed in an outage', () => {
    const of = (renewals: readonly number[], bound: number) => {
      const seen = [
        add(1, 'nodes', node('n')),
        ...renewals.map((at, i) => (i === 0 ? add : update)(at, LEASES, lease('kcm', 'kube-system', 'a', String(at)))),
        add(2, 'pods', pod('a')),
        update(25, 'nodes', node('n', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })),
        update(bound, 'pods', pod('a', { spec: { nodeName: 'n', containers: [] } })),
      ].sort((a, b) => a.at - b.at);
      return violations(historyOf(seen, 200 * SECOND)).flatMap(({ id }) => (id === 'S4' ? [id] : []));
    };
    expect(of([2, 10, 25], 50)).toEqual([]);
    expect(of([2, 10, 25], 90)).toEqual(['S4']);
    expect(of([2, 10, 18, 25], 50)).toEqual(['S4']);
  });

  it('S4 goes by the order of versions, in whatever order word of them comes, unless they have none', () => {
    const tainted = node('n', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } });
    const bound = pod('a', { spec: { nodeName: 'n', containers: [] } });
    const of = (version: number, isUnordered: boolean) => {
      const seen = [
        add(1, 'nodes', tainted),
        add(2, 'pods', pod('a')),
        update(40, 'pods', { ...bound, metadata: { ...bound.metadata, resourceVersion: '1000000' } }),
        update(41, 'nodes', { ...node('n'), metadata: { name: 'n', namespace: undefined, resourceVersion: String(version) } }),
      ];
      return violations(historyOf(seen, 200 * SECOND, { isUnordered })).flatMap(({ id }) => (id === 'S4' ? [id] : []));
    };
    expect(of(999_999, false)).toEqual([]);
    expect(of(999_999, true)).toEqual(['S4']);
    expect(of(1_000_001, false)).toEqual(['S4']);
  });

  describe('C2', () => {
    const rolling = (replicas: number, status: object, strategy: object = {}) => ({
      metadata: { name: 'd' },
      spec: { replicas, strategy: { rollingUpdate: strategy } },
      status,
    });
    const found = (seen: readonly Seen[], until: number, settings: object = {}) =>
      violations(historyOf(seen, until * SECOND, settings)).flatMap(({ id, message }) => (id === 'C2' ? [message] : []));
    const renewed = (at: number) => update(at, LEASES, lease('kube-controller-manager', 'kube-system', 'a', String(at)));

    it('counts what stands while somebody leads and answers arrive', () => {
      const of = (renewals: readonly number[], until: number, settings: object = {}) => {
        const seen = [
          add(1, 'deployments.apps', rolling(2, { replicas: 2 })),
          add(2, LEASES, lease('kube-controller-manager', 'kube-system', 'a', '2')),
          ...renewals.map(renewed),
          update(10, 'deployments.apps', rolling(2, { replicas: 4 })),
          // Another word of it does not begin it anew.
          update(until - 1, 'deployments.apps', rolling(2, { replicas: 5 })),
          update(until, 'deployments.apps', rolling(2, { replicas: 3 })),
        ].sort((a, b) => a.at - b.at);
        return found(seen, until + 1, settings).length;
      };
      const renewals = Array.from({ length: 20 }, (_, i) => 4 + 2 * i);
      expect(of(renewals, 26)).toBe(1);
      expect(of(renewals, 24)).toBe(0);
      expect(of([4, 6, 8, 10, 20, 22, 24, 26], 26)).toBe(0);
      expect(of(renewals, 26, { lostAnswers: [{ from: 3 * SECOND, until: 12 * SECOND }] })).toBe(0);
      expect(of(renewals, 30, { lostAnswers: [{ from: 3 * SECOND, until: 12 * SECOND }] })).toBe(1);
    });

    it('bounds what ReplicaSets are told to have in all', () => {
      const told = (name: string, replicas: number) => ({ metadata: { name, ...ownedBy('Deployment', 'd') }, spec: { replicas } });
      const of = (replicas: number, until: number) =>
        found(
          [
            add(1, 'deployments.apps', rolling(2, { replicas: 2 })),
            add(2, 'replicasets.apps', told('old', 2)),
            add(10, 'replicasets.apps', told('new', replicas)),
            update(until, 'replicasets.apps', told('old', 0)),
          ],
          60,
        );
      expect(of(1, 20)).toEqual([]);
      expect(of(2, 20)).toEqual(['ReplicaSets of Deployment default/d want 4 pods, 3 at most']);
      expect(of(2, 13)).toEqual([]);
    });

    it('asks for as many as there must be only once a new size has been shared out', () => {
      const of = (replicas: number) =>
        found(
          [
            add(1, 'deployments.apps', rolling(8, { replicas: 10, updatedReplicas: 4, availableReplicas: 6 })),
            update(10, 'deployments.apps', rolling(3, { replicas, updatedReplicas: 2, availableReplicas: 3 })),
            update(11, 'deployments.apps', rolling(3, { replicas: 4, updatedReplicas: 2, availableReplicas: 2 })),
            update(20, 'deployments.apps', rolling(3, { replicas: 4, updatedReplicas: 2, availableReplicas: 3 })),
          ],
          60,
        );
      expect(of(10)).toEqual([]);
      expect(of(4)).toEqual(['Deployment default/d has 2 pods available in the middle of a rollout, 3 at least']);
    });
  });

  it('S5 bears a pod that waits for room, for a node that takes it, or not long', () => {
    const of = (since: number, more: object, size: object = {}) =>
      violations(
        historyOf(
          [add(-200, 'nodes', node('n', more)), add(since, 'pods', pod('a', { status: { phase: 'Pending' }, ...size }))],
          200 * SECOND,
        ),
      ).flatMap(({ id }) => (id === 'S5' ? [id] : []));
    expect(of(-200, {})).toEqual(['S5']);
    expect(of(-100, {})).toEqual([]);
    expect(of(-200, { spec: { unschedulable: true } })).toEqual([]);
    expect(of(-200, { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } })).toEqual([]);
    expect(of(-200, {}, { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1001m' } } }] } })).toEqual([]);
  });

  it('S6 bears that one makes way for a pod of higher priority', () => {
    const of = (priority: number) => {
      const seen = [
        add(1, 'pods', pod('a', { spec: { nodeName: 'n', containers: [], priority: 10 } })),
        add(2, 'pods', pod('b', { spec: { containers: [], priority } })),
        update(3, 'pods', pod('a', { spec: { nodeName: 'n', containers: [], priority: 10 }, status: { conditions: preempted } })),
      ];
      return violations(historyOf(seen, 200 * SECOND)).flatMap(({ id }) => (id === 'S6' ? [id] : []));
    };
    expect(of(11)).toEqual([]);
    expect(of(10)).toEqual(['S6']);
  });

  it('S6 takes what a list tells at once for no order in which it was', () => {
    const of = (priority: number, more: object) => {
      const lesser = pod('a', { spec: { nodeName: 'n', containers: [], priority: 10 } });
      const seen = [
        add(1, 'pods', lesser),
        update(30, 'pods', { ...lesser, status: { conditions: preempted } }),
        add(30, 'pods', pod('b', { spec: { containers: [], priority, ...more } })),
      ];
      return violations(historyOf(seen, 200 * SECOND)).flatMap(({ id }) => (id === 'S6' ? [id] : []));
    };
    expect(of(11, {})).toEqual([]);
    expect(of(11, { nodeName: 'n' })).toEqual([]);
    expect(of(10, {})).toEqual(['S6']);
  });

  it('C8 does not count the time in which nothing is heard of the node', () => {
    const on = (name: string, podIP: string) => pod(name, { spec: { nodeName: 'n', containers: [] }, status: { phase: 'Running', podIP } });
    const of = (renewals: readonly number[]) => {
      const seen = [
        ...renewals.map((at, i) => (i === 0 ? add : update)(at, LEASES, lease('n', 'kube-node-lease', 'n', String(at)))),
        add(2, 'pods', on('a', '10.0.0.1')),
        add(10, 'pods', on('b', '10.0.0.1')),
        update(70, 'pods', on('a', '10.0.0.2')),
      ].sort((a, b) => a.at - b.at);
      return violations(historyOf(seen, 200 * SECOND)).flatMap(({ id }) => (id === 'C8' ? [id] : []));
    };
    expect(of([1, 9, 65])).toEqual([]);
    expect(of([1, 10, 20, 30, 40, 50, 60])).toEqual(['C8']);
  });

  it('C8 waits for what a kubelet writes one after the other where an answer may have been lost', () => {
    const on = (name: string, podIP: string) => pod(name, { spec: { nodeName: 'n', containers: [] }, status: { phase: 'Running', podIP } });
    const of = (until: number, from: number) => {
      const seen = [add(2, 'pods', on('a', '10.0.0.1')), add(10, 'pods', on('b', '10.0.0.1')), update(until, 'pods', on('a', '10.0.0.2'))];
      const settings = { lostAnswers: [{ from: from * SECOND, until: (from + 15) * SECOND }] };
      return violations(historyOf(seen, 400 * SECOND, settings)).flatMap(({ id }) => (id === 'C8' ? [id] : []));
    };
    expect(of(70, 5)).toEqual([]);
    // 15 s until answers are heard again, 60 s until the write is given up, 30 s for all the others.
    expect(of(115, 5)).toEqual(['C8']);
    expect(of(70, 60)).toEqual(['C8']);
  });

  it('C12 takes a sign of life for no later than what has a later version, wherever its clock stands', () => {
    const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
    const of = (next: number) => {
      const seen = [
        add(0, LEASES, lease('kcm', 'kube-system', 'a', at(0))),
        add(0, 'nodes', node('n')),
        add(1, LEASES, lease('n', 'kube-node-lease', 'n', at(1))),
        update(60, LEASES, lease('n', 'kube-node-lease', 'n', at(80))),
        update(60, LEASES, lease('kcm', 'kube-system', 'a', at(next))),
        update(90, 'nodes', node('n', { status: { conditions: ready('Unknown') } })),
      ];
      return violations(historyOf(seen, 200 * SECOND, { nodeMonitorGraceSeconds: 40 })).flatMap(({ id }) => (id === 'C12' ? [id] : []));
    };
    expect(of(48)).toEqual([]);
    expect(of(58)).toEqual(['C12']);
  });

  it('C12 counts silence to when the node was given up, however late word of that and of signs of life comes', () => {
    const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
    const leader = add(0, LEASES, lease('kcm', 'kube-system', 'a', at(0)));
    const given = (verdict: number) => ({ conditions: [{ type: 'Ready', status: 'Unknown', lastTransitionTime: at(verdict) }] });
    const of = (verdict: number) => {
      const leases = [1, 50, 90, 100].map((renewed) =>
        (renewed === 1 ? add : update)(renewed < 90 ? renewed : 108, LEASES, lease('n', 'kube-node-lease', 'n', at(renewed))),
      );
      const seen = [leader, add(0, 'nodes', node('n')), ...leases, update(109, 'nodes', node('n', { status: given(verdict) }))];
      return violations(historyOf(seen, 200 * SECOND, { nodeMonitorGraceSeconds: 30 })).flatMap(({ id, message }) =>
        id === 'C12' ? [message] : [],
      );
    };
    expect(of(85)).toEqual([]);
    expect(of(99)).toEqual([expect.stringContaining('node n was given up after 10.0 s of silence')]);
  });

  it('C12 lets a manager that has just woken give up by what it knew when it fell asleep', () => {
    const pause = (at: number, change: 'pause' | 'resume') => ({ at: at * SECOND, change, hosts: { hosts: [5] } });
    const managerSleeps = sleepsOf([pause(50, 'pause'), pause(1, 'pause'), pause(2, 'resume'), pause(80, 'resume')], [4, 5]);
    const of = (verdict: number, lastKnown: number) => {
      const renewed = [1, lastKnown, 60, 70].map((at, i) =>
        (i === 0 ? add : update)(at, LEASES, lease('n', 'kube-node-lease', 'n', String(at))),
      );
      const seen = [
        add(0, 'nodes', node('n')),
        ...renewed,
        update(verdict, 'nodes', node('n', { status: { conditions: ready('Unknown') } })),
      ];
      return violations(historyOf(seen, 200 * SECOND, { nodeMonitorGraceSeconds: 40, managerSleeps })).flatMap(({ id }) =>
        id === 'C12' ? [id] : [],
      );
    };
    expect(of(80.1, 39)).toEqual([]);
    expect(of(80.1, 44)).toEqual(['C12']);
    expect(of(90, 39)).toEqual(['C12']);
    // Word of what was written long before came only when it slept.
    const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
    const late = [
      add(0, LEASES, lease('kcm', 'kube-system', 'a', at(0))),
      add(0, 'nodes', node('n')),
      add(1, LEASES, lease('n', 'kube-node-lease', 'n', at(1))),
      update(52, LEASES, lease('n', 'kube-node-lease', 'n', at(42))),
      update(80.1, 'nodes', node('n', { status: { conditions: ready('Unknown') } })),
    ];
    const found = violations(historyOf(late, 200 * SECOND, { nodeMonitorGraceSeconds: 40, managerSleeps }));
    expect(found.flatMap(({ id }) => (id === 'C12' ? [id] : []))).toEqual([]);
    expect(sleepsOf([pause(50, 'pause')], [4])).toEqual([]);
  });

  it('C13 gives a kubelet time to say an end again while its node is heard of', () => {
    const on = (phase: string) => pod('a', { spec: { nodeName: 'n', containers: [] }, status: { phase } });
    const of = (renewals: readonly number[]) => {
      const seen = [
        ...renewals.map((seconds, i) => (i === 0 ? add : update)(seconds, LEASES, lease('n', 'kube-node-lease', 'n', String(seconds)))),
        add(1, 'pods', on('Succeeded')),
        update(12, 'pods', on('Running')),
        update(60, 'pods', on('Succeeded')),
      ].sort((a, b) => a.at - b.at);
      const found = violations(historyOf(seen, 200 * SECOND, { lostAnswers: [{ from: 0, until: 20 * SECOND }] }));
      return found.flatMap(({ id }) => (id === 'C13' ? [id] : []));
    };
    expect(of([10, 20, 58])).toEqual([]);
    expect(of([10, 20, 30, 40, 50, 59])).toEqual(['C13']);
  });
});
