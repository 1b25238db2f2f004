/** Binds VolumeSnapshots to their contents, makes contents for snapshots of claims, and keeps claims, snapshots and contents from going while they are needed.
 *  Mirrors external-snapshotter v8 pkg/common-controller/snapshot_controller.go. A pass makes the next write that is missing; its event brings the next pass. */

import type { PersistentVolume, PersistentVolumeClaim, VolumeSnapshot, VolumeSnapshotClass, VolumeSnapshotContent } from '#api';
import { formatQuantity, parseQuantity, rfc3339, SNAPSHOT_API_VERSION, SNAPSHOT_CLASSES, SNAPSHOT_CONTENTS, SNAPSHOTS } from '#api';
import type { Controller, InformerEvent, Plan, View, WatchSpec } from '#client';
import { MINUTE, SECOND } from '#sim';
import {
  annotation,
  BEING_DELETED,
  BOUND_FINALIZER,
  CLAIM_FINALIZER,
  CONTENT_FINALIZER,
  contentName,
  DEFAULT_CLASS,
  has,
  isDying,
  isReady,
  keyOf,
  SOURCE_FINALIZER,
  withFinalizers,
  withoutFinalizers,
  write,
  writeStatus,
} from './snapshot-marks.ts';
import { snapshotSource } from './snapshot-source.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const BY_SOURCE = 'source';
const SNAPSHOT = 'snapshot|';
const CONTENT = 'content|';
const NONE: readonly string[] = [];

export class SnapshotController implements Controller {
  readonly name = 'snapshot-controller';
  readonly component = 'snapshot-controller';
  /** --worker-threads. */
  readonly workers = 10;
  /** --retry-interval-start, --retry-interval-max. */
  readonly retries = { base: SECOND, max: 5 * MINUTE, isUnbounded: true };
  readonly watches: readonly WatchSpec[] = [
    {
      resource: SNAPSHOTS,
      keys: ({ type, key }) => (type === 'delete' ? NONE : [SNAPSHOT + key]),
      indexes: { [BY_SOURCE]: (object) => sourceKey(object as VolumeSnapshot) },
    },
    { resource: SNAPSHOT_CONTENTS, keys: contentKeys },
    { resource: SNAPSHOT_CLASSES, keys: () => NONE },
    { resource: CLAIMS, keys: claimKeys },
    { resource: VOLUMES, keys: () => NONE },
  ];

  reconcile(key: string, view: View): Plan {
    if (key.startsWith(CONTENT)) return syncContent(key.slice(CONTENT.length), view);
    const snapshot = view.lister<VolumeSnapshot>(SNAPSHOTS).get(key.slice(SNAPSHOT.length));
    return snapshot === undefined ? {} : syncSnapshot(snapshot, view);
  }
}

function sourceKey({ metadata, spec }: VolumeSnapshot): readonly string[] {
  const claim = spec.source.persistentVolumeClaimName;
  return claim === undefined ? NONE : [`${metadata?.namespace}/${claim}`];
}

function contentKeys({ key, object }: InformerEvent): readonly string[] {
  const { namespace, name } = (object as VolumeSnapshotContent).spec.volumeSnapshotRef;
  return [CONTENT + key, `${SNAPSHOT}${namespace}/${name}`];
}

/** A claim that is bound, or that was restored, may be what a snapshot waits for. */
function claimKeys({ key, object }: InformerEvent, view: View): readonly string[] {
  const waiting = [...view.lister<VolumeSnapshot>(SNAPSHOTS).byIndex(BY_SOURCE, key)].map((one) => SNAPSHOT + keyOf(one));
  const restored = snapshotSource(object as PersistentVolumeClaim);
  return restored === undefined ? waiting : [...waiting, SNAPSHOT + restored];
}

// ---- contents ----

function syncContent(name: string, view: View): Plan {
  const content = view.lister<VolumeSnapshotContent>(SNAPSHOT_CONTENTS).get(name);
  if (content === undefined || (content.spec.volumeSnapshotRef.uid ?? '') === '') return {};
  if (!has(content, CONTENT_FINALIZER) && !isDying(content))
    return { requests: [withFinalizers(SNAPSHOT_CONTENTS, content, [CONTENT_FINALIZER])] };
  return {};
}

/** Undefined too when it belongs to another snapshot. */
function contentOf(snapshot: VolumeSnapshot, view: View): VolumeSnapshotContent | undefined {
  const name = snapshot.spec.source.volumeSnapshotContentName ?? contentName(snapshot);
  const content = view.lister<VolumeSnapshotContent>(SNAPSHOT_CONTENTS).get(name);
  const { namespace, name: bound, uid } = content?.spec.volumeSnapshotRef ?? {};
  const isOurs = namespace === snapshot.metadata?.namespace && bound === snapshot.metadata?.name;
  return isOurs && (uid === undefined || uid === '' || uid === snapshot.metadata?.uid) ? content : undefined;
}

// ---- snapshots ----

function syncSnapshot(snapshot: VolumeSnapshot, view: View): Plan {
  const claim = claimOf(snapshot, view);
  const isSource = claim !== undefined && has(claim, CLAIM_FINALIZER);
  if (isSource && isReady(snapshot) && !isAwaited(claim, view)) return { requests: [withoutFinalizers(CLAIMS, claim, [CLAIM_FINALIZER])] };
  if (isDying(snapshot)) {
    // Cut first what is being cut.
    const isCut = isReady(snapshot) || snapshot.status?.error !== undefined;
    return isSource && !isCut && contentOf(snapshot, view) !== undefined ? {} : remove(snapshot, claim, view);
  }
  const content = contentOf(snapshot, view);
  const missing = [
    ...(has(snapshot, SOURCE_FINALIZER) ? [] : [SOURCE_FINALIZER]),
    ...(content?.spec.deletionPolicy !== 'Delete' || has(snapshot, BOUND_FINALIZER) ? [] : [BOUND_FINALIZER]),
  ];
  if (missing.length > 0) return { requests: [withFinalizers(SNAPSHOTS, snapshot, missing)] };
  if (content !== undefined) return bind(snapshot, content, view);
  if (isReady(snapshot) || snapshot.spec.source.volumeSnapshotContentName !== undefined)
    return refuse(snapshot, 'SnapshotContentMissing', 'VolumeSnapshotContent is missing', view, !isReady(snapshot));
  return create(snapshot, claim, view);
}

const claimOf = ({ metadata, spec }: VolumeSnapshot, view: View): PersistentVolumeClaim | undefined =>
  view.lister<PersistentVolumeClaim>(CLAIMS).get(`${metadata?.namespace}/${spec.source.persistentVolumeClaimName ?? ''}`);

/** Whether some snapshot of the claim is still to be cut. */
function isAwaited(claim: PersistentVolumeClaim, view: View): boolean {
  for (const other of view.lister<VolumeSnapshot>(SNAPSHOTS).byIndex(BY_SOURCE, keyOf(claim)))
    if (!isReady(other) && other.status?.error === undefined) return true;
  return false;
}

/** Says why it does not go on, once for each reason (updateSnapshotErrorStatusWithEvent). */
function refuse(snapshot: VolumeSnapshot, reason: string, message: string, view: View, isRetried: boolean): Plan {
  const failed = isRetried ? message : undefined;
  if (snapshot.status?.error?.message === message) return { failed };
  view.event(snapshot, 'Warning', reason, message);
  const error = { message, time: rfc3339(view.clock) };
  return { requests: [writeStatus(SNAPSHOTS, snapshot, { error, readyToUse: false })], failed };
}

/** checkAndUpdateSnapshotClass: the one it names, else the default one of the volume's driver, which is written down. */
function create(snapshot: VolumeSnapshot, claim: PersistentVolumeClaim | undefined, view: View): Plan {
  const { name } = snapshot.metadata ?? {};
  const classes = view.lister<VolumeSnapshotClass>(SNAPSHOT_CLASSES);
  const volume = view.lister<PersistentVolume>(VOLUMES).get(claim?.spec?.volumeName ?? '');
  const wanted = snapshot.spec.volumeSnapshotClassName;
  const failure = (why: string): Plan =>
    refuse(snapshot, 'SnapshotContentCreationFailed', `Failed to create snapshot content with error ${why}`, view, true);
  if (claim === undefined) return failure(`snapshot controller failed to update ${name} on API server: cannot get claim from snapshot`);
  if (isDying(claim))
    return failure(
      `snapshot controller failed to update ${name} on API server: cannot add finalizer on claim [${claim.metadata?.name}] for snapshot [${name}]: claim is being deleted`,
    );
  if (claim.status?.phase !== 'Bound' || volume === undefined)
    return failure(
      `failed to get input parameters to create snapshot ${name}: "the PVC ${claim.metadata?.name} is not yet bound to a PV, will not attempt to take a snapshot"`,
    );
  if (wanted === undefined) {
    const found = [...classes.list()].filter((one) => annotation(one, DEFAULT_CLASS) === 'true' && one.driver === volume.spec?.csi?.driver);
    if (found.length === 1)
      return { requests: [write(SNAPSHOTS, snapshot, { spec: { volumeSnapshotClassName: found[0]?.metadata?.name } })] };
    const why = found.length === 0 ? 'cannot find default snapshot class' : `${found.length} default snapshot classes were found`;
    return refuse(snapshot, 'SetDefaultSnapshotClassFailed', `Failed to set default snapshot class with error ${why}`, view, true);
  }
  const snapshotClass = classes.get(wanted);
  if (snapshotClass === undefined) {
    const why = `volumesnapshotclass.snapshot.storage.k8s.io "${wanted}" not found`;
    return refuse(snapshot, 'GetSnapshotClassFailed', `Failed to get snapshot class with error ${why}`, view, true);
  }
  if (volume.spec?.csi === undefined) return failure(`cannot find CSI PersistentVolumeSource for volume ${volume.metadata?.name}`);
  if (!has(claim, CLAIM_FINALIZER))
    return { requests: [withFinalizers(CLAIMS, claim, [CLAIM_FINALIZER])], next: undefined, requeueAfter: 0 };
  view.event(snapshot, 'Normal', 'CreatingSnapshot', `Waiting for a snapshot ${keyOf(snapshot)} to be created by the CSI driver.`);
  return {
    requests: [{ verb: 'create', resource: SNAPSHOT_CONTENTS, body: contentFor(snapshot, snapshotClass, volume), discardBody: true }],
  };
}

function contentFor(snapshot: VolumeSnapshot, snapshotClass: VolumeSnapshotClass, volume: PersistentVolume): object {
  const { namespace, name, uid, resourceVersion } = snapshot.metadata ?? {};
  return {
    apiVersion: SNAPSHOT_API_VERSION,
    kind: 'VolumeSnapshotContent',
    metadata: { name: contentName(snapshot), finalizers: [CONTENT_FINALIZER] },
    spec: {
      deletionPolicy: snapshotClass.deletionPolicy,
      driver: snapshotClass.driver,
      source: { volumeHandle: volume.spec?.csi?.volumeHandle },
      sourceVolumeMode: volume.spec?.volumeMode ?? 'Filesystem',
      volumeSnapshotClassName: snapshotClass.metadata?.name,
      volumeSnapshotRef: { apiVersion: SNAPSHOT_API_VERSION, kind: 'VolumeSnapshot', namespace, name, uid, resourceVersion },
    },
  };
}

/** The content's word is the snapshot's (updateSnapshotStatus); a content made by hand is told first whom it belongs to. */
function bind(snapshot: VolumeSnapshot, content: VolumeSnapshotContent, view: View): Plan {
  const { uid } = snapshot.metadata ?? {};
  if (content.spec.volumeSnapshotRef.uid !== uid) {
    const { volumeSnapshotClassName } = snapshot.spec;
    return { requests: [write(SNAPSHOT_CONTENTS, content, { spec: { volumeSnapshotRef: { uid }, volumeSnapshotClassName } })] };
  }
  const { status } = content;
  const before = snapshot.status;
  const size = status?.restoreSize === undefined ? undefined : parseQuantity(status.restoreSize);
  const restoreSize = size === undefined ? undefined : formatQuantity({ ...size, format: 'BinarySI' });
  const creationTime = status?.creationTime === undefined ? undefined : rfc3339(Math.floor(status.creationTime / 1000));
  const wanted = {
    boundVolumeSnapshotContentName: content.metadata?.name,
    readyToUse: isReady(content),
    ...(creationTime === undefined ? {} : { creationTime }),
    ...(restoreSize === undefined ? {} : { restoreSize }),
  };
  const error = status?.error;
  const isSame =
    before?.boundVolumeSnapshotContentName === wanted.boundVolumeSnapshotContentName &&
    before?.readyToUse === wanted.readyToUse &&
    before?.creationTime === creationTime &&
    before?.restoreSize === restoreSize &&
    before?.error?.message === error?.message;
  if (isSame) return {};
  if (before?.creationTime === undefined && creationTime !== undefined)
    view.event(snapshot, 'Normal', 'SnapshotCreated', `Snapshot ${keyOf(snapshot)} was successfully created by the CSI driver.`);
  if (before?.readyToUse !== true && wanted.readyToUse)
    view.event(snapshot, 'Normal', 'SnapshotReady', `Snapshot ${keyOf(snapshot)} is ready to use.`);
  return { requests: [writeStatus(SNAPSHOTS, snapshot, { ...wanted, error: error ?? null })] };
}

/** processSnapshotWithDeletionTimestamp. */
function remove(snapshot: VolumeSnapshot, claim: PersistentVolumeClaim | undefined, view: View): Plan {
  if (!has(snapshot, SOURCE_FINALIZER) && !has(snapshot, BOUND_FINALIZER)) return {};
  const content = contentOf(snapshot, view);
  if (content !== undefined && isBeingRestored(snapshot, view)) {
    view.event(snapshot, 'Warning', 'SnapshotDeletePending', 'Snapshot is being used to restore a PVC');
    return {};
  }
  if (claim !== undefined && has(claim, CLAIM_FINALIZER) && !isOtherAwaited(claim, snapshot, view))
    return { requests: [withoutFinalizers(CLAIMS, claim, [CLAIM_FINALIZER])], requeueAfter: SECOND };
  const goesAlong = content?.spec.deletionPolicy === 'Delete';
  if (content !== undefined && annotation(content, BEING_DELETED) === undefined)
    return { requests: [write(SNAPSHOT_CONTENTS, content, { metadata: { annotations: { [BEING_DELETED]: 'yes' } } })] };
  if (content !== undefined && goesAlong) {
    if (isDying(content)) return {};
    return { requests: [{ verb: 'delete', resource: SNAPSHOT_CONTENTS, name: content.metadata?.name, discardBody: true }] };
  }
  return { requests: [withoutFinalizers(SNAPSHOTS, snapshot, [SOURCE_FINALIZER, BOUND_FINALIZER])] };
}

function isOtherAwaited(claim: PersistentVolumeClaim, snapshot: VolumeSnapshot, view: View): boolean {
  for (const other of view.lister<VolumeSnapshot>(SNAPSHOTS).byIndex(BY_SOURCE, keyOf(claim)))
    if (other.metadata?.uid !== snapshot.metadata?.uid && !isReady(other)) return true;
  return false;
}

/** isVolumeBeingCreatedFromSnapshot. */
function isBeingRestored(snapshot: VolumeSnapshot, view: View): boolean {
  for (const claim of view.lister<PersistentVolumeClaim>(CLAIMS).list())
    if (snapshotSource(claim) === keyOf(snapshot) && claim.status?.phase === 'Pending') return true;
  return false;
}
