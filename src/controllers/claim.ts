/** Adoption of matching orphans and release of what no longer matches. Mirrors kubernetes v1.34 pkg/controller/controller_ref_manager.go.
 *  Departure: a plan that adopts counts the orphan as its own at once; when the patch fails the key comes back. The live read of the owner before an
 *  adoption is left to the API server's answer. */

import type { KubeObject, LabelSelector, OwnerReference, Resource } from '#api';
import { compileLabelSelector, matchesLabelSelector } from '#api';
import type { Lister, RequestSpec } from '#client';
import { BY_CONTROLLER, ORPHANS } from './owner-references.ts';

export interface Claim<T extends KubeObject> {
  readonly claimed: readonly T[];
  readonly requests: readonly RequestSpec[];
}

const NOT_YET = Symbol('not yet');
const NO_REQUESTS: readonly RequestSpec[] = [];

/** The bucket of the orphans index in which everything that `selector` matches lies, or undefined when it names no plain label. */
export function orphanBucket(namespace: string, selector: LabelSelector | undefined): string | undefined {
  for (const key in selector?.matchLabels) return `${namespace}/${key}=${selector.matchLabels[key]}`;
  return undefined;
}

function orphansOf<T extends KubeObject>(lister: Lister<T>, namespace: string, selector: LabelSelector | undefined): Iterable<T> {
  const bucket = orphanBucket(namespace, selector);
  if (bucket !== undefined) return lister.countByIndex(ORPHANS, bucket) === 0 ? [] : lister.byIndex(ORPHANS, bucket);
  // Expressions only: look under every value of the first key that must be there.
  const first = selector === undefined ? undefined : compileLabelSelector(selector)[0];
  if (first?.operator !== 'In') return [];
  const found = new Set<T>();
  for (const value of first.values) for (const object of lister.byIndex(ORPHANS, `${namespace}/${first.key}=${value}`)) found.add(object);
  return found;
}

/** Whether there may be anything to adopt. */
export function hasOrphans(lister: Lister<KubeObject>, namespace: string, selector: LabelSelector | undefined): boolean {
  const bucket = orphanBucket(namespace, selector);
  return bucket === undefined || lister.countByIndex(ORPHANS, bucket) > 0;
}

/** What `owner` controls, and the patches that make it so. */
export function claim<T extends KubeObject>(
  resource: Resource,
  lister: Lister<T>,
  owner: KubeObject,
  selector: LabelSelector | undefined,
  reference: () => OwnerReference,
  canAdopt: (object: T) => boolean,
  /** What the owner puts on what it adopts. */
  finalizers?: readonly string[],
): Claim<T> {
  const { uid = '', namespace = '', deletionTimestamp } = owner.metadata ?? {};
  const owned = lister.byIndex(BY_CONTROLLER, uid) as readonly T[];
  let claimed: T[] | undefined;
  let requests: RequestSpec[] | undefined;
  // Pods of one template share their labels: most ask the selector nothing new.
  let labels: unknown = NOT_YET;
  let isMatch = false;
  for (const object of owned) {
    if (object.metadata?.labels !== labels) {
      labels = object.metadata?.labels;
      isMatch = matchesLabelSelector(selector, object.metadata?.labels);
    }
    if (isMatch) {
      claimed?.push(object);
      continue;
    }
    claimed ??= owned.slice(0, owned.indexOf(object));
    if (deletionTimestamp === undefined) (requests ??= []).push(releasePatch(resource, object, uid));
  }
  if (deletionTimestamp === undefined) {
    for (const object of orphansOf(lister, namespace, selector)) {
      if (object.metadata?.deletionTimestamp !== undefined || !canAdopt(object)) continue;
      if (!matchesLabelSelector(selector, object.metadata?.labels)) continue;
      (claimed ??= [...owned]).push(object);
      (requests ??= []).push(adoptPatch(resource, object, reference(), finalizers));
    }
  }
  return { claimed: claimed ?? owned, requests: requests ?? NO_REQUESTS };
}

function adoptPatch(
  resource: Resource,
  { metadata }: KubeObject,
  reference: OwnerReference,
  finalizers: readonly string[] | undefined,
): RequestSpec {
  const body = { metadata: { ownerReferences: [reference], uid: metadata?.uid, ...(finalizers === undefined ? {} : { finalizers }) } };
  return { verb: 'patch', resource, namespace: metadata?.namespace, name: metadata?.name, patchType: 'strategic', body, discardBody: true };
}

function releasePatch(resource: Resource, { metadata }: KubeObject, uid: string): RequestSpec {
  const body = { metadata: { ownerReferences: [{ $patch: 'delete', uid }], uid: metadata?.uid } };
  return { verb: 'patch', resource, namespace: metadata?.namespace, name: metadata?.name, patchType: 'strategic', body, discardBody: true };
}
