/** Makes volumes bigger. Mirrors external-resizer v1 pkg/controller/controller.go for drivers whose disks need nothing done on the node: the volume's
 *  capacity, then the claim's. */

import type { PersistentVolume, PersistentVolumeClaim } from '#api';
import { compareQuantities } from '#api';
import type { Controller, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { ask, type Drivers, pauseAfter } from './driver-calls.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const RESIZER = 'volume.kubernetes.io/storage-resizer';
const NONE: readonly string[] = [];

const given = ({ status }: PersistentVolumeClaim): string | number | undefined => status?.capacity?.['storage'];
const wanted = ({ spec }: PersistentVolumeClaim): string | number | undefined => spec?.resources?.requests?.['storage'];

export class CsiResizer implements Controller {
  readonly name = 'csi-resizer';
  readonly component = 'external-resizer';
  readonly workers = 10;
  readonly watches: readonly WatchSpec[] = [
    {
      resource: CLAIMS,
      keys: ({ type, key, object }) => (type === 'delete' || object.metadata?.annotations?.[RESIZER] === undefined ? NONE : [key]),
    },
    { resource: VOLUMES, keys: () => NONE },
  ];
  readonly #drivers: Drivers;

  constructor(drivers: Drivers) {
    this.#drivers = drivers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const claim = view.lister<PersistentVolumeClaim>(CLAIMS).get(key);
    const volume = claim === undefined ? undefined : view.lister<PersistentVolume>(VOLUMES).get(claim.spec?.volumeName ?? '');
    const plan = this.#drivers.plans.get(claim?.metadata?.annotations?.[RESIZER] ?? '');
    if (claim === undefined || volume === undefined || plan === undefined) return {};
    const [has, wants] = [given(claim), wanted(claim)];
    if (has === undefined || wants === undefined || compareQuantities(wants, has) <= 0) return {};
    if (stage?.name === 'grown') return claimGrown(claim, wants);
    const name = volume.metadata?.name ?? '';
    if (compareQuantities(volume.spec?.capacity?.['storage'] ?? 0, wants) >= 0) return claimGrown(claim, wants);
    const call = `${name} ${wants}`;
    if (this.#drivers.disks.failures('resize', call) === 0)
      view.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${name}`);
    const answer = ask(this.#drivers, plan, 'resize', call, view);
    if (answer !== 'done' && 'wait' in answer) return { requeueAfter: answer.wait };
    if (answer !== 'done') {
      view.event(claim, 'Warning', 'VolumeResizeFailed', `resize volume "${name}" by resizer "${plan.name}" failed: ${answer.error}`);
      return { requeueAfter: pauseAfter(this.#drivers, 'resize', call) };
    }
    view.event(claim, 'Normal', 'VolumeResizeSuccessful', 'Resize volume succeeded');
    const body = { spec: { capacity: { storage: wants } } };
    return { requests: [{ verb: 'patch', resource: VOLUMES, name, patchType: 'merge', body, discardBody: true }], next: { name: 'grown' } };
  }
}

function claimGrown({ metadata }: PersistentVolumeClaim, storage: string | number): Plan {
  const { namespace, name } = metadata ?? {};
  const body = { status: { capacity: { storage } } };
  const request: RequestSpec = {
    verb: 'patch',
    resource: CLAIMS,
    subresource: 'status',
    namespace,
    name,
    patchType: 'merge',
    body,
    discardBody: true,
  };
  return { requests: [request] };
}
