/** Makes the volumes that claims ask a driver for, and deletes those whose claims are gone. Mirrors external-provisioner v5 and its library
 *  sig-storage-lib-external-provisioner v10 controller/controller.go. Departure: topology is the node's zone, and CreateVolume is one call of the provider. */

import type { KubeObject, Node, PersistentVolume, PersistentVolumeClaim, StorageClass, VolumeAttachment } from '#api';
import { claimClass, SNAPSHOT_CONTENTS, SNAPSHOTS, selectedNode } from '#api';
import type { Controller, InformerEvent, Plan, RequestSpec, View, WatchSpec } from '#client';
import { MINUTE, SECOND } from '#sim';
import type { DriverPlan } from './disks.ts';
import { ask, type Drivers, pauseAfter } from './driver-calls.ts';
import { hasForeignSource, restoreFrom, snapshotSource } from './snapshot-source.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const CLASSES = 'storageclasses.storage.k8s.io';
const ATTACHMENTS = 'volumeattachments.storage.k8s.io';
const BY_VOLUME = 'volume';
const ZONE = 'topology.kubernetes.io/zone';
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
const CLAIM = 'claim|';
const VOLUME = 'volume|';
const NONE: readonly string[] = [];

const annotation = ({ metadata }: KubeObject, name: string): string | undefined => metadata?.annotations?.[name];

export class CsiProvisioner implements Controller {
  readonly name = 'csi-provisioner';
  readonly component = 'external-provisioner';
  /** --worker-threads. */
  readonly workers = 100;
  /** --retry-interval-start, --retry-interval-max. */
  readonly retries = { base: SECOND, max: 5 * MINUTE, isUnbounded: true };
  readonly watches: readonly WatchSpec[] = [
    { resource: CLAIMS, keys: (event) => this.#claimKeys(event) },
    { resource: VOLUMES, keys: (event) => this.#volumeKeys(event) },
    { resource: CLASSES, keys: () => NONE },
    { resource: 'nodes', keys: () => NONE },
    { resource: SNAPSHOTS, keys: () => NONE },
    { resource: SNAPSHOT_CONTENTS, keys: () => NONE },
    {
      resource: ATTACHMENTS,
      keys: ({ type, object }) => (type === 'delete' ? byVolume(object).map((name) => VOLUME + name) : NONE),
      indexes: { [BY_VOLUME]: byVolume },
    },
  ];
  readonly #drivers: Drivers;

  constructor(drivers: Drivers) {
    this.#drivers = drivers;
  }

  /** shouldProvision, as far as the claim alone says it. */
  #claimKeys({ type, key, object }: InformerEvent): readonly string[] {
    const claim = object as PersistentVolumeClaim;
    const isOurs = this.#drivers.plans.has(annotation(claim, PROVISIONER) ?? '');
    return type === 'delete' || !isOurs || (claim.spec?.volumeName ?? '') !== '' ? NONE : [CLAIM + key];
  }

  #volumeKeys({ type, key, object }: InformerEvent): readonly string[] {
    const volume = object as PersistentVolume;
    const isOurs = this.#drivers.plans.has(annotation(volume, PROVISIONED_BY) ?? '');
    return type === 'delete' || !isOurs || volume.status?.phase !== 'Released' ? NONE : [VOLUME + key];
  }

  reconcile(key: string, view: View): Plan {
    if (key.startsWith(VOLUME)) return this.#delete(key.slice(VOLUME.length), view);
    const claim = view.lister<PersistentVolumeClaim>(CLAIMS).get(key.slice(CLAIM.length));
    const storageClass = claim === undefined ? undefined : view.lister<StorageClass>(CLASSES).get(claimClass(claim));
    if (claim === undefined || storageClass === undefined || (claim.spec?.volumeName ?? '') !== '') return {};
    const plan = this.#drivers.plans.get(annotation(claim, PROVISIONER) ?? '');
    const name = `pvc-${claim.metadata?.uid}`;
    if (plan === undefined || claim.metadata?.deletionTimestamp !== undefined || view.lister(VOLUMES).get(name) !== undefined) return {};
    const chosen = selectedNode(claim);
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && chosen === undefined) return {};
    if (hasForeignSource(claim)) return {};
    const zone = plan.access === 'network' ? '' : zoneFor(claim, storageClass, chosen, view);
    if (this.#drivers.disks.failures('provision', name) === 0) {
      const text = `External provisioner is provisioning volume for claim "${claim.metadata?.namespace}/${claim.metadata?.name}"`;
      view.event(claim, 'Normal', 'Provisioning', text);
    }
    const failed = (error: string): void => {
      const text = `failed to provision volume with StorageClass "${storageClass.metadata?.name}": ${error}`;
      view.event(claim, 'Warning', 'ProvisioningFailed', text);
    };
    const snapshot = snapshotSource(claim);
    const source = snapshot === undefined ? undefined : this.#restored(claim, snapshot, plan, view);
    if (source !== undefined) {
      failed(source);
      // The queue waits longer each time.
      return { failed: source };
    }
    const answer = ask(this.#drivers, plan, 'provision', name, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    if (answer !== 'done') {
      failed(answer.error);
      return { requeueAfter: pauseAfter(this.#drivers, 'provision', name) };
    }
    this.#drivers.disks.create(name, zone, allowsMany(claim));
    view.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`);
    const body = volumeFor(claim, storageClass, plan, name, zone);
    return { requests: [{ verb: 'create', resource: VOLUMES, body, discardBody: true }] };
  }

  /** Why the claim cannot be filled from its snapshot yet. */
  #restored(claim: PersistentVolumeClaim, snapshot: string, plan: DriverPlan, view: View): string | undefined {
    const source = restoreFrom(claim, snapshot, plan.name, view);
    if ('error' in source) return source.error;
    const isThere = this.#drivers.disks.snapshotSize(source.handle) !== undefined;
    return isThere ? undefined : `rpc error: code = NotFound desc = no snapshot ${source.handle}`;
  }

  /** shouldDelete, then DeleteVolume, the object, and the finalizer that waited for it. */
  #delete(name: string, view: View): Plan {
    const volume = view.lister<PersistentVolume>(VOLUMES).get(name);
    const plan = this.#drivers.plans.get(volume?.spec?.csi?.driver ?? '');
    if (volume === undefined || plan === undefined || volume.status?.phase !== 'Released') return {};
    if (volume.spec?.persistentVolumeReclaimPolicy !== 'Delete') return {};
    for (const { spec } of view.lister<VolumeAttachment>(ATTACHMENTS).byIndex(BY_VOLUME, name)) {
      view.event(volume, 'Warning', 'VolumeFailedDelete', `persistentvolume ${name} is still attached to node ${spec.nodeName}`);
      return {};
    }
    const handle = volume.spec.csi?.volumeHandle ?? '';
    const answer = ask(this.#drivers, plan, 'delete', handle, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    if (answer !== 'done') {
      view.event(volume, 'Warning', 'VolumeFailedDelete', answer.error);
      return { requeueAfter: pauseAfter(this.#drivers, 'delete', handle) };
    }
    this.#drivers.disks.remove(handle);
    const finalizers = (volume.metadata?.finalizers ?? []).filter((other) => other !== FINALIZER);
    const requests: RequestSpec[] = [
      { verb: 'patch', resource: VOLUMES, name, patchType: 'merge', body: { metadata: { finalizers } }, discardBody: true },
    ];
    if (volume.metadata?.deletionTimestamp === undefined) requests.unshift({ verb: 'delete', resource: VOLUMES, name, discardBody: true });
    return { requests };
  }
}

function byVolume(object: KubeObject): readonly string[] {
  const name = (object as VolumeAttachment).spec.source.persistentVolumeName;
  return name === undefined ? NONE : [name];
}

const allowsMany = ({ spec }: PersistentVolumeClaim): boolean =>
  (spec?.accessModes ?? []).some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');

/** Where the chosen node is; without one, a zone that the class allows, by the claim's own luck. */
function zoneFor(claim: PersistentVolumeClaim, storageClass: StorageClass, chosen: string | undefined, view: View): string {
  const nodes = view.lister<Node>('nodes');
  const zoneOf = (node: Node | undefined): string => node?.metadata?.labels?.[ZONE] ?? '';
  if (chosen !== undefined) return zoneOf(nodes.get(chosen));
  const zones = new Set<string>();
  for (const node of nodes.list()) zones.add(zoneOf(node));
  const allowed = (storageClass.allowedTopologies ?? []).flatMap((term) =>
    (term.matchLabelExpressions ?? []).filter(({ key }) => key === ZONE).flatMap(({ values }) => values),
  );
  const usable = [...zones].filter((zone) => allowed.length === 0 || allowed.includes(zone)).sort();
  const at = Math.floor(view.uniform('zone', `${claim.metadata?.namespace}/${claim.metadata?.name}`) * usable.length);
  return usable[at] ?? allowed[0] ?? '';
}

function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass, plan: DriverPlan, name: string, zone: string): object {
  const { namespace, name: claimName, uid, resourceVersion } = claim.metadata ?? {};
  const terms = [{ matchExpressions: [{ key: ZONE, operator: 'In', values: [zone] }] }];
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { [PROVISIONED_BY]: plan.name }, finalizers: [FINALIZER] },
    spec: {
      accessModes: claim.spec?.accessModes,
      capacity: { storage: claim.spec?.resources?.requests?.['storage'] },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name: claimName, uid, resourceVersion },
      csi: { driver: plan.name, volumeHandle: name, fsType: 'ext4' },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata?.name,
      volumeMode: claim.spec?.volumeMode ?? 'Filesystem',
      ...(zone === '' ? {} : { nodeAffinity: { required: { nodeSelectorTerms: terms } } }),
    },
  };
}
