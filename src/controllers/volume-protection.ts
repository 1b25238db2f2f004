/** Keeps claims that pods use and volumes that are bound from going away: a finalizer each, taken off when nothing holds them any more. Mirrors kubernetes
 *  v1.34 pkg/controller/volume/pvcprotection and pvprotection. The finalizers are put on by these controllers here, upstream mostly by the admission
 *  plugin StorageObjectInUseProtection. Departure: pods are looked for in the cache alone, without upstream's further live list. */

import type { KubeObject, PersistentVolume, PersistentVolumeClaim, Pod } from '#api';
import type { Controller, InformerEvent, Plan, View, WatchSpec } from '#client';
import { isPodTerminal } from './pod-state.ts';
import { BY_CLAIM, byClaim, CLAIMS, claimKey, PV_PROTECTION, PVC_PROTECTION, VOLUMES } from './volume-marks.ts';

const NONE: readonly string[] = [];

const isDying = ({ metadata }: KubeObject): boolean => metadata?.deletionTimestamp !== undefined;
const has = ({ metadata }: KubeObject, finalizer: string): boolean => metadata?.finalizers?.includes(finalizer) === true;

/** NeedToAddFinalizer or IsDeletionCandidate. */
const concerns =
  (finalizer: string) =>
  (event: InformerEvent): readonly string[] =>
    event.type !== 'delete' && isDying(event.object) === has(event.object, finalizer) ? [event.key] : NONE;

function finalizersOf(resource: string, object: KubeObject, finalizers: readonly string[]): Plan {
  const { namespace, name, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { resourceVersion, finalizers } };
  return { requests: [{ verb: 'patch', resource, namespace, name, patchType: 'merge', body, discardBody: true }] };
}

const withIt = (resource: string, object: KubeObject, finalizer: string): Plan =>
  finalizersOf(resource, object, [...(object.metadata?.finalizers ?? []), finalizer]);
const withoutIt = (resource: string, object: KubeObject, finalizer: string): Plan =>
  finalizersOf(
    resource,
    object,
    (object.metadata?.finalizers ?? []).filter((other) => other !== finalizer),
  );

export class ClaimProtectionController implements Controller {
  readonly name = 'persistentvolumeclaim-protection';
  readonly queue = 'pvcprotection';
  readonly component = 'pvc-protection-controller';
  readonly workers = 1;
  readonly watches: readonly WatchSpec[] = [
    { resource: CLAIMS, keys: concerns(PVC_PROTECTION) },
    { resource: 'pods', keys: podKeys, indexes: { [BY_CLAIM]: byClaim } },
  ];

  reconcile(key: string, view: View): Plan {
    const claim = view.lister<PersistentVolumeClaim>(CLAIMS).get(key);
    if (claim === undefined) return {};
    if (!isDying(claim)) return has(claim, PVC_PROTECTION) ? {} : withIt(CLAIMS, claim, PVC_PROTECTION);
    if (!has(claim, PVC_PROTECTION) || isUsed(claim, view)) return {};
    return withoutIt(CLAIMS, claim, PVC_PROTECTION);
  }
}

/** Pods that are gone, over, or were never scheduled may have been the last to hold a claim. */
function podKeys(event: InformerEvent): readonly string[] {
  const pod = event.object as Pod;
  if (pod.spec?.volumes === undefined) return NONE;
  if (event.type !== 'delete' && !isPodTerminal(pod) && (pod.spec.nodeName ?? '') !== '') return NONE;
  return byClaim(pod);
}

/** podUsesPVC: scheduled pods count until they are gone; the kubelet starts no pod whose claim is being deleted. */
function isUsed(claim: PersistentVolumeClaim, view: View): boolean {
  for (const pod of view.lister<Pod>('pods').byIndex(BY_CLAIM, claimKey(claim))) {
    if ((pod.spec?.nodeName ?? '') === '') continue;
    const isShutDown = pod.metadata?.deletionTimestamp !== undefined && pod.metadata.deletionGracePeriodSeconds === 0;
    const isNamed = pod.spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === claim.metadata?.name) === true;
    if (isNamed || !isShutDown) return true;
  }
  return false;
}

export class VolumeProtectionController implements Controller {
  readonly name = 'persistentvolume-protection';
  readonly queue = 'pvprotection';
  readonly component = 'pv-protection-controller';
  readonly workers = 1;
  readonly watches: readonly WatchSpec[] = [{ resource: VOLUMES, keys: concerns(PV_PROTECTION) }];

  reconcile(key: string, view: View): Plan {
    const volume = view.lister<PersistentVolume>(VOLUMES).get(key);
    if (volume === undefined) return {};
    if (!isDying(volume)) return has(volume, PV_PROTECTION) ? {} : withIt(VOLUMES, volume, PV_PROTECTION);
    // isBeingUsed: its claim is there.
    return !has(volume, PV_PROTECTION) || volume.status?.phase === 'Bound' ? {} : withoutIt(VOLUMES, volume, PV_PROTECTION);
  }
}
