/** What one seed in twenty draws, each kind for a mistake that nothing else brings to light: pods that are never ready behind a Service; watches that break off
 *  while a Deployment grows; messages to kubelets that are lost; a node that is gone when the next pods come. All of it happens before the storm, so that nothing else is to blame. */

import type { Dice, Span } from './swarm.ts';
import type { Extras } from './swarm-extras.ts';

type Entry = Readonly<Record<string, unknown>>;

const deployment = (name: string, replicas: number, annotations: Entry, container: Entry): Entry => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name }, annotations },
      spec: {
        containers: [{ name: 'main', image: `${name}:1`, resources: { requests: { cpu: '20m', memory: '32Mi' } }, ...container }],
      },
    },
  },
});
const apply = (at: number, objects: readonly Entry[], more: Entry = {}): Entry => ({ apply: { at: `${at}s`, objects, ...more } });

/** A Service whose pods run and never pass their readiness probe. */
export function unready(dice: Dice, { until }: Span): Extras {
  const behaviour = { 'wavetank.dev/behaviour': JSON.stringify({ probes: { readiness: { failAfterSeconds: 0 } } }) };
  const objects = [
    deployment('unready', dice.between(2, 4), behaviour, { readinessProbe: { httpGet: { port: 80 }, periodSeconds: 5 } }),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'unready' }, spec: { selector: { app: 'unready' }, ports: [{ port: 80 }] } },
  ];
  return { cluster: {}, workload: [apply(9, objects), apply(until + 5, objects)], faults: [] };
}

/** All watches break off just before a Deployment grows, and come back one by one: who asked for pods has to remember it until it sees them. Once, lest
 *  clients wait for long when the storm comes. */
export function growing(dice: Dice, { until }: Span): Extras {
  const objects = [deployment('growing', 2, {}, {})];
  const grown = [{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'growing' }, spec: { replicas: dice.between(7, 12) } }];
  return {
    cluster: {},
    workload: [apply(9, objects), apply(13, grown, { patch: true }), apply(until + 5, objects), apply(until + 10, grown, { patch: true })],
    faults: [{ dropWatches: { at: '12800ms' } }],
  };
}

/** Pods come to all nodes while three in ten messages between nodes and API servers are lost, for too short a time to break a connection: a kubelet has to
 *  notice by the next message that one is missing. */
export function lossy(dice: Dice, { until }: Span): Extras {
  const objects = [deployment('lossy', dice.between(20, 30), {}, {})];
  return {
    cluster: {},
    workload: [apply(13, objects), apply(until + 5, objects)],
    faults: [{ slowNetwork: { at: '12s', for: '6s', loss: '30 %' } }],
  };
}

/** A node that nobody runs on: it comes, and its object is deleted before anybody misses its heartbeats. The pods that come next would find it empty. */
export function spare(dice: Dice, { until }: Span): Extras {
  const room = { cpu: '8', memory: '16Gi', pods: '110' };
  const named = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'spare', labels: { 'kubernetes.io/hostname': 'spare' } } };
  const node = { ...named, status: { capacity: room, allocatable: room, conditions: [{ type: 'Ready', status: 'True' }] } };
  const late = [deployment('late', dice.between(3, 6), {}, {})];
  return {
    cluster: {},
    workload: [apply(14, [node]), apply(19, [named], { delete: true }), apply(27, late), apply(until + 5, late)],
    faults: [],
  };
}
