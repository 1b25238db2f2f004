/** What some seeds draw besides, so that somebody is refused or has to go: servers with little room, pods that displace others, budgets in the way of drains,
 *  a pod that takes a node's memory. How each ends does not depend on what befell the run, so that the same work without faults ends alike. */

import type { Dice, Span } from './swarm.ts';
import type { Extras } from './swarm-extras.ts';

type Entry = Readonly<Record<string, unknown>>;

const deployment = (name: string, replicas: number, container: Entry = {}, pod: Entry = {}): Entry => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [{ name: 'main', image: `${name}:1`, resources: { requests: { cpu: '20m', memory: '32Mi' } }, ...container }],
        ...pod,
      },
    },
  },
});
/** Once before the storm or in it, and once more when all is healed. */
const said = (at: number, { until }: Span, objects: readonly Entry[]): readonly Entry[] =>
  [at, until + 5].map((second) => ({ apply: { at: `${second}s`, objects } }));

/** API servers that serve few at a time, remember little and forget soon: 429, leases of etcd that run out, and 410 for controller managers that were cut off. */
export function squeezed(dice: Dice, { from, until }: Span): Extras {
  const inFlight = { flowControl: 'maxInFlight', maxRequestsInFlight: dice.between(2, 6), maxMutatingRequestsInFlight: dice.between(1, 4) };
  const memory = { watchCacheSize: dice.one([10, 30, 100]), compactionInterval: dice.one(['30s', '60s']) };
  const eventTtl = dice.one(['30s', '90s']);
  const [isBusy, isForgetful] = [dice.chance(0.6), dice.chance(0.6)];
  const cutOff = [0, 1].map((index) => {
    const lasts = dice.between(40, 70);
    const at = `${dice.between(from, until - lasts - 1)}s`;
    return { isolateComponent: { at, for: `${lasts}s`, component: 'controllerManager', index } };
  });
  return {
    cluster: { apiServers: { count: 2, eventTtl, ...(isBusy ? inFlight : {}), ...(isForgetful ? memory : {}) } },
    workload: [],
    faults: isForgetful ? cutOff : [],
  };
}

/** A port of the node that one pod alone can have, and more pods for it than nodes: the important ones come last and displace others. */
export function rivals(dice: Dice, storm: Span): Extras {
  const port = { ports: [{ containerPort: 9000, hostPort: 9000 }] };
  const classes = [
    { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'urgent' }, value: 1000 },
    deployment('lesser', dice.between(8, 12), port),
  ];
  const urgent = deployment('urgent', dice.between(3, 6), port, { priorityClassName: 'urgent' });
  return {
    cluster: {},
    workload: [...said(9, storm, classes), ...said(dice.between(storm.from, storm.until - 30), storm, [urgent])],
    faults: [],
  };
}

/** Several pods on every node that may go one at a time, and nodes that are to be emptied. */
export function guarded(dice: Dice, storm: Span): Extras {
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'guarded' },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'guarded' } } },
  };
  const drain = { at: `${dice.between(storm.from, storm.until - 60)}s`, count: dice.between(1, 2), uncordonAfter: '10s' };
  return {
    cluster: {},
    workload: [...said(8, storm, [deployment('guarded', dice.between(25, 35)), budget]), { drain }],
    faults: [],
  };
}

/** One pod of nobody's that has hardly anything asked for and takes what a node has: its kubelet evicts it, and no one makes it again. */
export function hungry(dice: Dice, { from, until }: Span): Extras {
  return {
    cluster: { kubelets: { evictionHard: { 'memory.available': '500Mi' }, evictionPressureTransitionPeriod: '30s' } },
    workload: [
      {
        pods: {
          name: 'hungry',
          count: 1,
          start: `${dice.between(from, until - 60)}s`,
          image: 'hungry:1',
          cpu: '20m',
          memory: '32Mi',
          memoryUse: { start: '1GiB', growth: '500MiB', max: '16000MiB' },
        },
      },
    ],
    faults: [],
  };
}
