/** Annotations, finalizers and names by which volumes, claims and their controllers know each other. Mirrors kubernetes v1.34
 *  pkg/volume/util (finalizer.go, util.go), component-helpers storage/volume/helpers.go and pkg/controller/volume/common/common.go. */

import type { KubeObject, PersistentVolume, PersistentVolumeClaim, Pod } from '#api';

export const CLAIMS = 'persistentvolumeclaims';
export const VOLUMES = 'persistentvolumes';
export const CLASSES = 'storageclasses.storage.k8s.io';
export const ATTACHMENTS = 'volumeattachments.storage.k8s.io';

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
export const STORAGE_PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
export const BETA_STORAGE_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner';
export const STORAGE_RESIZER = 'volume.kubernetes.io/storage-resizer';
export const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
export const PVC_PROTECTION = 'kubernetes.io/pvc-protection';
export const PV_PROTECTION = 'kubernetes.io/pv-protection';

export const annotationOf = ({ metadata }: KubeObject, name: string): string | undefined => metadata?.annotations?.[name];
export const claimKey = ({ metadata }: KubeObject): string => `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;

/** `namespace/name` of the claim that a volume is for. */
export const claimKeyOf = ({ spec }: PersistentVolume): string | undefined =>
  spec?.claimRef === undefined ? undefined : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`;

/** Name of the index below (PodPVCIndex). */
export const BY_CLAIM = 'claim';
const NONE: readonly string[] = [];
const keysOf = new WeakMap<object, readonly string[]>();

/** Index of pods by the claims that they use; pods without volumes cost one comparison. */
export function byClaim(object: KubeObject): readonly string[] {
  const pod = object as Pod;
  const volumes = pod.spec?.volumes;
  if (volumes === undefined || volumes.length === 0) return NONE;
  let keys = keysOf.get(volumes);
  if (keys === undefined) keysOf.set(volumes, (keys = claimsOfPod(pod)));
  return keys;
}

function claimsOfPod({ metadata, spec }: Pod): readonly string[] {
  const keys: string[] = [];
  for (const volume of spec?.volumes ?? []) {
    const name =
      volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${metadata?.name}-${volume.name}`);
    if (name !== undefined) keys.push(`${metadata?.namespace}/${name}`);
  }
  return keys.length === 0 ? NONE : keys;
}

/** The name by which nodes and the attach/detach controller call a volume (csi_plugin.go: UniqueVolumeName of an attachable one). */
export function uniqueVolumeName({ spec }: PersistentVolume): string | undefined {
  const csi = spec?.csi;
  return csi === undefined || csi === null ? undefined : `kubernetes.io/csi/${csi.driver}^${csi.volumeHandle}`;
}

/** Whether several nodes may have it attached (IsMultiAttachAllowed). */
export const allowsManyNodes = ({ spec }: PersistentVolume): boolean =>
  (spec?.accessModes ?? []).some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');

export const storageRequested = ({ spec }: PersistentVolumeClaim): string | number | undefined => spec?.resources?.requests?.['storage'];
