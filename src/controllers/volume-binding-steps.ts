/** The four writes by which a volume and a claim become one, each only if it is still needed: the volume's claimRef, its phase, the claim's volumeName, its
 *  status. Mirrors kubernetes v1.34 pkg/controller/volume/persistentvolume/pv_controller.go (bind, bindVolumeToClaim, bindClaimToVolume, unbindVolume). */

import type { PersistentVolume, PersistentVolumeClaim } from '#api';
import type { Outcome, Plan, RequestSpec } from '#client';
import { annotationOf, BIND_COMPLETED, BOUND_BY_CONTROLLER, CLAIMS, VOLUMES } from './volume-marks.ts';

export interface Binding {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume;
}

export function bindingFailed(outcomes: readonly Outcome<unknown>[]): string | undefined {
  for (const { code, error } of outcomes) if (code === 0 || code >= 400) return error?.message ?? 'connection lost';
  return undefined;
}

/** The next write, with what the last one left. */
export function nextBindingStep(before: Binding, outcomes: readonly Outcome<unknown>[] = []): Plan {
  let { claim, volume } = before;
  for (const { object, request } of outcomes) {
    if (request.resource === VOLUMES) volume = object as PersistentVolume;
    else claim = object as PersistentVolumeClaim;
  }
  const request =
    claimVolume(volume, claim) ?? volumePhase(volume, 'Bound') ?? nameVolume(claim, volume) ?? claimStatus(claim, 'Bound', volume);
  return request === undefined ? {} : { requests: [request], next: { name: 'binding', data: { claim, volume } } };
}

function claimVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): RequestSpec | undefined {
  const reference = volume.spec?.claimRef;
  const { namespace, name, uid, resourceVersion } = claim.metadata ?? {};
  if (reference?.uid === uid && reference?.name === name && reference?.namespace === namespace) return undefined;
  const isOurs = reference === undefined;
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
  return write(VOLUMES, volume, {
    metadata: isOurs ? { annotations: { [BOUND_BY_CONTROLLER]: 'yes' } } : {},
    spec: { claimRef },
  });
}

function nameVolume(claim: PersistentVolumeClaim, volume: PersistentVolume): RequestSpec | undefined {
  const name = volume.metadata?.name;
  const isNamed = claim.spec?.volumeName === name;
  if (isNamed && annotationOf(claim, BIND_COMPLETED) !== undefined) return undefined;
  const annotations = { [BIND_COMPLETED]: 'yes', ...(isNamed ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }) };
  return write(CLAIMS, claim, { metadata: { annotations }, spec: { volumeName: name } });
}

export function volumePhase(volume: PersistentVolume, phase: string): RequestSpec | undefined {
  if (volume.status?.phase === phase) return undefined;
  return { ...write(VOLUMES, volume, { status: { phase } }), subresource: 'status' };
}

/** undefined when the claim says so already. */
export function claimStatus(claim: PersistentVolumeClaim, phase: string, volume: PersistentVolume | undefined): RequestSpec | undefined {
  const { status } = claim;
  const isFresh = status?.phase !== phase;
  const accessModes = volume?.spec?.accessModes;
  // The capacity of a bound claim is its resizer's afterwards.
  const capacity = isFresh || status?.capacity === undefined ? volume?.spec?.capacity : undefined;
  const hasModes = accessModes === undefined || status?.accessModes?.join() === accessModes.join();
  if (!isFresh && hasModes && capacity === undefined) return undefined;
  const body = { phase, ...(accessModes === undefined ? {} : { accessModes }), ...(capacity === undefined ? {} : { capacity }) };
  return { ...write(CLAIMS, claim, { status: body }), subresource: 'status' };
}

/** The volume is free again: what the controller put in is taken out; a claimRef of the user's stays, without its uid. */
export function unbindVolume(volume: PersistentVolume): RequestSpec {
  const wasOurs = annotationOf(volume, BOUND_BY_CONTROLLER) !== undefined;
  if (!wasOurs) return write(VOLUMES, volume, { spec: { claimRef: { uid: null } } });
  return write(VOLUMES, volume, { metadata: { annotations: { [BOUND_BY_CONTROLLER]: null } }, spec: { claimRef: null } });
}

function write(
  resource: string,
  object: PersistentVolume | PersistentVolumeClaim,
  change: { readonly metadata?: object; readonly spec?: object; readonly status?: object },
): RequestSpec {
  const { namespace, name, resourceVersion } = object.metadata ?? {};
  const body = { ...change, metadata: { ...change.metadata, resourceVersion } };
  return { verb: 'patch', resource, namespace, name, patchType: 'merge', body };
}
