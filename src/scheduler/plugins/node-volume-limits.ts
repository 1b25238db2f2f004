/** How many volumes of a CSI driver a node can attach. Mirrors kube-scheduler v1.34 plugins/nodevolumelimits/csi.go.
 *  Departure: in-tree volumes are not translated to their CSI drivers (migration), so inline cloud disks are not counted. */

import type { Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin, Handle, PreFilterPlugin, PreFilterResult } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podNamespace } from '../pod-fields.ts';
import { heldNoNode, ifClaimed } from '../pod-hints.ts';
import { ADD, DELETE, type EventRegistration, UPDATE } from '../queueing-events.ts';
import { failure, SKIP, type Status, unresolvable, unschedulable } from '../status.ts';
import {
  attachmentsOf,
  type CsiNode,
  claimClass,
  claimNameOf,
  claimNotFound,
  claimsOf,
  csiNodesOf,
  notForPod,
  type PersistentVolumeClaim,
  storageClassesOf,
  type VolumeAttachment,
  volumesOf,
} from '../storage-objects.ts';

const EXCEEDED = unschedulable('node(s) exceed max volume count');

/** Volume -> driver. An unbound claim counts for its class's provisioner under an id of its own. */
function driverOf(claim: PersistentVolumeClaim, handle: Handle): { readonly driver: string; readonly volume: string } | undefined {
  const volumeName = claim.spec?.volumeName ?? '';
  const volume = volumeName === '' ? undefined : volumesOf(handle).get(volumeName);
  if (volume !== undefined) {
    const csi = volume.spec?.csi;
    return csi === undefined || csi.driver === '' || csi.volumeHandle === ''
      ? undefined
      : { driver: csi.driver, volume: `${csi.driver}/${csi.volumeHandle}` };
  }
  const className = claimClass(claim);
  const provisioner = className === '' ? undefined : storageClassesOf(handle).get(className)?.provisioner;
  if (provisioner === undefined || provisioner === '') return undefined;
  return { driver: provisioner, volume: `${provisioner}/unbound-${claim.metadata?.namespace ?? ''}/${claim.metadata?.name ?? ''}` };
}

/** filterAttachableVolumes; a text is an error. */
function collect(pod: Pod, handle: Handle, isNew: boolean, volumes: Map<string, string>): Status | undefined {
  for (const volume of pod.spec?.volumes ?? []) {
    const named = claimNameOf(pod, volume);
    if (named === undefined) continue;
    if (named.name === '') return failure('PersistentVolumeClaim had no name');
    const claim = claimsOf(handle).get(`${podNamespace(pod)}/${named.name}`);
    if (claim === undefined) {
      if (isNew) return unresolvable(`looking up PVC ${podNamespace(pod)}/${named.name}: ${claimNotFound(named.name)}`);
      continue;
    }
    const foreign = named.isEphemeral ? notForPod(pod, claim) : undefined;
    if (foreign !== undefined) return failure(foreign);
    const found = driverOf(claim, handle);
    if (found !== undefined) volumes.set(found.volume, found.driver);
  }
  return undefined;
}

function limitsOf(csiNode: CsiNode | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of csiNode?.spec?.drivers ?? [])
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  return limits;
}

/** getNodeVolumeAttachmentInfo. */
function attachedVolumes(handle: Handle, node: string): ReadonlyMap<string, string> {
  const volumes = new Map<string, string>();
  for (const { spec } of attachmentsOf(handle, node)) {
    const driver = spec?.attacher ?? '';
    const csi = volumesOf(handle).get(spec?.source?.persistentVolumeName ?? '')?.spec?.csi;
    if (driver !== '' && csi !== undefined) volumes.set(`${driver}/${csi.volumeHandle}`, driver);
  }
  return volumes;
}

export class NodeVolumeLimits implements PreFilterPlugin, FilterPlugin, EnqueueExtensions {
  readonly name = 'NodeVolumeLimits';

  preFilter(_state: CycleState, pod: Pod): PreFilterResult | undefined {
    for (const volume of pod.spec?.volumes ?? []) if (claimNameOf(pod, volume) !== undefined) return undefined;
    return { status: SKIP };
  }

  filter(_state: CycleState, pod: Pod, node: NodeInfo, handle: Handle): Status | undefined {
    const added = new Map<string, string>();
    const error = collect(pod, handle, true, added);
    if (error !== undefined) return error;
    if (added.size === 0) return undefined;
    const limits = limitsOf(csiNodesOf(handle).get(node.name));
    if (limits.size === 0) return undefined;
    const attached = new Map<string, string>();
    for (const { pod: existing } of node.pods) {
      const failed = collect(existing, handle, false, attached);
      if (failed !== undefined) return failed;
    }
    for (const volume of attached.keys()) added.delete(volume);
    // What is still attached for pods that are gone takes room, too.
    for (const [volume, driver] of attachedVolumes(handle, node.name)) attached.set(volume, driver);
    const attachedCount = new Map<string, number>();
    for (const driver of attached.values()) attachedCount.set(driver, (attachedCount.get(driver) ?? 0) + 1);
    const addedCount = new Map<string, number>();
    for (const driver of added.values()) addedCount.set(driver, (addedCount.get(driver) ?? 0) + 1);
    for (const [driver, count] of addedCount) {
      const limit = limits.get(driver);
      if (limit !== undefined && (attachedCount.get(driver) ?? 0) + count > limit) return EXCEEDED;
    }
    return undefined;
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      { resource: 'CSINode', action: ADD },
      { resource: 'CSINode', action: UPDATE, hint: (_pod, before, after) => afterLimits(before as CsiNode, after as CsiNode) },
      { resource: 'Pod', action: DELETE, hint: (_pod, before) => afterPodDeleted(before as Pod) },
      {
        resource: 'PersistentVolumeClaim',
        action: ADD,
        hint: (pod, _before, after) => ifClaimed(pod, after, (of, volume) => claimNameOf(of, volume)?.name),
      },
      { resource: 'VolumeAttachment', action: DELETE, hint: (pod, before) => afterDetached(pod, before as VolumeAttachment) },
    ];
  }
}

/** isSchedulableAfterCSINodeUpdated: some driver's limit rose; a driver without one counts as 0. */
function afterLimits(before: CsiNode, after: CsiNode): 'Queue' | 'QueueSkip' {
  const old = limitsOf(before);
  for (const [driver, limit] of limitsOf(after)) if (limit > (old.get(driver) ?? 0)) return 'Queue';
  return 'QueueSkip';
}

/** isSchedulableAfterPodDeleted. */
function afterPodDeleted(gone: Pod): 'Queue' | 'QueueSkip' {
  if (heldNoNode(gone)) return 'QueueSkip';
  const volumes = gone.spec?.volumes ?? [];
  return volumes.some((volume) => claimNameOf(gone, volume) !== undefined || driverOfInline(volume) !== undefined) ? 'Queue' : 'QueueSkip';
}

/** isSchedulableAfterVolumeAttachmentDeleted. */
function afterDetached(pod: Pod, gone: VolumeAttachment): 'Queue' | 'QueueSkip' {
  const helps = (pod.spec?.volumes ?? []).some(
    (volume) => volume.persistentVolumeClaim !== undefined || (gone.spec?.attacher ?? '') === (driverOfInline(volume) ?? ' '),
  );
  return helps ? 'Queue' : 'QueueSkip';
}

/** csi-translation-lib: the drivers that stand for in-tree volumes written into a pod. */
const IN_TREE_DRIVERS: readonly (readonly [field: string, driver: string])[] = [
  ['awsElasticBlockStore', 'ebs.csi.aws.com'],
  ['gcePersistentDisk', 'pd.csi.storage.gke.io'],
  ['cinder', 'cinder.csi.openstack.org'],
  ['azureDisk', 'disk.csi.azure.com'],
  ['azureFile', 'file.csi.azure.com'],
  ['vsphereVolume', 'csi.vsphere.vmware.com'],
  ['portworxVolume', 'pxd.portworx.com'],
];
function driverOfInline(volume: object): string | undefined {
  return IN_TREE_DRIVERS.find(([field]) => (volume as Readonly<Record<string, unknown>>)[field] !== undefined)?.[1];
}
