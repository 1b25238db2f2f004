/** What some seeds draw besides, from streams of their own, so that the others stay what they are: disks of a provider whose API fails, names that are not
 *  resolved, requests that are repeated. Each comes with the work that notices it. */

import type { Dice, FaultValue, Span } from './swarm.ts';
import { guarded, hungry, rivals, squeezed } from './swarm-pressures.ts';
import { fleeting, tight } from './swarm-provocations.ts';
import { growing, lossy, spare, unready } from './swarm-rarities.ts';
import { behind, deposed, meddled, shortLived } from './swarm-separations.ts';

type Entry = Readonly<Record<string, unknown>>;

export interface Extras {
  /** Beside the rest of `cluster`. */
  readonly cluster: Entry;
  readonly workload: readonly Entry[];
  readonly faults: readonly FaultValue[];
  /** Kinds of the seed's other work that would be in the way: it goes without. */
  readonly without?: readonly string[];
}

const SHARE = 0.1;
const CALLS = ['provision', 'attach', 'detach', 'delete'];

const pods = (app: string, volume: boolean): Entry => ({
  metadata: { labels: { app } },
  spec: {
    containers: [
      {
        name: 'main',
        image: `${app}:1`,
        resources: { requests: { cpu: '50m', memory: '64Mi' } },
        ...(volume ? { volumeMounts: [{ name: 'data', mountPath: '/data' }] } : {}),
      },
    ],
  },
});

function strikes(dice: Dice, { from, until }: Span, kind: string, more: () => Entry): readonly FaultValue[] {
  return Array.from({ length: dice.between(1, 3) }, () => {
    const lasts = dice.between(5, 60);
    return { [kind]: { at: `${dice.between(from, until - lasts - 1)}s`, for: `${lasts}s`, ...more() } };
  });
}

/** Disks: a StatefulSet whose volumes are made, attached and moved by a provider that fails now and then. */
function disks(dice: Dice, storm: Span): Extras {
  const spec = {
    replicas: dice.between(1, 3),
    serviceName: 'disk',
    podManagementPolicy: dice.one(['OrderedReady', 'Parallel']),
    selector: { matchLabels: { app: 'disk' } },
    template: pods('disk', true),
    volumeClaimTemplates: [
      { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    ],
  };
  const objects = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'disk' }, spec }];
  // In a storm nobody may take it: it is said once more when all is healed.
  const times = [dice.between(8, storm.until), storm.until + 5];
  const calls = (): Entry => (dice.chance(0.5) ? { call: dice.one(CALLS) } : {});
  return {
    cluster: {
      storage: {
        drivers: [{ name: 'disk.example.com' }],
        classes: [{ name: 'zonal', default: true, volumeBindingMode: dice.one(['WaitForFirstConsumer', 'Immediate']) }],
      },
    },
    workload: times.map((at) => ({ apply: { at: `${at}s`, objects } })),
    faults: strikes(dice, storm, 'cloudErrors', () => ({ share: dice.one(['20 %', '60 %', '100 %']), ...calls() })),
  };
}

/** Names: a Service that clients ask all the time. */
function names(dice: Dice, storm: Span): Extras {
  const spec = { replicas: dice.between(2, 4), selector: { matchLabels: { app: 'shop' } }, template: pods('shop', false) };
  const objects = [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' }, spec },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { selector: { app: 'shop' }, ports: [{ port: 80 }] } },
  ];
  return {
    cluster: {},
    workload: [
      { apply: { at: '8s', objects } },
      { traffic: { service: 'shop', start: '30s', phases: [{ name: 'all', for: `${storm.until}s`, requestsPerSecond: 2 }] } },
    ],
    faults: strikes(dice, storm, 'dnsErrors', () => ({ share: dice.one(['20 %', '100 %']) })),
  };
}

function repeats(dice: Dice, storm: Span): Extras {
  const of = (): Entry => (dice.chance(0.5) ? { of: dice.one(['nodes', 'schedulers', 'controllerManagers', 'users']) } : {});
  return {
    cluster: {},
    workload: [],
    faults: strikes(dice, storm, 'repeatRequests', () => ({ share: dice.one(['5 %', '20 %', '50 %']), ...of() })),
  };
}

const KINDS: Readonly<Record<string, (dice: Dice, storm: Span) => Extras>> = {
  disks,
  names,
  repeats,
  tight,
  fleeting,
  squeezed,
  rivals,
  guarded,
  hungry,
  deposed,
  behind,
  shortLived,
  meddled,
  unready,
  growing,
  lossy,
  spare,
};

/** Shares of those that are drawn less often. */
const RARE: Readonly<Record<string, number>> = {
  shortLived: 0.05,
  meddled: 0.05,
  unready: 0.05,
  growing: 0.05,
  lossy: 0.05,
  spare: 0.05,
};

/** Kinds of faults that only extras bring. */
export const EXTRA_FAULTS: readonly string[] = ['cloudErrors', 'dnsErrors', 'repeatRequests'];

export function swarmExtras(dice: (what: string) => Dice, storm: Span): Extras {
  const chosen = Object.entries(KINDS).flatMap(([name, draw]) => {
    const own = dice(name);
    return own.chance(RARE[name] ?? SHARE) ? [{ name, extras: draw(own, storm) }] : [];
  });
  // Large pods on its node, and the kernel may kill what is hungry before its kubelet, which looks every 10 s, evicts it: it would not end alike each time.
  const isTight = chosen.some(({ name }) => name === tight.name);
  const drawn = chosen.flatMap(({ name, extras }) => (isTight && name === hungry.name ? [] : [extras]));
  return {
    cluster: merged(drawn.map(({ cluster }) => cluster)),
    workload: drawn.flatMap(({ workload }) => workload),
    faults: drawn.flatMap(({ faults }) => faults),
    without: drawn.flatMap(({ without }) => without ?? []),
  };
}

/** Parts of which several say something of one component. */
function merged(parts: readonly Entry[]): Entry {
  const whole: Record<string, unknown> = {};
  for (const part of parts)
    for (const [field, value] of Object.entries(part))
      whole[field] = Array.isArray(value) ? value : { ...(whole[field] as Entry | undefined), ...(value as Entry) };
  return whole;
}
