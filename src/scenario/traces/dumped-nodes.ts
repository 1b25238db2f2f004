/** Node objects of another cluster as pools: equal machines are one pool and keep their names. */

import type { KubeObject } from '#api';
import { isQuantity } from '../units.ts';
import { printable, UserError } from '../user-error.ts';
import type { WrittenPool } from './fit-cluster.ts';
import type { FoundObject } from './object-files.ts';

interface DumpedNode extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key?: string }[]; readonly unschedulable?: boolean };
  readonly status?: { readonly capacity?: Readonly<Record<string, unknown>>; readonly allocatable?: Readonly<Record<string, unknown>> };
}

const ZONE = 'topology.kubernetes.io/zone';
/** Each node has its own, or the kubelet here says them. */
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'failure-domain.beta.kubernetes.io/zone',
  ZONE,
]);
/** Conditions of that moment: the node lifecycle controller says them anew. */
const OF_THE_MOMENT = /^node\.kubernetes\.io\/|^node\.cloudprovider\.kubernetes\.io\//;

function amounts({ object, place }: FoundObject, field: 'capacity' | 'allocatable'): Record<string, string> | undefined {
  const found = (object as DumpedNode).status?.[field];
  if (found === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(found).map(([name, amount]) => {
      if (isQuantity(amount)) return [name, String(amount)];
      throw UserError.at(
        place,
        `'status.${field}.${name}' of Node ${object.metadata?.name} is no quantity, found ${printable(JSON.stringify(amount) ?? 'nothing')}`,
      );
    }),
  );
}

/** A pool of one node; throws UserError naming the place of a mistake. */
export function poolOfNode(found: FoundObject): WrittenPool {
  const { metadata, spec } = found.object as DumpedNode;
  const [capacity, allocatable] = [amounts(found, 'capacity'), amounts(found, 'allocatable')];
  const has = capacity ?? allocatable;
  if (has === undefined) throw UserError.at(found.place, `Node ${metadata?.name} has no 'status.capacity'`);
  const labels = Object.fromEntries(Object.entries(metadata?.labels ?? {}).filter(([key]) => !OWN_LABELS.has(key)));
  const taints = (spec?.taints ?? []).filter(({ key }) => !OF_THE_MOMENT.test(key ?? ''));
  const zone = metadata?.labels?.[ZONE];
  return {
    name: 'pool',
    count: 1,
    names: [metadata?.name ?? ''],
    ...(zone === undefined ? {} : { zones: [zone] }),
    capacity: has,
    ...(allocatable === undefined ? {} : { allocatable }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(taints.length === 0 ? {} : { taints }),
  };
}

/** Pools of equal nodes, in the order of their first. */
export function merged(pools: readonly WrittenPool[]): WrittenPool[] {
  const byShape = new Map<string, WrittenPool[]>();
  for (const pool of pools) {
    const { names: _names, name: _name, count: _count, ...shape } = pool;
    const key = JSON.stringify(shape);
    const found = byShape.get(key);
    if (found === undefined) byShape.set(key, [pool]);
    else found.push(pool);
  }
  return [...byShape.values()].map((members, index) => ({
    ...(members[0] as WrittenPool),
    name: `pool-${index + 1}`,
    count: members.length,
    names: members.flatMap(({ names = [] }) => names),
  }));
}
