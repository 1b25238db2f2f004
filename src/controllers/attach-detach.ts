/** Has volumes attached to the nodes whose pods use them and detached from those where nobody does any more, by VolumeAttachments that the driver's attacher
 *  carries out. Mirrors kubernetes v1.34 pkg/controller/volume/attachdetach (reconciler/reconciler.go, populator, statusupdater) and pkg/volume/csi/csi_attacher.go.
 *  A key is one volume, or `node|name`, whose status.volumesAttached is brought up to date. Departure: volumes of CSI drivers alone are attached. */

import type { CSIDriver, KubeObject, Node, PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment } from '#api';
import type { Controller, InformerEvent, Plan, RequestSpec, View, WatchSpec } from '#client';
import type { Instant } from '#sim';
import { MINUTE, SECOND } from '#sim';
import { attachmentName } from './attachment-name.ts';
import { findCondition } from './conditions.ts';
import { OUT_OF_SERVICE } from './node-taints.ts';
import { isPodTerminal } from './pod-state.ts';
import {
  ATTACHMENTS,
  allowsManyNodes,
  annotationOf,
  BIND_COMPLETED,
  BY_CLAIM,
  byClaim,
  CLAIMS,
  claimKeyOf,
  uniqueVolumeName,
  VOLUMES,
} from './volume-marks.ts';

/** reconcilerMaxWaitForUnmountDuration: a node that is not healthy keeps a volume this long. */
const MAX_WAIT_FOR_UNMOUNT = 6 * MINUTE;
/** A volume that must go is looked at again; upstream's reconciler looks ten times a second. */
const LOOK_AGAIN = SECOND;
const DRIVERS = 'csidrivers.storage.k8s.io';
const BY_VOLUME = 'volume';
const BY_NODE = 'attachedNode';
const NODE = 'node|';
const NONE: readonly string[] = [];

export class AttachDetachController implements Controller {
  readonly name = 'persistentvolume-attach-detach';
  readonly queue = 'pvcs';
  readonly component = 'attachdetach-controller';
  readonly workers = 10;
  readonly watches: readonly WatchSpec[] = [
    { resource: VOLUMES, keys: (event) => (uniqueVolumeName(event.object as PersistentVolume) === undefined ? NONE : [event.key]) },
    { resource: CLAIMS, keys: claimKeys },
    {
      resource: ATTACHMENTS,
      keys: (event, view) => this.#attachmentKeys(event, view),
      indexes: { [BY_VOLUME]: byVolume, [BY_NODE]: byNode },
    },
    { resource: 'pods', keys: podKeys, indexes: { [BY_CLAIM]: byClaim } },
    { resource: 'nodes', keys: (event, view) => this.#nodeKeys(event, view) },
    { resource: DRIVERS, keys: () => NONE },
  ];
  // Since when an attached volume is not wanted on its node any more, by attachment.
  readonly #unwanted = new Map<string, Instant>();
  // Attachments that are being taken back: reported as attached no more.
  readonly #detaching = new Set<string>();
  // Pods that were told of a multi-attach error, by volume and node.
  readonly #reported = new Set<string>();

  #attachmentKeys(event: InformerEvent, view: View): readonly string[] {
    if (event.type === 'delete') {
      this.#unwanted.delete(event.key);
      this.#detaching.delete(event.key);
    }
    return attachmentKeys(event, view);
  }

  /** What the node has mounted, and whether it is healthy, decides about detaching. */
  #nodeKeys({ type, key, object, previous }: InformerEvent, view: View): readonly string[] {
    const attachments = view.lister<VolumeAttachment>(ATTACHMENTS);
    if (attachments.countByIndex(BY_NODE, key) === 0) return NONE;
    const [node, before] = [object as Node, previous as Node | undefined];
    const isSame = type === 'update' && node.status?.volumesInUse === before?.status?.volumesInUse && node.spec === before?.spec;
    if (isSame && node.status?.volumesAttached === before?.status?.volumesAttached && isHealthy(node) === isHealthy(before)) return NONE;
    return [NODE + key, ...[...attachments.byIndex(BY_NODE, key)].flatMap(byVolume)];
  }

  reconcile(key: string, view: View): Plan {
    if (key.startsWith(NODE)) return this.#report(key.slice(NODE.length), view);
    const volume = view.lister<PersistentVolume>(VOLUMES).get(key);
    const wanted = volume === undefined || !isAttachable(volume, view) ? new Map<string, Pod[]>() : wantedNodes(volume, view);
    const requests: RequestSpec[] = [];
    const held = new Set<string>();
    let again = false;
    for (const attachment of view.lister<VolumeAttachment>(ATTACHMENTS).byIndex(BY_VOLUME, key)) {
      const name = attachment.metadata?.name ?? '';
      const node = attachment.spec.nodeName;
      if (wanted.has(node) && attachment.metadata?.deletionTimestamp === undefined && !this.#detaching.has(name)) {
        this.#unwanted.delete(name);
        held.add(node);
      } else {
        held.add(node);
        again = this.#release(attachment, volume, view, requests) || again;
      }
    }
    if (volume !== undefined) this.#attach(volume, wanted, held, view, requests);
    return { requests, ...(again ? { requeueAfter: LOOK_AGAIN } : {}) };
  }

  /** A volume that no pod of the node uses: once it is unmounted, or cannot be. True when it is to be looked at again. */
  #release(attachment: VolumeAttachment, volume: PersistentVolume | undefined, view: View, requests: RequestSpec[]): boolean {
    const { name = '', deletionTimestamp } = attachment.metadata ?? {};
    if (deletionTimestamp !== undefined) return false;
    const node = view.lister<Node>('nodes').get(attachment.spec.nodeName);
    const since = this.#unwanted.get(name) ?? view.now;
    this.#unwanted.set(name, since);
    const isForced = !isHealthy(node) && view.now - since > MAX_WAIT_FOR_UNMOUNT;
    const isOutOfService = node?.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true;
    const unique = volume === undefined ? undefined : uniqueVolumeName(volume);
    const isMounted = unique !== undefined && node?.status?.volumesInUse?.includes(unique) === true;
    if (isMounted && !isForced && !isOutOfService) return true;
    // First the node is told that it must not mount it, then it is taken away.
    this.#detaching.add(name);
    const isReported = unique !== undefined && node?.status?.volumesAttached?.some((other) => other.name === unique) === true;
    if (isReported) {
      view.enqueue(NODE + attachment.spec.nodeName);
      return true;
    }
    requests.push({ verb: 'delete', resource: ATTACHMENTS, name, discardBody: true });
    return false;
  }

  #attach(volume: PersistentVolume, wanted: Map<string, Pod[]>, held: Set<string>, view: View, requests: RequestSpec[]): void {
    const name = volume.metadata?.name ?? '';
    for (const [node, pods] of wanted) {
      const mark = `${name}|${node}`;
      if (held.has(node)) {
        this.#reported.delete(mark);
        continue;
      }
      if (held.size > 0 && !allowsManyNodes(volume)) {
        if (!this.#reported.has(mark)) multiAttach(volume, pods, [...held], view);
        this.#reported.add(mark);
        continue;
      }
      const attacher = volume.spec?.csi?.driver ?? '';
      const body = {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'VolumeAttachment',
        metadata: { name: attachmentName(volume.spec?.csi?.volumeHandle ?? '', attacher, node) },
        spec: { attacher, nodeName: node, source: { persistentVolumeName: name } },
      };
      requests.push({ verb: 'create', resource: ATTACHMENTS, body, discardBody: true });
      held.add(node);
    }
  }

  /** node.status.volumesAttached: what its kubelet waits for before it mounts. */
  #report(nodeName: string, view: View): Plan {
    const node = view.lister<Node>('nodes').get(nodeName);
    const attached: { name: string; devicePath: string }[] = [];
    for (const attachment of view.lister<VolumeAttachment>(ATTACHMENTS).byIndex(BY_NODE, nodeName)) {
      const { name = '', deletionTimestamp } = attachment.metadata ?? {};
      const volume = view.lister<PersistentVolume>(VOLUMES).get(attachment.spec.source.persistentVolumeName ?? '');
      const unique = volume === undefined ? undefined : uniqueVolumeName(volume);
      if (attachment.status?.attached === true && deletionTimestamp === undefined && !this.#detaching.has(name) && unique !== undefined)
        attached.push({ name: unique, devicePath: '' });
    }
    const present = node?.status?.volumesAttached ?? [];
    const isSame = present.length === attached.length && attached.every(({ name }) => present.some((other) => other.name === name));
    if (node === undefined || isSame) return {};
    const body = { status: { volumesAttached: attached.length === 0 ? null : attached } };
    return {
      requests: [
        { verb: 'patch', resource: 'nodes', subresource: 'status', name: nodeName, patchType: 'strategic', body, discardBody: true },
      ],
    };
  }
}

const isHealthy = (node: Node | undefined): boolean => findCondition(node?.status?.conditions, 'Ready')?.status === 'True';

const byVolume = (object: KubeObject): readonly string[] => {
  const name = (object as VolumeAttachment).spec.source.persistentVolumeName;
  return name === undefined ? NONE : [name];
};
const byNode = (object: KubeObject): readonly string[] => [(object as VolumeAttachment).spec.nodeName];

/** A driver may do without (CSIDriver.spec.attachRequired). */
function isAttachable({ spec }: PersistentVolume, view: View): boolean {
  if (spec?.csi === undefined) return false;
  return view.lister<CSIDriver>(DRIVERS).get(spec.csi.driver)?.spec.attachRequired !== false;
}

/** The desired state of the world: nodes with pods that use the volume, with those pods. */
function wantedNodes(volume: PersistentVolume, view: View): Map<string, Pod[]> {
  const wanted = new Map<string, Pod[]>();
  const claim = view.lister<PersistentVolumeClaim>(CLAIMS).get(claimKeyOf(volume) ?? '');
  const isBound = claim?.spec?.volumeName === volume.metadata?.name && annotationOf(claim as KubeObject, BIND_COMPLETED) !== undefined;
  if (claim === undefined || !isBound) return wanted;
  for (const pod of view.lister<Pod>('pods').byIndex(BY_CLAIM, claimKeyOf(volume) ?? '')) {
    const node = pod.spec?.nodeName ?? '';
    if (node === '' || isPodTerminal(pod)) continue;
    const pods = wanted.get(node);
    if (pods === undefined) wanted.set(node, [pod]);
    else pods.push(pod);
  }
  return wanted;
}

function claimKeys({ object }: InformerEvent): readonly string[] {
  const name = (object as PersistentVolumeClaim).spec?.volumeName ?? '';
  return name === '' ? NONE : [name];
}

/** What changes where a pod's volumes are wanted: its node, its end. */
function podKeys({ type, object, previous }: InformerEvent, view: View): readonly string[] {
  const claims = byClaim(object);
  if (claims.length === 0) return NONE;
  const [pod, before] = [object as Pod, previous as Pod | undefined];
  const isSame = before !== undefined && before.spec?.nodeName === pod.spec?.nodeName && isPodTerminal(before) === isPodTerminal(pod);
  if (type === 'update' && isSame) return NONE;
  const names: string[] = [];
  for (const key of claims) {
    const name = view.lister<PersistentVolumeClaim>(CLAIMS).get(key)?.spec?.volumeName;
    if (name !== undefined && name !== '') names.push(name);
  }
  return names;
}

/** Attached, failed or gone: the volume is looked at, the node's report is made anew, and the pods hear of it. */
function attachmentKeys(event: InformerEvent, view: View): readonly string[] {
  const attachment = event.object as VolumeAttachment;
  const before = event.previous as VolumeAttachment | undefined;
  const { nodeName } = attachment.spec;
  const volume = view.lister<PersistentVolume>(VOLUMES).get(attachment.spec.source.persistentVolumeName ?? '');
  if (volume !== undefined && event.type === 'update') {
    const name = volume.metadata?.name;
    const pods = wantedNodes(volume, view).get(nodeName) ?? [];
    const error = attachment.status?.attachError?.message;
    if (attachment.status?.attached === true && before?.status?.attached !== true)
      for (const pod of pods) view.event(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${name}" `);
    else if (error !== undefined && error !== before?.status?.attachError?.message)
      for (const pod of pods)
        view.event(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${name}" : ${error}`);
  }
  return [...byVolume(attachment), NODE + nodeName];
}

/** reportMultiAttachError: once for each pod that has to wait. */
function multiAttach(volume: PersistentVolume, pods: readonly Pod[], nodes: readonly string[], view: View): void {
  const others: Pod[] = [];
  for (const pod of view.lister<Pod>('pods').byIndex(BY_CLAIM, claimKeyOf(volume) ?? ''))
    if (nodes.includes(pod.spec?.nodeName ?? '')) others.push(pod);
  const why =
    others.length === 0
      ? "Volume is already exclusively attached to one node and can't be attached to another"
      : `Volume is already used by pod(s) ${others.map(({ metadata }) => metadata?.name).join(', ')}`;
  for (const pod of pods)
    view.event(pod, 'Warning', 'FailedAttachVolume', `Multi-Attach error for volume "${volume.metadata?.name}" ${why}`);
}
