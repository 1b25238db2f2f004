/** The columns against the plugins: random clusters and pods of every kind, one decision after another, with pods and nodes coming and going. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject, Node, Pod } from '#api';
import { Cache, evaluateAll, LiveHandle, MapLister, Nominator, newPodInfo, PodScheduler, Profile } from '#scheduler';

const pick = <T>(of: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...of);
const ZONES = ['a', 'b', 'c', ''];
const APPS = ['web', 'db', 'job'];

const nodeArbitrary = fc.record({
  zone: pick(ZONES),
  cpu: pick([1, 2, 4, 8]),
  memory: pick(['1Gi', '4Gi', '16Gi']),
  pods: pick([2, 5, 110]),
  taint: pick(['', 'NoSchedule', 'PreferNoSchedule']),
  isCordoned: fc.boolean().map((b) => b),
  disk: pick(['ssd', 'hdd']),
});

const makeNode = (
  n: number,
  of: { zone: string; cpu: number; memory: string; pods: number; taint: string; isCordoned: boolean; disk: string },
): Node =>
  ({
    metadata: {
      name: `node-${n}`,
      labels: {
        'kubernetes.io/hostname': `node-${n}`,
        disk: of.disk,
        ...(of.zone === '' ? {} : { 'topology.kubernetes.io/zone': of.zone }),
      },
    },
    spec: { unschedulable: of.isCordoned && n % 3 === 0, taints: of.taint === '' ? [] : [{ key: 'k', value: 'v', effect: of.taint }] },
    status: {
      allocatable: { cpu: String(of.cpu), memory: of.memory, pods: String(of.pods), 'example.com/gpu': n % 2 === 0 ? '2' : '0' },
      images: n % 2 === 0 ? [{ names: ['big:latest'], sizeBytes: 900_000_000 }] : [],
    },
  }) as unknown as Node;

const term = (app: string, topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app } } });
const SHAPES: readonly ((app: string, other: string) => object)[] = [
  () => ({}),
  () => ({ tolerations: [{ operator: 'Exists' }] }),
  () => ({ nodeSelector: { disk: 'ssd' } }),
  () => ({
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 7, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['hdd'] }] } },
        ],
      },
    },
  }),
  () => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1', 'node-4'] }] }],
        },
      },
    },
  }),
  (app) => ({
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app } },
      },
    ],
  }),
  (app) => ({
    nodeSelector: { disk: 'ssd' },
    topologySpreadConstraints: [
      {
        maxSkew: 2,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { app } },
        nodeTaintsPolicy: 'Honor',
      },
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: { app } } },
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app } },
        minDomains: 5,
        nodeAffinityPolicy: 'Ignore',
      },
    ],
  }),
  (app) => ({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(app, 'topology.kubernetes.io/zone')] } } }),
  (app, other) => ({
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [term(app, 'kubernetes.io/hostname'), term(other, 'topology.kubernetes.io/zone')],
      },
    },
  }),
  (app, other) => ({
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 50,
            podAffinityTerm: { ...term(other, 'topology.kubernetes.io/zone'), namespaceSelector: { matchLabels: { team: 'x' } } },
          },
        ],
      },
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 20, podAffinityTerm: term(app, 'kubernetes.io/hostname') }],
      },
    },
  }),
  () => ({
    containers: [{ name: 'c', image: 'big', ports: [{ containerPort: 80, hostPort: 8080 }], resources: { requests: { cpu: '100m' } } }],
  }),
  () => ({ containers: [{ name: 'c', image: 'big', resources: { requests: { cpu: '100m', 'example.com/gpu': '1' } } }] }),
  () => ({ containers: [{ name: 'c', image: 'small' }] }),
];

const stepArbitrary = fc.record({
  shape: fc.nat(SHAPES.length - 1),
  app: pick(APPS),
  other: pick(APPS),
  namespace: pick(['one', 'two']),
  cpu: pick(['50m', '400m', '1']),
  then: pick(['nothing', 'remove', 'terminate', 'taint', 'addNode', 'removeNode', 'nominate'] as const),
});
type PlanStep = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

function makePod(n: number, { shape, app, other, namespace, cpu }: PlanStep): Pod {
  const containers = [{ name: 'c', image: 'small', resources: { requests: { cpu, memory: '64Mi' } } }];
  const spec = { containers, priority: n % 4, ...(SHAPES[shape] as (typeof SHAPES)[number])(app, other) };
  return { metadata: { name: `p${n}`, namespace, uid: `u${n}`, labels: { app } }, spec, status: { phase: 'Pending' } } as unknown as Pod;
}

class Twin {
  readonly cache = new Cache();
  readonly nominator = new Nominator();
  readonly profile = new Profile();
  readonly bound = new Map<string, Pod>();
  readonly handle: LiveHandle;
  readonly scheduler: PodScheduler;
  nodes: Node[];

  constructor(nodes: Node[]) {
    this.nodes = nodes;
    const namespaces = [{ metadata: { name: 'one', labels: { team: 'x' } } }, { metadata: { name: 'two', labels: { team: 'y' } } }];
    const services = [{ metadata: { name: 's', namespace: 'one' }, spec: { selector: { app: 'web' } } }];
    const listers = new Map<string, MapLister<KubeObject>>([
      ['namespaces', new MapLister(namespaces)],
      ['services', new MapLister(services)],
    ]);
    this.handle = new LiveHandle(this.profile, this.cache, this.nominator, listers);
    this.scheduler = new PodScheduler(this.profile, this.cache, this.nominator, this.handle, 100);
    for (const node of nodes) this.cache.addNode(node);
  }

  step(n: number, plan: PlanStep): void {
    const pod = makePod(n, plan);
    const expected = evaluateAll(this.profile, pod, this.handle);
    const decision = this.scheduler.schedule(pod, n);
    expect({ n, node: decision.nodeName, feasible: decision.feasible }).toEqual({
      n,
      node: expected.best[0] ?? '',
      feasible: expected.feasible.length,
    });
    if (decision.feasible > 1) expect({ n, tied: decision.tied }).toEqual({ n, tied: expected.best.length });
    if (decision.nodeName !== '') {
      const placed = { ...pod, spec: { ...pod.spec, nodeName: decision.nodeName } } as Pod;
      this.cache.assumePod(newPodInfo(placed), decision.nodeName);
      this.bound.set(`u${n}`, placed);
    }
    this.#change(n, plan.then, pod);
  }

  #change(n: number, what: PlanStep['then'], pod: Pod): void {
    const victim = [...this.bound.values()][(n * 7) % Math.max(this.bound.size, 1)];
    const node = this.nodes[(n * 5) % this.nodes.length] as Node;
    if (what === 'remove' && victim !== undefined) {
      this.cache.removePod(victim);
      this.bound.delete(victim.metadata?.uid ?? '');
    } else if (what === 'terminate' && victim !== undefined) {
      const going = { ...victim, metadata: { ...victim.metadata, deletionTimestamp: '2025-01-01T00:00:00Z' } } as Pod;
      this.cache.updatePod(going);
      this.bound.set(victim.metadata?.uid ?? '', going);
    } else if (what === 'taint') {
      const tainted = {
        ...node,
        spec: { ...node.spec, taints: [{ key: 'k', value: 'v', effect: n % 2 === 0 ? 'PreferNoSchedule' : 'NoSchedule' }] },
      } as unknown as Node;
      this.nodes[this.nodes.indexOf(node)] = tainted;
      this.cache.updateNode(tainted);
    } else if (what === 'addNode') {
      // Names come out of order on purpose.
      const added = makeNode(100 - n, {
        zone: ZONES[n % 4] as string,
        cpu: 4,
        memory: '4Gi',
        pods: 10,
        taint: '',
        isCordoned: false,
        disk: 'ssd',
      });
      this.nodes.push(added);
      this.cache.addNode(added);
    } else if (what === 'removeNode' && this.nodes.length > 2) {
      this.nodes = this.nodes.filter((other) => other !== node);
      this.cache.removeNode(node.metadata?.name ?? '');
    } else if (what === 'nominate')
      this.nominator.add({ ...pod, metadata: { ...pod.metadata, uid: `nominee-${n}` } } as Pod, node.metadata?.name ?? '');
  }
}

describe('ColumnCycle', () => {
  it('finds the nodes that the plugins find, whatever happens between two decisions', () => {
    fc.assert(
      fc.property(
        fc.array(nodeArbitrary, { minLength: 1, maxLength: 9 }),
        fc.array(stepArbitrary, { minLength: 1, maxLength: 40 }),
        (nodes, steps) => {
          const twin = new Twin(nodes.map((node, n) => makeNode(n, node)));
          steps.forEach((step, n) => twin.step(n, step));
        },
      ),
      { numRuns: 300, seed: 42 },
    );
  }, 120_000);
});
