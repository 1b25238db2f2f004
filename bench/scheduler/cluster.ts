/** Nodes and pods for bench:scheduler: made from a seed by a small generator of its own, the same on every machine. */

import type { Node, Pod } from '#api';

/** A number generator (Numerical Recipes' LCG): the bench needs variety, not quality. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0..sides-1. */
  roll(sides: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return Math.floor(((this.#state >>> 0) / 0x1_0000_0000) * sides);
  }
}

const ZONES = ['zone-a', 'zone-b', 'zone-c'];
const SIZES = [
  { cpu: '16', memory: '64Gi' },
  { cpu: '32', memory: '128Gi' },
  { cpu: '64', memory: '256Gi' },
];

export function makeNodes(count: number): Node[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `node-${String(i).padStart(5, '0')}`;
    const labels = {
      'kubernetes.io/hostname': name,
      'topology.kubernetes.io/zone': ZONES[i % 3] as string,
      'topology.kubernetes.io/region': 'region-1',
      disk: i % 4 === 0 ? 'nvme' : 'ssd',
    };
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, uid: name, labels },
      status: { allocatable: { ...SIZES[i % SIZES.length], pods: '110' } },
    } as unknown as Node;
  });
}

export interface Template {
  readonly app: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

export function template(app: string, cpu: string, memory: string, more: Readonly<Record<string, unknown>> = {}): Template {
  const containers = [{ name: 'main', image: `registry.example/${app}:1`, resources: { requests: { cpu, memory } } }];
  return { app, labels: { app }, spec: { containers, schedulerName: 'default-scheduler', priority: 0, ...more } };
}

/** Pods of one template share its labels and the parts of its spec, as those of one ReplicaSet do. */
export function makePod({ app, labels, spec }: Template, ordinal: number): Pod {
  const name = `${app}-${ordinal}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, labels },
    spec: { ...spec },
    status: { phase: 'Pending' },
  } as unknown as Pod;
}

const CPUS = ['100m', '250m', '500m', '750m', '1', '1500m'];
const MEMORIES = ['128Mi', '256Mi', '512Mi', '1Gi', '2Gi', '3Gi'];

export const plainTemplates = (count: number, more?: Readonly<Record<string, unknown>>, name = 'plain'): Template[] =>
  Array.from({ length: count }, (_, i) =>
    template(`${name}-${i}`, CPUS[i % 6] as string, MEMORIES[(i * 5 + (i >> 2)) % 6] as string, more),
  );

export const nodeAffinityTemplates = (): Template[] =>
  plainTemplates(
    10,
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-a', 'zone-b'] }] },
            ],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 40, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['nvme'] }] } },
            { weight: 10, preference: { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-b'] }] } },
          ],
        },
      },
    },
    'affine',
  );

export const spreadTemplates = (): Template[] =>
  Array.from({ length: 10 }, (_, i) => {
    const app = `spread-${i}`;
    const labelSelector = { matchLabels: { app } };
    return template(app, CPUS[i % 6] as string, MEMORIES[(i * 5) % 6] as string, {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector },
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector },
      ],
    });
  });

export const podAffinityTemplates = (): Template[] =>
  Array.from({ length: 10 }, (_, i) => {
    const app = `friend-${i}`;
    const term = (other: string, topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app: other } } });
    const podAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: [term(app, 'topology.kubernetes.io/zone')],
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 30, podAffinityTerm: term(`friend-${(i + 1) % 10}`, 'kubernetes.io/hostname') },
      ],
    };
    return template(app, CPUS[i % 6] as string, MEMORIES[(i * 5) % 6] as string, { affinity: { podAffinity } });
  });

export const antiAffinityTemplates = (): Template[] =>
  Array.from({ length: 10 }, (_, i) => {
    const app = `loner-${i}`;
    const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    return template(app, CPUS[i % 6] as string, MEMORIES[(i * 5) % 6] as string, { affinity: { podAntiAffinity } });
  });
