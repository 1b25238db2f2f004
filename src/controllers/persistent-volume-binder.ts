/** Binds claims to volumes, asks provisioners for those that have none, and says what becomes of volumes whose claim is gone. Mirrors kubernetes v1.34
 *  pkg/controller/volume/persistentvolume/pv_controller.go: a key is one claim or one volume, and all are looked at again every 15 s
 *  (--pvclaimbinder-sync-period). Departures: no in-tree plugin provisions, deletes or recycles; what fails is tried again with the queue's delay. */

import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '#api';
import { claimClass, findMatchingVolume, isBoundToClaim, parseTime, selectedNode } from '#api';
import type { Controller, InformerEvent, Plan, Stage, View, WatchSpec } from '#client';
import { SECOND } from '#sim';
import { isPodTerminal } from './pod-state.ts';
import type { Binding } from './volume-binding-steps.ts';
import { bindingFailed, claimStatus, nextBindingStep, unbindVolume, volumePhase } from './volume-binding-steps.ts';
import {
  annotationOf,
  BETA_STORAGE_PROVISIONER,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  BY_CLAIM,
  byClaim,
  CLAIMS,
  CLASSES,
  claimKey,
  claimKeyOf,
  DEFAULT_CLASS,
  PROVISIONED_BY,
  STORAGE_PROVISIONER,
  VOLUMES,
} from './volume-marks.ts';

const NONE: readonly never[] = [];
const NOTHING_TAKEN: ReadonlySet<string> = new Set();
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';
const CLAIM = 'claim|';
const VOLUME = 'volume|';

export class PersistentVolumeBinder implements Controller {
  readonly name = 'persistentvolume-binder';
  readonly queue = 'claims';
  readonly component = 'persistentvolume-controller';
  /** One worker for claims and one for volumes. */
  readonly workers = 2;
  readonly period = 15 * SECOND;
  readonly watches: readonly WatchSpec[] = [
    { resource: CLAIMS, keys: claimKeys },
    { resource: VOLUMES, keys: volumeKeys },
    { resource: CLASSES, keys: () => NONE },
    { resource: 'pods', keys: () => NONE, indexes: { [BY_CLAIM]: byClaim } },
  ];

  tick(view: View): Plan {
    for (const claim of view.lister<PersistentVolumeClaim>(CLAIMS).list()) {
      const isSettled = claim.status?.phase === 'Bound' && annotationOf(claim, BIND_COMPLETED) !== undefined;
      if (!isSettled) view.enqueue(CLAIM + claimKey(claim));
    }
    for (const volume of view.lister<PersistentVolume>(VOLUMES).list())
      if (volume.status?.phase !== 'Bound' && volume.status?.phase !== 'Available') view.enqueue(VOLUME + volume.metadata?.name);
    return {};
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'binding') {
      const failed = bindingFailed(stage.outcomes ?? NONE);
      return failed === undefined ? nextBindingStep(stage.data as Binding, stage.outcomes ?? NONE) : { failed };
    }
    if (key.startsWith(CLAIM)) {
      const claim = view.lister<PersistentVolumeClaim>(CLAIMS).get(key.slice(CLAIM.length));
      if (claim === undefined) return {};
      return annotationOf(claim, BIND_COMPLETED) === undefined ? syncUnboundClaim(claim, view) : syncBoundClaim(claim, view);
    }
    const volume = view.lister<PersistentVolume>(VOLUMES).get(key.slice(VOLUME.length));
    return volume === undefined ? {} : syncVolume(volume, view);
  }
}

/** A claim that is gone wakes its volume, which is then released. */
function claimKeys(event: InformerEvent): readonly string[] {
  if (event.type !== 'delete') return [CLAIM + event.key];
  const name = (event.object as PersistentVolumeClaim).spec?.volumeName;
  return name === undefined || name === '' ? NONE : [VOLUME + name];
}

function volumeKeys(event: InformerEvent): readonly string[] {
  const volume = event.object as PersistentVolume;
  const claim = claimKeyOf(volume);
  if (event.type !== 'delete') {
    // A pre-bound or provisioned volume is looked for by its claim.
    const isNew = event.type === 'add' && claim !== undefined;
    return isNew ? [VOLUME + event.key, CLAIM + claim] : [VOLUME + event.key];
  }
  return claim === undefined ? NONE : [CLAIM + claim];
}

const classOf = (claim: PersistentVolumeClaim, view: View): StorageClass | undefined =>
  view.lister<StorageClass>(CLASSES).get(claimClass(claim));

/** shouldDelayBinding: the class waits for the first consumer, and the scheduler has not chosen its node yet. */
const shouldWait = (claim: PersistentVolumeClaim, view: View): boolean =>
  selectedNode(claim) === undefined && classOf(claim, view)?.volumeBindingMode === 'WaitForFirstConsumer';

function syncUnboundClaim(claim: PersistentVolumeClaim, view: View): Plan {
  const volumes = view.lister<PersistentVolume>(VOLUMES);
  const wanted = claim.spec?.volumeName ?? '';
  if (wanted === '') {
    const isDelayed = shouldWait(claim, view);
    const volume = findMatchingVolume(claim, volumes.list(), undefined, NOTHING_TAKEN, isDelayed);
    return volume === undefined ? unmatched(claim, isDelayed, view) : nextBindingStep({ claim, volume });
  }
  const volume = volumes.get(wanted);
  if (volume === undefined) return pending(claim);
  const reference = volume.spec?.claimRef;
  if (reference === undefined || isBoundToClaim(volume, claim)) {
    const mismatch = reference === undefined ? whyNot(volume, claim) : undefined;
    if (mismatch === undefined) return nextBindingStep({ claim, volume });
    view.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${wanted}": ${mismatch}`);
    return pending(claim);
  }
  if (annotationOf(claim, BOUND_BY_CONTROLLER) === undefined)
    view.event(claim, 'Warning', 'FailedBinding', `volume "${wanted}" already bound to a different claim.`);
  return pending(claim);
}

/** checkVolumeSatisfyClaim. */
function whyNot(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const free = { ...volume, status: { ...volume.status, phase: 'Available' } };
  if (findMatchingVolume(claim, [free], undefined, NOTHING_TAKEN) !== undefined) return undefined;
  if ((volume.spec?.storageClassName ?? '') !== claimClass(claim)) return 'storageClassName does not match';
  if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return 'incompatible volumeMode';
  if (!(claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode) === true)) return 'incompatible accessMode';
  return 'requested PV is too small';
}

/** Nothing there that would do: somebody has to make it, or to wait. */
function unmatched(claim: PersistentVolumeClaim, isDelayed: boolean, view: View): Plan {
  const name = claimClass(claim);
  if (name === '' && claim.spec?.storageClassName === undefined) {
    const byDefault = defaultClass(view);
    if (byDefault !== undefined) return { requests: [patchClaim(claim, { spec: { storageClassName: byDefault } })] };
  }
  if (isDelayed) {
    const pods = waitingPods(claim, view);
    if (pods.length === 0) view.event(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    else
      view.event(claim, 'Normal', 'WaitForPodScheduled', `waiting for pod${pods.length > 1 ? 's' : ''} ${pods.join(',')} to be scheduled`);
  } else if (name !== '') return provision(claim, name, view);
  else view.event(claim, 'Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  return pending(claim);
}

/** The newest of the default classes (pkg/volume/util, GetDefaultClass). */
function defaultClass(view: View): string | undefined {
  let newest: StorageClass | undefined;
  const age = (object: StorageClass): number => parseTime(object.metadata?.creationTimestamp ?? '') ?? 0;
  for (const storageClass of view.lister<StorageClass>(CLASSES).list()) {
    if (annotationOf(storageClass, DEFAULT_CLASS) !== 'true') continue;
    if (newest === undefined || age(storageClass) > age(newest)) newest = storageClass;
  }
  return newest?.metadata?.name;
}

/** findNonScheduledPodsByPVC: nobody knows which of them decides about the claim. */
function waitingPods(claim: PersistentVolumeClaim, view: View): readonly string[] {
  const names: string[] = [];
  for (const pod of view.lister<Pod>('pods').byIndex(BY_CLAIM, claimKey(claim)))
    if (pod.spec?.nodeName === undefined && pod.metadata?.deletionTimestamp === undefined && !isPodTerminal(pod))
      names.push(pod.metadata?.name ?? '');
  return names;
}

/** provisionClaimOperationExternal: the annotation tells a provisioner that the claim is its. */
function provision(claim: PersistentVolumeClaim, name: string, view: View): Plan {
  const storageClass = classOf(claim, view);
  if (storageClass === undefined) {
    view.event(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${name}" not found`);
    return pending(claim);
  }
  const { provisioner } = storageClass;
  if (provisioner === NO_PROVISIONER) {
    view.event(claim, 'Warning', 'ProvisioningFailed', `no volume plugin matched name: ${NO_PROVISIONER}`);
    return pending(claim);
  }
  const text = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
  view.event(claim, 'Normal', 'ExternalProvisioning', text);
  if (annotationOf(claim, STORAGE_PROVISIONER) === provisioner) return pending(claim);
  const annotations = { [STORAGE_PROVISIONER]: provisioner, [BETA_STORAGE_PROVISIONER]: provisioner };
  return { requests: [patchClaim(claim, { metadata: { annotations } })] };
}

function patchClaim(claim: PersistentVolumeClaim, change: { readonly metadata?: object; readonly spec?: object }) {
  const { namespace, name, resourceVersion } = claim.metadata ?? {};
  const body = { ...change, metadata: { ...change.metadata, resourceVersion } };
  return { verb: 'patch', resource: CLAIMS, namespace, name, patchType: 'merge', body, discardBody: true } as const;
}

function pending(claim: PersistentVolumeClaim): Plan {
  const requests = claimStatus(claim, 'Pending', undefined);
  return requests === undefined ? {} : { requests: [requests] };
}

function syncBoundClaim(claim: PersistentVolumeClaim, view: View): Plan {
  const name = claim.spec?.volumeName ?? '';
  const volume = view.lister<PersistentVolume>(VOLUMES).get(name);
  if (name === '') return lost(claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!', view);
  if (volume === undefined) return lost(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!', view);
  const reference = volume.spec?.claimRef;
  if (reference === undefined || reference.uid === claim.metadata?.uid) return nextBindingStep({ claim, volume });
  return lost(claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly', view);
}

function lost(claim: PersistentVolumeClaim, reason: string, message: string, view: View): Plan {
  const request = claimStatus(claim, 'Lost', undefined);
  if (request === undefined) return {};
  view.event(claim, 'Warning', reason, message);
  return { requests: [request] };
}

function syncVolume(volume: PersistentVolume, view: View): Plan {
  const reference = volume.spec?.claimRef;
  if (reference === undefined || (reference.uid ?? '') === '') return phase(volume, 'Available');
  const found = view.lister<PersistentVolumeClaim>(CLAIMS).get(claimKeyOf(volume) ?? '');
  // A claim of the same name that came later is another one.
  const claim = found?.metadata?.uid === reference.uid ? found : undefined;
  if (claim === undefined) return release(volume, view);
  const bound = claim.spec?.volumeName ?? '';
  if (bound === '') {
    if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem')) return sayMismatch(volume, claim, view);
    // The claim's own pass completes it.
    view.enqueue(CLAIM + claimKey(claim));
    return {};
  }
  if (bound === volume.metadata?.name) return phase(volume, 'Bound');
  // The claim took another volume: this one is not wanted any more.
  const isOurs = annotationOf(volume, PROVISIONED_BY) !== undefined && volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
  return isOurs ? release(volume, view) : { requests: [unbindVolume(volume)] };
}

/** The claim's own pass would not find this volume. */
function sayMismatch(volume: PersistentVolume, claim: PersistentVolumeClaim, view: View): Plan {
  const why = 'due to incompatible volumeMode.';
  const [ofVolume, ofClaim] = [volume.metadata?.name, claim.metadata?.name];
  view.event(volume, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${ofClaim}" ${why}`);
  view.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind PersistentVolume "${ofVolume}" to requested PersistentVolumeClaim ${why}`);
  return {};
}

function phase(volume: PersistentVolume, wanted: string): Plan {
  const request = volumePhase(volume, wanted);
  return request === undefined ? {} : { requests: [request] };
}

/** The claim is gone: Released, and then what the reclaim policy says. */
function release(volume: PersistentVolume, view: View): Plan {
  const current = volume.status?.phase;
  if (current !== 'Released' && current !== 'Failed') return phase(volume, 'Released');
  const policy = volume.spec?.persistentVolumeReclaimPolicy;
  // What an external provisioner made it also deletes.
  if (policy === 'Retain' || current === 'Failed' || (policy === 'Delete' && annotationOf(volume, PROVISIONED_BY) !== undefined)) return {};
  const name = volume.metadata?.name;
  const [reason, message] =
    policy === 'Recycle'
      ? ['VolumeFailedRecycle', 'No recycler plugin found for the volume!']
      : ['VolumeFailedDelete', `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`];
  view.event(volume, 'Warning', reason, message);
  return phase(volume, 'Failed');
}
