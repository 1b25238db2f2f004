/** A claim that is to be filled from a snapshot: which one, and whether it can be read yet. Mirrors external-provisioner v5 pkg/controller/controller.go,
 *  getSnapshotSource. */

import type { PersistentVolumeClaim, VolumeSnapshot, VolumeSnapshotContent } from '#api';
import { compareQuantities, quantityValue, SNAPSHOT_CONTENTS, SNAPSHOTS } from '#api';
import type { View } from '#client';
import { isDying } from './snapshot-marks.ts';

const GROUP = 'snapshot.storage.k8s.io';

interface Source {
  readonly apiGroup?: string;
  readonly kind?: string;
  readonly name?: string;
}

const sourceOf = ({ spec }: PersistentVolumeClaim): Source | undefined => (spec?.dataSource ?? spec?.dataSourceRef) as Source | undefined;

/** The key of the snapshot that a claim names. */
export function snapshotSource(claim: PersistentVolumeClaim): string | undefined {
  const source = sourceOf(claim);
  return source?.kind === 'VolumeSnapshot' && source.apiGroup === GROUP ? `${claim.metadata?.namespace}/${source.name}` : undefined;
}

/** A source that no provisioner fills: its claim is somebody else's (a volume populator's). */
export const hasForeignSource = (claim: PersistentVolumeClaim): boolean =>
  sourceOf(claim) !== undefined && snapshotSource(claim) === undefined;

export type Restored = { readonly handle: string; readonly restoreSize: number } | { readonly error: string };

/** The provider's snapshot to fill it from, or why it cannot be. */
export function restoreFrom(claim: PersistentVolumeClaim, key: string, driver: string, view: View): Restored {
  const name = key.slice(key.indexOf('/') + 1);
  const wrong = (why: string): Restored => ({ error: `error getting handle for DataSource Type VolumeSnapshot by Name ${name}: ${why}` });
  const snapshot = view.lister<VolumeSnapshot>(SNAPSHOTS).get(key);
  if (snapshot === undefined)
    return wrong(`error getting snapshot ${name} from api server: volumesnapshots.snapshot.storage.k8s.io "${name}" not found`);
  if (isDying(snapshot)) return wrong(`snapshot ${name} is currently being deleted`);
  const bound = snapshot.status?.boundVolumeSnapshotContentName;
  const content = bound === undefined ? undefined : view.lister<VolumeSnapshotContent>(SNAPSHOT_CONTENTS).get(bound);
  if (content === undefined || content.spec.volumeSnapshotRef.uid !== snapshot.metadata?.uid) return wrong(`snapshot ${name} not bound`);
  if (content.spec.driver !== driver)
    return wrong(`requested snapshot ${name} uses driver ${content.spec.driver} that doesn't match the provisioner's ${driver}`);
  if (snapshot.status?.readyToUse !== true) return wrong(`snapshot ${name} is not Ready`);
  const { snapshotHandle: handle, restoreSize = 0 } = content.status ?? {};
  if (handle === undefined) return wrong(`snapshot handle ${name} is not available`);
  const wanted = claim.spec?.resources?.requests?.['storage'] ?? 0;
  if (compareQuantities(wanted, restoreSize) < 0)
    return wrong(`requested volume size ${quantityValue(wanted)} is less than the size ${restoreSize} for the source snapshot ${name}`);
  return { handle, restoreSize };
}
