/** Which changes of classes, drivers and their capacity may make a pod fit that its volumes kept out. Mirrors kube-scheduler v1.34
 *  plugins/volumebinding/volume_binding.go (the isSchedulableAfter functions) and binder.go (volumeLimit). */

import { compareQuantities, deepEqual, type KubeObject, type Pod, type QuantityText } from '#api';
import type { QueueingHint } from './queueing-events.ts';
import type { CsiDriver, CsiStorageCapacity, StorageClass } from './storage-objects.ts';

const MIGRATED_PLUGINS = 'storage.alpha.kubernetes.io/migrated-plugins';

const queueIf = (helps: boolean): QueueingHint => (helps ? 'Queue' : 'QueueSkip');

/** Nothing but the topologies of a class can change. */
export function afterStorageClass(before: KubeObject | undefined, after: KubeObject | undefined): QueueingHint {
  if (before === undefined) return 'Queue';
  const topologies = (of: KubeObject | undefined): unknown => (of as StorageClass).allowedTopologies ?? [];
  return queueIf(!deepEqual(topologies(before), topologies(after)));
}

export function afterCsiNode(before: KubeObject | undefined, after: KubeObject | undefined): QueueingHint {
  if (before === undefined) return 'Queue';
  const migrated = (of: KubeObject | undefined): string => of?.metadata?.annotations?.[MIGRATED_PLUGINS] ?? '';
  return queueIf(migrated(before) !== migrated(after));
}

/** A driver that no longer tells its capacity, and that the pod's inline volumes use. */
export function afterCsiDriver(pod: Pod, before: KubeObject | undefined, after: KubeObject | undefined): QueueingHint {
  const tells = (of: KubeObject | undefined): boolean => (of as CsiDriver | undefined)?.spec?.storageCapacity === true;
  const volumes = (pod.spec?.volumes ?? []) as readonly { readonly csi?: { readonly driver: string } }[];
  return queueIf(tells(before) && !tells(after) && volumes.some(({ csi }) => csi?.driver === after?.metadata?.name));
}

/** volumeLimit: the largest volume, or what is left. */
const limitOf = ({ maximumVolumeSize, capacity }: CsiStorageCapacity): QuantityText | undefined => maximumVolumeSize ?? capacity;

export function afterCapacity(before: KubeObject | undefined, after: KubeObject | undefined): QueueingHint {
  if (before === undefined) return 'Queue';
  const now = limitOf(after as CsiStorageCapacity);
  const then = limitOf(before as CsiStorageCapacity);
  return queueIf(now !== undefined && (then === undefined || compareQuantities(now, then) > 0));
}
