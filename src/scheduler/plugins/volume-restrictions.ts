/** Disks that tolerate one user only, and ReadWriteOncePod claims. Mirrors kube-scheduler v1.34 plugins/volumerestrictions. */

import type { Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin, Handle, PreFilterPlugin, PreFilterResult } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podNamespace } from '../pod-fields.ts';
import { ifClaimed } from '../pod-hints.ts';
import type { PodInfo } from '../pod-info.ts';
import { ADD, DELETE, type EventRegistration } from '../queueing-events.ts';
import { SKIP, type Status, unresolvable, unschedulable } from '../status.ts';
import { claimNotFound, claimsOf } from '../storage-objects.ts';

const DISK_CONFLICT = unschedulable('node(s) had no available disk');
const ONCE_POD_CONFLICT = unschedulable(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
);

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

const needsCheck = (volume: Volume): boolean =>
  volume.gcePersistentDisk !== undefined ||
  volume.awsElasticBlockStore !== undefined ||
  volume.rbd !== undefined ||
  volume.iscsi !== undefined;

/** isVolumeConflict: the same disk, unless both only read (EBS never). */
function conflicts(mine: Volume, theirs: Volume): boolean {
  if (mine.gcePersistentDisk !== undefined && theirs.gcePersistentDisk !== undefined) {
    const areReadOnly = mine.gcePersistentDisk.readOnly === true && theirs.gcePersistentDisk.readOnly === true;
    if (mine.gcePersistentDisk.pdName === theirs.gcePersistentDisk.pdName && !areReadOnly) return true;
  }
  if (mine.awsElasticBlockStore !== undefined && theirs.awsElasticBlockStore !== undefined) {
    if (mine.awsElasticBlockStore.volumeID === theirs.awsElasticBlockStore.volumeID) return true;
  }
  if (mine.iscsi !== undefined && theirs.iscsi !== undefined) {
    const areReadOnly = mine.iscsi.readOnly === true && theirs.iscsi.readOnly === true;
    if (mine.iscsi.iqn === theirs.iscsi.iqn && !areReadOnly) return true;
  }
  if (mine.rbd !== undefined && theirs.rbd !== undefined) {
    const areReadOnly = mine.rbd.readOnly === true && theirs.rbd.readOnly === true;
    const shareMonitor = mine.rbd.monitors.some((monitor) => theirs.rbd?.monitors.includes(monitor));
    // The API's default pool is 'rbd'.
    const isSame = (mine.rbd.pool ?? 'rbd') === (theirs.rbd.pool ?? 'rbd') && mine.rbd.image === theirs.rbd.image;
    if (shareMonitor && isSame && !areReadOnly) return true;
  }
  return false;
}

class OncePodState {
  readonly claims: ReadonlySet<string>;
  users: number;

  constructor(claims: ReadonlySet<string>, users: number) {
    this.claims = claims;
    this.users = users;
  }

  clone(): OncePodState {
    return new OncePodState(this.claims, this.users);
  }

  /** By claim name alone, whatever the namespace: as upstream counts (conflictingPVCRefCountForPod). */
  usesBy({ pod }: PodInfo): number {
    let uses = 0;
    for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
      if (persistentVolumeClaim !== undefined && this.claims.has(persistentVolumeClaim.claimName)) uses++;
    }
    return uses;
  }
}

const STATE_KEY = 'PreFilterVolumeRestrictions';

export class VolumeRestrictions implements PreFilterPlugin, FilterPlugin, EnqueueExtensions {
  readonly name = 'VolumeRestrictions';

  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined {
    const volumes = pod.spec?.volumes ?? [];
    const oncePod = new Set<string>();
    let users = 0;
    for (const { persistentVolumeClaim } of volumes) {
      if (persistentVolumeClaim === undefined) continue;
      const key = `${podNamespace(pod)}/${persistentVolumeClaim.claimName}`;
      const claim = claimsOf(handle).get(key);
      if (claim === undefined) return { status: unresolvable(claimNotFound(persistentVolumeClaim.claimName)) };
      if (!(claim.spec?.accessModes ?? []).includes('ReadWriteOncePod') || oncePod.has(persistentVolumeClaim.claimName)) continue;
      oncePod.add(persistentVolumeClaim.claimName);
      if (handle.snapshot.isClaimUsed(key)) users++;
    }
    if (users === 0 && !volumes.some(needsCheck)) return { status: SKIP };
    state.write(STATE_KEY, new OncePodState(oncePod, users));
    return undefined;
  }

  addPod(state: CycleState, _pod: Pod, added: PodInfo): void {
    const own = state.read<OncePodState>(STATE_KEY);
    if (own !== undefined) own.users += own.usesBy(added);
  }

  removePod(state: CycleState, _pod: Pod, removed: PodInfo): void {
    const own = state.read<OncePodState>(STATE_KEY);
    if (own !== undefined) own.users -= own.usesBy(removed);
  }

  filter(state: CycleState, pod: Pod, node: NodeInfo): Status | undefined {
    for (const volume of pod.spec?.volumes ?? []) {
      if (!needsCheck(volume)) continue;
      for (const { pod: other } of node.pods) {
        for (const existing of other.spec?.volumes ?? []) if (conflicts(volume, existing)) return DISK_CONFLICT;
      }
    }
    return (state.read<OncePodState>(STATE_KEY)?.users ?? 0) > 0 ? ONCE_POD_CONFLICT : undefined;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Pod',
        action: DELETE,
        hint: (pod, before) => {
          const gone = before as Pod;
          if (podNamespace(gone) !== podNamespace(pod)) return 'QueueSkip';
          const sharesClaim = (pod.spec?.volumes ?? []).some((mine) => {
            const claim = mine.persistentVolumeClaim?.claimName;
            return claim !== undefined && (gone.spec?.volumes ?? []).some((theirs) => theirs.persistentVolumeClaim?.claimName === claim);
          });
          const sharesDisk = (pod.spec?.volumes ?? []).some((mine) => (gone.spec?.volumes ?? []).some((theirs) => conflicts(mine, theirs)));
          return sharesClaim || sharesDisk ? 'Queue' : 'QueueSkip';
        },
      },
      { resource: 'Node', action: ADD },
      {
        resource: 'PersistentVolumeClaim',
        action: ADD,
        hint: (pod, _before, after) => ifClaimed(pod, after, (_pod, volume) => volume.persistentVolumeClaim?.claimName),
      },
    ];
  }
}
