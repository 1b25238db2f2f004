/** Cuts and deletes the snapshots that contents speak of, at the provider, and says how it went. Mirrors external-snapshotter v8
 *  pkg/sidecar-controller/snapshot_controller.go. Departure: a snapshot is ready when the call that cuts it returns. */

import type { PersistentVolume, VolumeSnapshotContent } from '#api';
import { quantityValue, rfc3339, SNAPSHOT_CONTENTS } from '#api';
import type { Controller, Plan, View, WatchSpec } from '#client';
import type { DriverPlan } from './disks.ts';
import { ask, type Drivers, pauseAfter } from './driver-calls.ts';
import {
  annotation,
  BEING_CREATED,
  BEING_DELETED,
  CONTENT_FINALIZER,
  has,
  isDying,
  isReady,
  snapshotHandle,
  withoutFinalizers,
  write,
  writeStatus,
} from './snapshot-marks.ts';

const VOLUMES = 'persistentvolumes';
const NONE: readonly string[] = [];

export class CsiSnapshotter implements Controller {
  readonly name = 'csi-snapshotter';
  readonly component = 'csi-snapshotter';
  /** --worker-threads. */
  readonly workers = 10;
  readonly watches: readonly WatchSpec[] = [
    {
      resource: SNAPSHOT_CONTENTS,
      keys: ({ type, key, object }) =>
        type === 'delete' || !this.#drivers.plans.has((object as VolumeSnapshotContent).spec.driver) ? NONE : [key],
    },
    { resource: VOLUMES, keys: () => NONE },
  ];
  readonly #drivers: Drivers;

  constructor(drivers: Drivers) {
    this.#drivers = drivers;
  }

  reconcile(key: string, view: View): Plan {
    const content = view.lister<VolumeSnapshotContent>(SNAPSHOT_CONTENTS).get(key);
    const plan = this.#drivers.plans.get(content?.spec.driver ?? '');
    if (content === undefined || plan === undefined) return {};
    if (isDying(content)) return this.#delete(content, plan, view);
    const given = content.spec.source.snapshotHandle;
    if (isReady(content)) return annotation(content, BEING_CREATED) === undefined ? {} : { requests: [created(content)] };
    if (given === undefined) return this.#create(content, plan, view);
    const bytes = this.#drivers.disks.snapshotSize(given);
    if (bytes !== undefined) return { requests: [ready(content, given, bytes, view)] };
    const why = `Failed to check and update snapshot content: rpc error: code = NotFound desc = no snapshot ${given}`;
    return failed(content, 'SnapshotContentCheckandUpdateFailed', why, view);
  }

  #create(content: VolumeSnapshotContent, plan: DriverPlan, view: View): Plan {
    const disk = content.spec.source.volumeHandle ?? '';
    if (annotation(content, BEING_CREATED) === undefined)
      return { requests: [write(SNAPSHOT_CONTENTS, content, { metadata: { annotations: { [BEING_CREATED]: 'yes' } } })] };
    const handle = snapshotHandle(content);
    const answer = ask(this.#drivers, plan, 'snapshot', handle, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    const bytes = sizeOf(disk, view);
    const error = answer === 'done' ? this.#drivers.disks.cut(handle, disk, bytes) : answer.error;
    if (error === undefined) return { requests: [ready(content, handle, bytes, view)] };
    const text = `Failed to create snapshot: failed to take snapshot of the volume ${disk}: "${error}"`;
    return { ...failed(content, 'SnapshotCreationFailed', text, view), requeueAfter: pauseAfter(this.#drivers, 'snapshot', handle) };
  }

  #delete(content: VolumeSnapshotContent, plan: DriverPlan, view: View): Plan {
    if (!has(content, CONTENT_FINALIZER)) return {};
    // Whoever deletes a content by hand keeps its snapshot: it is deleted with the VolumeSnapshot alone.
    const handle = content.status?.snapshotHandle;
    if (annotation(content, BEING_DELETED) === undefined) return {};
    if (content.spec.deletionPolicy !== 'Delete' || handle === undefined)
      return { requests: [withoutFinalizers(SNAPSHOT_CONTENTS, content, [CONTENT_FINALIZER])] };
    const answer = ask(this.#drivers, plan, 'deleteSnapshot', handle, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    if (answer !== 'done') {
      view.event(content, 'Warning', 'SnapshotDeleteError', 'Failed to delete snapshot');
      return { requeueAfter: pauseAfter(this.#drivers, 'deleteSnapshot', handle) };
    }
    this.#drivers.disks.removeSnapshot(handle);
    const gone = { snapshotHandle: null, readyToUse: null, creationTime: null, restoreSize: null };
    return { requests: [writeStatus(SNAPSHOT_CONTENTS, content, gone)] };
  }
}

function sizeOf(disk: string, view: View): number {
  const volume = view.lister<PersistentVolume>(VOLUMES).get(disk);
  return quantityValue(volume?.spec?.capacity?.['storage']);
}

const created = (content: VolumeSnapshotContent) =>
  write(SNAPSHOT_CONTENTS, content, { metadata: { annotations: { [BEING_CREATED]: null } } });

function ready(content: VolumeSnapshotContent, handle: string, restoreSize: number, view: View) {
  const creationTime = view.clock * 1000;
  return writeStatus(SNAPSHOT_CONTENTS, content, { snapshotHandle: handle, creationTime, readyToUse: true, restoreSize, error: null });
}

function failed(content: VolumeSnapshotContent, reason: string, message: string, view: View): Plan {
  if (content.status?.error?.message === message) return {};
  view.event(content, 'Warning', reason, message);
  const error = { message, time: rfc3339(view.clock) };
  return { requests: [writeStatus(SNAPSHOT_CONTENTS, content, { error, readyToUse: false })] };
}
