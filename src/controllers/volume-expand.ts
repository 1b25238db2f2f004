/** Hands claims that ask for more than they have to their driver's resizer. Mirrors kubernetes v1.34 pkg/controller/volume/expand/expand_controller.go:
 *  no in-tree plugin expands, so the annotation and the event are all it does. */

import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '#api';
import { claimClass, compareQuantities } from '#api';
import type { Controller, InformerEvent, Plan, View, WatchSpec } from '#client';
import { annotationOf, CLAIMS, CLASSES, STORAGE_RESIZER, storageRequested, VOLUMES } from './volume-marks.ts';

const NONE: readonly string[] = [];

/** The claim is bound and asks for more than its status says. */
export function wantsMore(claim: PersistentVolumeClaim): boolean {
  const wanted = storageRequested(claim);
  const given = claim.status?.capacity?.['storage'];
  return claim.status?.phase === 'Bound' && wanted !== undefined && given !== undefined && compareQuantities(wanted, given) > 0;
}

export class VolumeExpandController implements Controller {
  readonly name = 'persistentvolume-expander';
  readonly queue = 'volume_expand';
  readonly component = 'volume_expand';
  readonly workers = 10;
  readonly watches: readonly WatchSpec[] = [
    { resource: CLAIMS, keys: (event: InformerEvent) => (wantsMore(event.object as PersistentVolumeClaim) ? [event.key] : NONE) },
    { resource: VOLUMES, keys: () => NONE },
    { resource: CLASSES, keys: () => NONE },
  ];

  reconcile(key: string, view: View): Plan {
    const claim = view.lister<PersistentVolumeClaim>(CLAIMS).get(key);
    if (claim === undefined || !wantsMore(claim)) return {};
    const volume = view.lister<PersistentVolume>(VOLUMES).get(claim.spec?.volumeName ?? '');
    const driver = volume?.spec?.csi?.driver;
    if (driver === undefined || annotationOf(claim, STORAGE_RESIZER) === driver) return {};
    if (view.lister<StorageClass>(CLASSES).get(claimClass(claim))?.allowVolumeExpansion !== true) return {};
    view.event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
    const { namespace, name } = claim.metadata ?? {};
    const body = { metadata: { annotations: { [STORAGE_RESIZER]: driver } } };
    return { requests: [{ verb: 'patch', resource: CLAIMS, namespace, name, patchType: 'merge', body, discardBody: true }] };
  }
}
