/** Names by which the snapshot controller and the driver's side-car know each other's work. Facts of external-snapshotter v8 pkg/utils/util.go. */

import type { KubeObject, VolumeSnapshot, VolumeSnapshotContent } from '#api';
import type { RequestSpec } from '#client';

export const CLAIM_FINALIZER = 'snapshot.storage.kubernetes.io/pvc-as-source-protection';
export const SOURCE_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection';
export const BOUND_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshot-bound-protection';
export const CONTENT_FINALIZER = 'snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection';
export const BEING_CREATED = 'snapshot.storage.kubernetes.io/volumesnapshot-being-created';
export const BEING_DELETED = 'snapshot.storage.kubernetes.io/volumesnapshot-being-deleted';
export const DEFAULT_CLASS = 'snapshot.storage.kubernetes.io/is-default-class';

export const isReady = ({ status }: VolumeSnapshot | VolumeSnapshotContent): boolean => status?.readyToUse === true;
export const has = ({ metadata }: KubeObject, finalizer: string): boolean => metadata?.finalizers?.includes(finalizer) === true;
export const annotation = ({ metadata }: KubeObject, name: string): string | undefined => metadata?.annotations?.[name];
export const isDying = ({ metadata }: KubeObject): boolean => metadata?.deletionTimestamp !== undefined;
export const keyOf = ({ metadata }: KubeObject): string => `${metadata?.namespace}/${metadata?.name}`;

/** The content made for a snapshot of a claim, and the snapshot's name at the provider. */
export const contentName = ({ metadata }: VolumeSnapshot): string => `snapcontent-${metadata?.uid}`;
export const snapshotHandle = ({ spec, metadata }: VolumeSnapshotContent): string =>
  `snapshot-${spec.volumeSnapshotRef.uid ?? metadata?.uid}`;

/** A merge patch that fails when somebody else was faster. */
export function write(resource: string, object: KubeObject, change: { readonly metadata?: object; readonly spec?: object }): RequestSpec {
  const { namespace, name, resourceVersion } = object.metadata ?? {};
  const body = { ...change, metadata: { ...change.metadata, resourceVersion } };
  return { verb: 'patch', resource, namespace, name, patchType: 'merge', body, discardBody: true };
}

export function writeStatus(resource: string, object: KubeObject, status: object): RequestSpec {
  const { namespace, name, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { resourceVersion }, status };
  return { verb: 'patch', resource, subresource: 'status', namespace, name, patchType: 'merge', body, discardBody: true };
}

export function withFinalizers(resource: string, object: KubeObject, finalizers: readonly string[]): RequestSpec {
  return write(resource, object, { metadata: { finalizers: [...(object.metadata?.finalizers ?? []), ...finalizers] } });
}

export function withoutFinalizers(resource: string, object: KubeObject, finalizers: readonly string[]): RequestSpec {
  return write(resource, object, {
    metadata: { finalizers: object.metadata?.finalizers?.filter((one) => !finalizers.includes(one)) ?? [] },
  });
}
