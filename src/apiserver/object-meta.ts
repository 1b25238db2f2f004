/** ObjectMeta with one shape for all objects, so that the hot paths stay monomorphic. Unset members are undefined and count as absent. */

import type { KubeObject, ObjectMeta } from '#api';

/** metadata of a stored object. `resourceVersion` is '' until etcd stamps it, once, at commit; after that nothing changes. */
export interface Meta extends ObjectMeta {
  name: string;
  namespace: string | undefined;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
}

/** A stored object: metadata is complete. */
export interface Stored extends KubeObject {
  readonly metadata: Meta;
}

/** A fresh, unstamped metadata with the fields of `from`. */
export function freshMeta(from: ObjectMeta | undefined): Meta {
  return {
    name: from?.name ?? '',
    generateName: from?.generateName,
    namespace: from?.namespace,
    uid: from?.uid ?? '',
    resourceVersion: '',
    generation: from?.generation,
    creationTimestamp: from?.creationTimestamp ?? '',
    deletionTimestamp: from?.deletionTimestamp,
    deletionGracePeriodSeconds: from?.deletionGracePeriodSeconds,
    labels: from?.labels,
    annotations: from?.annotations,
    ownerReferences: from?.ownerReferences,
    finalizers: from?.finalizers,
    managedFields: from?.managedFields,
  };
}

/** The object under a resourceVersion of its own: what a DELETED event carries. */
export function atRevision(object: KubeObject, revision: number): KubeObject {
  const metadata = freshMeta(object.metadata);
  metadata.resourceVersion = String(revision);
  return { ...object, metadata };
}

/** What a client that does not read the object gets: its metadata, and of an Event nothing. */
export const headOf = ({ metadata }: KubeObject, expires = false): { readonly metadata: KubeObject['metadata'] } | undefined =>
  expires ? undefined : { metadata };
