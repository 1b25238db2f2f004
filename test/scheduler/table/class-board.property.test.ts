/** What is kept from one decision to the next against asking every plugin about every node: a few templates used again and again, so that cells, counts and
 *  victims are kept, while pods come, go and start, and nodes come, go and change in between. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '#api';
import { Cache, LiveHandle, MapLister, Nominator, newPodInfo, PodScheduler, Profile } from '#scheduler';

const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';
const pick = <T>(...of: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...of);

interface NodeShape {
  readonly zone: string;
  readonly rack: number;
  readonly cpu: number;
  readonly pods: number;
  readonly taint: string;
  readonly isCordoned: boolean;
  readonly hasHostname: boolean;
  readonly hasImage: boolean;
}
const nodeShape: fc.Arbitrary<NodeShape> = fc.record({
  zone: pick('a', 'b', 'c', ''),
  rack: fc.nat(11),
  cpu: pick(2, 4, 8),
  pods: pick(4, 110),
  taint: pick('', '', '', 'PreferNoSchedule', 'NoSchedule'),
  isCordoned: pick(false, false, false, false, true),
  hasHostname: pick(true, true, false),
  hasImage: fc.boolean(),
});

const nodeOf = (name: string, shape: NodeShape): Node =>
  ({
    metadata: {
      name,
      labels: {
        rack: `r${shape.rack}`,
        ...(shape.hasHostname ? { [HOST]: name } : {}),
        ...(shape.zone === '' ? {} : { [ZONE]: shape.zone }),
      },
    },
    spec: {
      unschedulable: shape.isCordoned,
      taints: shape.taint === '' ? [] : [{ key: 'k', value: 'v', effect: shape.taint }],
    },
    status: {
      allocatable: {
        cpu: String(shape.cpu),
        memory: '16Gi',
        pods: String(shape.pods),
        'example.com/gpu': shape.rack % 2 === 0 ? '2' : '0',
      },
      images: shape.hasImage ? [{ names: ['big:1'], sizeBytes: 900_000_000 }] : [],
    },
  }) as unknown as Node;

const selects = (app: string) => ({ labelSelector: { matchLabels: { app } } });
const spread = (app: string, topologyKey: string, whenUnsatisfiable: string, more: object = {}) => ({
  maxSkew: 1,
  topologyKey,
  whenUnsatisfiable,
  ...selects(app),
  ...more,
});
const weighted = (weight: number, app: string, topologyKey: string) => ({ weight, podAffinityTerm: { topologyKey, ...selects(app) } });
/** Topology rules by what they look at: few domains, a domain a node, neither. */
const RULES: readonly ((app: string, other: string) => object)[] = [
  () => ({}),
  () => ({}),
  () => ({ tolerations: [{ operator: 'Exists' }], nodeSelector: { rack: 'r2' } }),
  (app) => ({ topologySpreadConstraints: [spread(app, ZONE, 'DoNotSchedule'), spread(app, HOST, 'ScheduleAnyway')] }),
  (app) => ({ topologySpreadConstraints: [spread(app, HOST, 'DoNotSchedule', { minDomains: 3 }), spread(app, 'rack', 'ScheduleAnyway')] }),
  (app) => ({
    topologySpreadConstraints: [
      spread(app, 'rack', 'DoNotSchedule', { maxSkew: 2, nodeTaintsPolicy: 'Honor' }),
      spread(app, ZONE, 'ScheduleAnyway', { nodeAffinityPolicy: 'Ignore' }),
    ],
  }),
  (app) => ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: ZONE, ...selects(app) }] } } }),
  (app, other) => ({
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: HOST, ...selects(app) }],
        preferredDuringSchedulingIgnoredDuringExecution: [weighted(30, other, 'rack')],
      },
    },
  }),
  (app, other) => ({
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: HOST, ...selects(app) }],
        preferredDuringSchedulingIgnoredDuringExecution: [weighted(20, other, ZONE), weighted(5, app, 'rack'), weighted(9, other, HOST)],
      },
    },
  }),
  (app, other) => ({
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'rack', ...selects(other) }] },
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [weighted(50, app, HOST)] },
    },
  }),
  () => ({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 9, preference: { matchExpressions: [{ key: 'rack', operator: 'In', values: ['r1', 'r3'] }] } },
        ],
      },
    },
  }),
];

interface TemplateShape {
  readonly rule: number;
  readonly app: string;
  readonly other: string;
  readonly cpu: string;
  readonly priority: number;
  readonly extra: 'nothing' | 'port' | 'gpu' | 'image';
}
const templateShape: fc.Arbitrary<TemplateShape> = fc.record({
  rule: fc.nat(RULES.length - 1),
  app: pick('web', 'db', 'job'),
  other: pick('web', 'db', 'job'),
  cpu: pick('100m', '900m', '2'),
  priority: pick(0, 0, 10, 100),
  extra: pick('nothing', 'nothing', 'port', 'gpu', 'image'),
});

/** Pods of a template share its parts, as those of a ReplicaSet do. */
function templateOf({ rule, app, other, cpu, priority, extra }: TemplateShape): (n: number) => Pod {
  const requests = { cpu, memory: '64Mi', ...(extra === 'gpu' ? { 'example.com/gpu': '1' } : {}) };
  const ports = extra === 'port' ? [{ containerPort: 80, hostPort: 8080 }] : [];
  const containers = [{ name: 'c', image: extra === 'image' ? 'big:1' : 'small:1', ports, resources: { requests } }];
  const spec = { containers, priority, ...(RULES[rule] as (typeof RULES)[number])(app, other) };
  const labels = { app };
  return (n) =>
    ({
      metadata: { name: `p${n}`, namespace: 'one', uid: `u${n}`, labels },
      spec: { ...spec },
      status: { phase: 'Pending' },
    }) as unknown as Pod;
}

const CHANGES = ['remove', 'terminate', 'start', 'node', 'addNode', 'removeNode', 'stray', 'nominate', 'withdraw', 'budget'] as const;
interface Step {
  readonly template: number;
  readonly change: (typeof CHANGES)[number] | 'nothing';
  readonly which: number;
  readonly shape: NodeShape;
}
const step: fc.Arbitrary<Step> = fc.record({
  template: fc.nat(4),
  change: fc.oneof({ weight: 3, arbitrary: fc.constant('nothing' as const) }, { weight: 2, arbitrary: pick(...CHANGES) }),
  which: fc.nat(1000),
  shape: nodeShape,
});

class Cluster {
  readonly cache = new Cache();
  readonly nominator = new Nominator();
  readonly budgets: KubeObject[] = [];
  readonly fast: PodScheduler;
  readonly slow: PodScheduler;
  readonly bound: Pod[] = [];
  readonly nominees: Pod[] = [];
  readonly names: string[] = [];

  constructor(shapes: readonly NodeShape[], percentage = 100) {
    const budgets = { get: () => undefined, list: () => this.budgets };
    const namespaces = new MapLister<KubeObject>([{ metadata: { name: 'one' } } as KubeObject]);
    const listers = new Map<string, unknown>([
      ['namespaces', namespaces],
      ['poddisruptionbudgets.policy', budgets],
    ]);
    const make = (usesColumns: boolean): PodScheduler => {
      const profile = new Profile();
      const handle = new LiveHandle(profile, this.cache, this.nominator, listers as never);
      return new PodScheduler(profile, this.cache, this.nominator, handle, percentage, usesColumns);
    };
    this.fast = make(true);
    this.slow = make(false);
    shapes.forEach((shape, i) => this.#addNode(`n${String(i).padStart(3, '0')}`, shape));
  }

  #addNode(name: string, shape: NodeShape): void {
    this.cache.addNode(nodeOf(name, shape));
    this.names.push(name);
  }

  /** How many nodes fit. */
  decide(n: number, pod: Pod): number {
    const what = (scheduler: PodScheduler) => {
      scheduler.handle.now = n;
      const { nodeName, feasible, tied, failure, cost, evaluated } = scheduler.schedule(pod, 3 * n);
      const { nominatedNodeName, victims = [], dryRuns } = failure?.postFilter ?? {};
      return {
        n,
        nodeName,
        feasible,
        tied,
        cost,
        evaluated,
        message: failure?.message,
        plugins: [...(failure?.plugins ?? [])].sort(),
        nominatedNodeName,
        dryRuns,
        victims: victims.map((victim) => victim.metadata?.name),
        victimsNow: victims.every((victim) => this.bound.includes(victim)),
      };
    };
    const fast = what(this.fast);
    expect(fast).toEqual(what(this.slow));
    if (fast.nodeName !== '') this.#bind(pod, fast.nodeName);
    // Preemption takes its victims at once every second time, so that both kinds of nodes are met again.
    if (n % 2 === 0) for (const name of fast.victims) this.#remove(this.bound.findIndex((other) => other.metadata?.name === name));
    return fast.feasible;
  }

  #bind(pod: Pod, nodeName: string): void {
    const placed = { ...pod, spec: { ...pod.spec, nodeName } } as Pod;
    this.cache.assumePod(newPodInfo(placed), nodeName);
    this.bound.push(placed);
  }

  #remove(at: number): void {
    const [gone] = at < 0 ? [] : this.bound.splice(at, 1);
    if (gone !== undefined) this.cache.removePod(gone);
  }

  #replace(at: number, change: (pod: Pod) => object): void {
    const pod = this.bound[at];
    if (pod === undefined) return;
    const next = { ...pod, ...change(pod) } as Pod;
    this.cache.updatePod(next);
    this.bound[at] = next;
  }

  change(n: number, { change, which, shape }: Step, pod: Pod): void {
    const at = this.bound.length === 0 ? -1 : which % this.bound.length;
    const name = this.names[which % this.names.length] as string;
    if (change === 'remove') this.#remove(at);
    else if (change === 'terminate')
      this.#replace(at, ({ metadata }) => ({ metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }));
    else if (change === 'start') {
      // Who started first may be otherwise from one moment to the next.
      const second = (i: number): string => String((i * 7 + which) % 60).padStart(2, '0');
      this.bound.forEach((_, i) =>
        this.#replace(i, ({ status }) => ({ status: { ...status, startTime: `2026-01-01T00:00:${second(i)}Z` } })),
      );
    } else if (change === 'node') this.cache.updateNode(nodeOf(name, shape));
    else if (change === 'addNode') this.#addNode(which % 2 === 0 ? `z${n}` : `a${n}`, shape);
    else if (change === 'removeNode' && this.names.length > 2) {
      this.names.splice(this.names.indexOf(name), 1);
      this.cache.removeNode(name);
    } else if (change === 'stray') {
      // A pod is seen on a node before the node itself.
      this.#bind({ ...pod, metadata: { ...pod.metadata, name: `stray${n}`, uid: `stray${n}` } } as Pod, `z${n}`);
      if (which % 2 === 0) this.#addNode(`z${n}`, shape);
    } else if (change === 'nominate') {
      const nominee = { ...pod, metadata: { ...pod.metadata, uid: `nominee${n}` } } as Pod;
      this.nominator.add(nominee, name);
      this.nominees.push(nominee);
    } else if (change === 'withdraw') {
      for (const nominee of this.nominees.splice(0)) this.nominator.remove(nominee);
      this.budgets.length = 0;
    } else if (change === 'budget')
      this.budgets.push({
        metadata: { name: `b${n}`, namespace: 'one' },
        spec: { selector: { matchLabels: { app: 'web' } } },
        status: { disruptionsAllowed: which % 2 },
      } as unknown as KubeObject);
  }
}

describe('decisions from what is kept', () => {
  it('are those of the plugins, every one', () => {
    let preempted = 0;
    fc.assert(
      fc.property(
        fc.array(nodeShape, { minLength: 2, maxLength: 40 }),
        fc.array(templateShape, { minLength: 1, maxLength: 5 }),
        fc.array(step, { minLength: 10, maxLength: 90 }),
        (shapes, templates, steps) => {
          const cluster = new Cluster(shapes);
          const makers = templates.map(templateOf);
          steps.forEach((one, n) => {
            const pod = (makers[one.template % makers.length] as (n: number) => Pod)(n);
            const before = cluster.bound.length;
            cluster.decide(n, pod);
            if (cluster.bound.length < before) preempted++;
            cluster.change(n, one, pod);
          });
        },
      ),
      { numRuns: 250, seed: 7 },
    );
    expect(preempted).toBeGreaterThan(20);
  }, 300_000);

  it('are those of the plugins where nodes are sampled', () => {
    let sampled = 0;
    fc.assert(
      fc.property(
        fc.array(nodeShape, { minLength: 220, maxLength: 300 }),
        fc.array(templateShape, { minLength: 1, maxLength: 4 }),
        fc.array(step, { minLength: 5, maxLength: 40 }),
        (shapes, templates, steps) => {
          const cluster = new Cluster(shapes, 1);
          const makers = templates.map(templateOf);
          steps.forEach((one, n) => {
            const pod = (makers[one.template % makers.length] as (n: number) => Pod)(n);
            if (cluster.decide(n, pod) === 100) sampled++;
            cluster.change(n, one, pod);
          });
        },
      ),
      { numRuns: 25, seed: 11, endOnFailure: true },
    );
    expect(sampled).toBeGreaterThan(20);
  }, 300_000);
});
