/** Carries out VolumeAttachments: attaches and detaches disks at the provider and says how it went. Mirrors external-attacher v4
 *  pkg/controller/csi_handler.go. Departure: the finalizer on the volume itself is left out. */

import type { KubeObject, Node, PersistentVolume, VolumeAttachment } from '#api';
import { rfc3339 } from '#api';
import type { Controller, InformerEvent, Plan, View, WatchSpec } from '#client';
import { retryPause } from './disks.ts';
import { ask, type Drivers } from './driver-calls.ts';

const ATTACHMENTS = 'volumeattachments.storage.k8s.io';
const VOLUMES = 'persistentvolumes';
const NONE: readonly string[] = [];

const finalizerOf = (driver: string): string => `external-attacher/${driver.replaceAll('.', '-')}`;

export class CsiAttacher implements Controller {
  readonly name = 'csi-attacher';
  readonly component = 'csi-attacher';
  /** --worker-threads. */
  readonly workers = 10;
  readonly watches: readonly WatchSpec[] = [
    {
      resource: ATTACHMENTS,
      keys: (event) => this.#keys(event),
    },
    { resource: VOLUMES, keys: () => NONE },
    { resource: 'nodes', keys: () => NONE },
  ];
  readonly #drivers: Drivers;
  // Passes in a row that failed, by attachment.
  readonly #failures = new Map<string, number>();

  constructor(drivers: Drivers) {
    this.#drivers = drivers;
  }

  #keys({ type, key, object, previous }: InformerEvent): readonly string[] {
    if (type === 'delete') this.#failures.delete(key);
    const attachment = object as VolumeAttachment;
    if (type === 'delete' || !this.#drivers.plans.has(attachment.spec.attacher)) return NONE;
    return previous !== undefined && saysErrorAlone(attachment, previous as VolumeAttachment) ? NONE : [key];
  }

  /** Whatever it is that failed: it is tried again after a pause that grows. */
  #failed(attachment: VolumeAttachment, field: 'attachError' | 'detachError', message: string, view: View): Plan {
    const key = attachment.metadata?.name ?? '';
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const body = { status: { attached: attachment.status?.attached ?? false, [field]: { time: rfc3339(view.clock), message } } };
    return { requests: [{ ...patch(attachment, body), subresource: 'status' }], requeueAfter: retryPause(failures) };
  }

  reconcile(key: string, view: View): Plan {
    const attachment = view.lister<VolumeAttachment>(ATTACHMENTS).get(key);
    if (attachment === undefined) return {};
    return attachment.metadata?.deletionTimestamp === undefined ? this.#attach(attachment, view) : this.#detach(attachment, view);
  }

  #attach(attachment: VolumeAttachment, view: View): Plan {
    const { attacher, nodeName, source } = attachment.spec;
    const finalizer = finalizerOf(attacher);
    if (attachment.status?.attached === true) return {};
    const finalizers = attachment.metadata?.finalizers ?? [];
    // First what keeps it from going while the disk may be attached.
    if (!finalizers.includes(finalizer)) return { requests: [patch(attachment, { metadata: { finalizers: [...finalizers, finalizer] } })] };
    const volume = view.lister<PersistentVolume>(VOLUMES).get(source.persistentVolumeName ?? '');
    const plan = this.#drivers.plans.get(attacher);
    const handle = volume?.spec?.csi?.volumeHandle;
    if (plan === undefined) return {};
    // The attachment may be heard of before its volume is.
    if (handle === undefined)
      return this.#failed(attachment, 'attachError', `could not add PersistentVolume ${source.persistentVolumeName}`, view);
    const key = `${handle} ${nodeName}`;
    const answer = ask(this.#drivers, plan, 'attach', key, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    const zone = view.lister<Node>('nodes').get(nodeName)?.metadata?.labels?.['topology.kubernetes.io/zone'] ?? '';
    const error = answer === 'done' ? this.#drivers.disks.attach(plan, handle, nodeName, zone) : answer.error;
    if (error !== undefined) return this.#failed(attachment, 'attachError', error, view);
    this.#failures.delete(attachment.metadata?.name ?? '');
    return { requests: [{ ...patch(attachment, { status: { attached: true, attachError: null } }), subresource: 'status' }] };
  }

  #detach(attachment: VolumeAttachment, view: View): Plan {
    const { attacher, nodeName, source } = attachment.spec;
    const finalizer = finalizerOf(attacher);
    const finalizers = attachment.metadata?.finalizers ?? [];
    const plan = this.#drivers.plans.get(attacher);
    if (plan === undefined || !finalizers.includes(finalizer)) return {};
    const volume = view.lister<PersistentVolume>(VOLUMES).get(source.persistentVolumeName ?? '');
    const handle = volume?.spec?.csi?.volumeHandle ?? source.persistentVolumeName ?? '';
    const key = `${handle} ${nodeName}`;
    const answer = ask(this.#drivers, plan, 'detach', key, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    if (answer !== 'done') return this.#failed(attachment, 'detachError', answer.error, view);
    this.#drivers.disks.detach(handle, nodeName);
    const left = finalizers.filter((other) => other !== finalizer);
    return { requests: [patch(attachment, { metadata: { finalizers: left } })] };
  }
}

function patch({ metadata }: KubeObject, body: object) {
  return { verb: 'patch', resource: ATTACHMENTS, name: metadata?.name, patchType: 'merge', body, discardBody: true } as const;
}

/** What the attacher itself has just written: to look at it would be to call the driver again at once (shouldEnqueueVAChange). */
function saysErrorAlone(now: VolumeAttachment, before: VolumeAttachment): boolean {
  const errors = ({ status }: VolumeAttachment): string => JSON.stringify([status?.attachError, status?.detachError]);
  const rest = ({ metadata, status }: VolumeAttachment): string =>
    JSON.stringify([metadata?.deletionTimestamp, metadata?.finalizers, metadata?.annotations, status?.attached ?? false]);
  return errors(now) !== errors(before) && rest(now) === rest(before);
}
