/** What few seeds draw besides, for mistakes that show only where somebody knows less than others: members of etcd that are deposed one after the other
 *  while their disks are slow, servers that fall behind while users compare what they are told, servers that die before they are whole, users
 *  who bind what is bound and delete what is held. */

import type { Dice, FaultValue, Span } from './swarm.ts';
import type { Extras } from './swarm-extras.ts';

type Entry = Readonly<Record<string, unknown>>;

const timed = (at: number, lasts: number): Entry => ({ at: `${at}s`, for: `${lasts}s` });

/** Each member in turn is not heard by its peers, hears nobody, or is alone with its clients, so that now and then it is the one that leads. Disks take long, and
 *  no two alike: a new leader is not the first to have its own entry on disk. */
export function deposed(dice: Dice, { from, until }: Span): Extras {
  const faults: FaultValue[] = [
    {
      slowEtcdDisk: {
        ...timed(from, until - from - 1),
        fsync: { exponential: { mean: dice.one(['5ms', '10ms', '20ms']) } },
        afterwards: '200us',
      },
    },
  ];
  let at = from + dice.between(1, 10);
  for (let member = dice.between(0, 2); ; member = (member + 1) % 3) {
    const isAlone = dice.chance(0.3);
    const lasts = isAlone ? dice.between(6, 9) : dice.between(3, 6);
    const clients = !isAlone && dice.chance(0.3);
    if (at + lasts >= until) break;
    faults.push({ partitionEtcdMember: { ...timed(at, lasts), member, clients, direction: isAlone || clients ? 'both' : 'in' } });
    at += lasts + dice.between(2, 12);
  }
  return { cluster: {}, workload: [], faults };
}

/** Users who write, and read what must not be older than that, of servers that lag; and one that hears nothing of etcd until it has forgotten what it knows. */
export function behind(dice: Dice, { from, until }: Span): Extras {
  const when = (long: number): string => `${dice.between(from, Math.max(from, until - long - 1))}s`;
  const lags: FaultValue[] = Array.from({ length: 2 }, () => {
    const lasts = dice.between(10, 30);
    return { lagWatch: { at: when(lasts), for: `${lasts}s`, by: dice.one(['500ms', '1s', '2s']), apiServer: dice.between(0, 1) } };
  });
  // Messages keep their order: what is late by so much keeps back all that comes after it, as a connection does that stands still.
  const long = dice.between(70, 85);
  const cutOff = { lagWatch: { at: when(long + 4), for: '1s', by: `${long}s`, apiServer: dice.between(0, 1) } };
  const reader = {
    name: 'reader',
    clients: 4,
    resource: 'secrets',
    objects: 8,
    requestsPerSecond: { update: 1, list: 0.5, listKnown: 0.5 },
    timeout: '10s',
    start: `${from}s`,
    for: `${until - from}s`,
  };
  return {
    cluster: { apiServers: { count: 2, compactionInterval: '30s', watchCacheSize: dice.one([10, 30, 100]) } },
    workload: [{ apiLoad: reader }],
    faults: [...lags, cutOff],
  };
}

/** An API server that dies again and again a moment after it has come back, while etcd takes its time and users keep on writing: it has hardly begun to ask, and
 *  answers to its former life are still on the way. */
export function shortLived(dice: Dice, { from, until }: Span): Extras {
  const index = dice.between(0, 1);
  const begins = dice.between(from, until - 30);
  const faults: FaultValue[] = [
    { slowEtcdDisk: { ...timed(begins, 25), fsync: { exponential: { mean: dice.one(['200ms', '400ms']) } }, afterwards: '200us' } },
  ];
  for (let at = begins * 1000 + 2000; at < begins * 1000 + 22_000; at += dice.between(600, 1800))
    faults.push({ crashApiServer: { at: `${at}ms`, for: '200ms', index, killed: false } });
  const hasty = {
    name: 'hasty',
    clients: 6,
    resource: 'secrets',
    objects: 12,
    requestsPerSecond: { update: 40 },
    timeout: '2s',
    start: `${begins}s`,
    for: '25s',
  };
  return { cluster: {}, workload: [{ apiLoad: hasty }], faults };
}

/** Somebody who gives pods a node that have one, when all is calm again (they are a StatefulSet's, whose names are known); and somebody who deletes what
 *  another still holds by a finalizer. */
export function meddled(dice: Dice, { from, until }: Span): Extras {
  const replicas = dice.between(2, 4);
  const spec = {
    replicas,
    serviceName: 'bound',
    selector: { matchLabels: { app: 'bound' } },
    template: {
      metadata: { labels: { app: 'bound' } },
      spec: { containers: [{ name: 'main', image: 'bound:1', resources: { requests: { cpu: '20m', memory: '32Mi' } } }] },
    },
  };
  const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'bound' }, spec };
  const finalizers = (at: number, names: readonly string[]): Entry => {
    const held = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'held-0', finalizers: names } };
    return { apply: { at: `${at}s`, patch: true, objects: [held] } };
  };
  const bindings = Array.from({ length: replicas }, (_, place) => ({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: `bound-${place}` },
    target: { apiVersion: 'v1', kind: 'Node', name: `node-${dice.between(0, 9)}` },
  }));
  return {
    cluster: {},
    workload: [
      ...[8, until + 5].map((at) => ({ apply: { at: `${at}s`, objects: [set] } })),
      { apply: { at: `${until + 60}s`, objects: bindings } },
      { deployments: { name: 'held', count: 1, replicas: 1, start: '9s', image: 'held:1', cpu: '20m', memory: '32Mi' } },
      finalizers(20, ['example.com/held']),
      ...[dice.between(from, until - 1), until + 10].map((at) => ({ delete: { at: `${at}s`, of: 'held', share: '100 %' } })),
      finalizers(until + 20, []),
    ],
    faults: [],
  };
}
