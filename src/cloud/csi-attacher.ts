/** Carries out VolumeAttachments: attaches and detaches disks at the provider and says how it went. Mirrors external-attacher v4
 *  pkg/controller/csi_handler.go. Departure: the finalizer on the volume itself is left out. */

import type { KubeObject, Node, PersistentVolume, VolumeAttachment } from '#api';
import { rfc3339 } from '#api';
import type { Controller, Plan, View, WatchSpec } from '#client';
import { ask, type Drivers, pauseAfter } from './driver-calls.ts';

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
      keys: ({ type, key, object }) =>
        type === 'delete' || !this.#drivers.plans.has((object as VolumeAttachment).spec.attacher) ? NONE : [key],
    },
    { resource: VOLUMES, keys: () => NONE },
    { resource: 'nodes', keys: () => NONE },
  ];
  readonly #drivers: Drivers;

  constructor(drivers: Drivers) {
    this.#drivers = drivers;
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
    if (handle === undefined)
      return failed(attachment, 'attachError', `could not add PersistentVolume ${source.persistentVolumeName}`, view);
    const key = `${handle} ${nodeName}`;
    const answer = ask(this.#drivers, plan, 'attach', key, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    const zone = view.lister<Node>('nodes').get(nodeName)?.metadata?.labels?.['topology.kubernetes.io/zone'] ?? '';
    const error = answer === 'done' ? this.#drivers.disks.attach(plan, handle, nodeName, zone) : answer.error;
    if (error !== undefined)
      return {
        ...failed(attachment, 'attachError', error, view),
        requeueAfter: Math.max(1_000_000, pauseAfter(this.#drivers, 'attach', key)),
      };
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
    if (answer !== 'done')
      return { ...failed(attachment, 'detachError', answer.error, view), requeueAfter: pauseAfter(this.#drivers, 'detach', key) };
    this.#drivers.disks.detach(handle, nodeName);
    const left = finalizers.filter((other) => other !== finalizer);
    return { requests: [patch(attachment, { metadata: { finalizers: left } })] };
  }
}

function patch({ metadata }: KubeObject, body: object) {
  return { verb: 'patch', resource: ATTACHMENTS, name: metadata?.name, patchType: 'merge', body, discardBody: true } as const;
}

function failed(attachment: VolumeAttachment, field: 'attachError' | 'detachError', message: string, view: View): Plan {
  const body = { status: { attached: attachment.status?.attached ?? false, [field]: { time: rfc3339(view.clock), message } } };
  return { requests: [{ ...patch(attachment, body), subresource: 'status' }] };
}
