/** Owner references: who controls an object. Mirrors apimachinery v1.34 meta/v1/controller_ref.go and kubernetes pkg/controller/controller_utils.go. */

import type { KubeObject, ObjectMeta, OwnerReference } from '#api';

const NONE: readonly string[] = [];

/** metav1.GetControllerOf. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  const references = object.metadata?.ownerReferences;
  if (references === undefined) return undefined;
  for (const reference of references) if (reference.controller === true) return reference;
  return undefined;
}

/** metav1.NewControllerRef: controller and blockOwnerDeletion set. */
export function controllerReference(apiVersion: string, kind: string, owner: KubeObject): OwnerReference {
  return { apiVersion, kind, name: owner.metadata?.name ?? '', uid: owner.metadata?.uid ?? '', controller: true, blockOwnerDeletion: true };
}

/** Name of the index below, shared by all controllers that watch a resource. */
export const BY_CONTROLLER = 'controllerUid';

// The values of one owner's dependents: one array for all of them.
const uidArrays = new WeakMap<OwnerReference, readonly string[]>();

/** Index by the uid of the controlling owner (AddPodControllerUIDIndexer). */
export function byController(object: KubeObject): readonly string[] {
  const reference = controllerOf(object);
  if (reference === undefined) return NONE;
  let values = uidArrays.get(reference);
  if (values === undefined) uidArrays.set(reference, (values = [reference.uid]));
  return values;
}

/** Name of the index below. */
export const ORPHANS = 'orphans';

/** Index of objects without controller by `namespace/key=value` of each label: where a selector looks for what it may adopt. */
export function orphansByLabel(object: KubeObject): readonly string[] {
  if (controllerOf(object) !== undefined) return NONE;
  const { labels, namespace = '' } = object.metadata ?? {};
  if (labels === undefined) return NONE;
  const values: string[] = [];
  for (const key in labels) values.push(`${namespace}/${key}=${labels[key]}`);
  return values;
}

/** `namespace/name` of an object's neighbour. */
export const siblingKey = (metadata: ObjectMeta | undefined, name: string): string => `${metadata?.namespace ?? ''}/${name}`;
