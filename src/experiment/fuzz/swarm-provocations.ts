/** Work that few seeds draw, each kind for mistakes that nothing else brings to light: nodes that are nearly full, for schedulers that forget what they have
 *  placed; objects of which none is left now and then, for watches that begin again just then. */

import type { Dice, FaultValue, Span } from './swarm.ts';
import type { Extras } from './swarm-extras.ts';

/** Three of its pods fill a node of 16 GiB but for what all others ask for. */
const LARGE = '5Gi';

/** A Deployment that grows until every node is nearly full, just as both schedulers come back from a crash. */
export function tight(dice: Dice, { from, until }: Span): Extras {
  const [few, many] = [dice.between(8, 14), dice.between(24, 27)];
  const crashed = dice.between(from, until - 30);
  const lasts = dice.between(2, 10);
  const spec = {
    replicas: few,
    selector: { matchLabels: { app: 'tight' } },
    template: {
      metadata: { labels: { app: 'tight' } },
      spec: { containers: [{ name: 'main', image: 'tight:1', resources: { requests: { cpu: '50m', memory: LARGE } } }] },
    },
  };
  const named = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'tight' } };
  const grown = (at: number) => ({ apply: { at: `${at}s`, patch: true, objects: [{ ...named, spec: { replicas: many } }] } });
  return {
    cluster: {},
    workload: [
      ...[8, until + 5].map((at) => ({ apply: { at: `${at}s`, objects: [{ ...named, spec }] } })),
      ...[crashed + 1, until + 10].map(grown),
    ],
    faults: [0, 1].map((index) => ({ crashScheduler: { at: `${crashed}s`, for: `${lasts}s`, index } })),
  };
}

/** Jobs that have nothing to do and are gone a second after they are over, one after the other, and watches that are broken off among them. */
export function fleeting(dice: Dice, { from, until }: Span): Extras {
  const pause = dice.between(2, 3);
  const last = Math.min(until - 1, from + 60 * pause);
  const times: number[] = [];
  for (let at = from; at < last; at += pause) times.push(at);
  const spec = {
    completions: 0,
    ttlSecondsAfterFinished: 1,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'fleeting:1' }] } },
  };
  const faults: FaultValue[] = Array.from({ length: dice.between(4, 8) }, () => ({ dropWatches: { at: `${dice.between(from, last)}s` } }));
  // Who hears nothing any more notices after 45 s and goes on at another server from where it was, when all of them may be gone.
  const half = Math.floor((until - from) / 2);
  for (const index of half > 60 ? [0, 1] : []) {
    const at = from + index * half + dice.between(1, half - 56);
    faults.push({ isolateComponent: { at: `${at}s`, for: '50s', component: 'apiServer', index } });
  }
  const onlookers = {
    name: 'onlookers',
    namespace: 'default',
    clients: 12,
    resource: 'jobs.batch',
    objects: 0,
    watchers: 12,
    watch: 'all',
    start: '20s',
  };
  return {
    cluster: {},
    workload: [
      { apiLoad: onlookers },
      ...times.map((at, place) => ({
        apply: { at: `${at}s`, objects: [{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: `fleeting-${place}` }, spec }] },
      })),
    ],
    faults,
    // Jobs that stay would keep servers' caches from being empty.
    without: ['jobs'],
  };
}
