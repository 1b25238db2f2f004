/** How many pods a budget's pods should be, by the sizes of their controllers. Mirrors kubernetes v1.34 pkg/controller/disruption/disruption.go
 *  (getExpectedScale and its finders): Deployments, ReplicaSets and StatefulSets from the caches, others by their /scale. What has no such subresource is
 *  known from the definitions, and not asked. */

import type { KubeObject, OwnerReference, Pod, ReplicaSet } from '#api';
import { resourceForKind } from '#api';
import type { Outcome, RequestSpec, View } from '#client';
import { customKind } from './custom-kinds.ts';
import { controllerOf, siblingKey } from './owner-references.ts';

/** Replicas by the owner's uid; undefined where it is not there (any more). */
export type Scales = ReadonlyMap<string, number | undefined>;

interface Sized extends KubeObject {
  readonly spec?: { readonly replicas?: number };
}

/** An owner whose scale is to be read. */
export interface Asked {
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
}

export const scaleRequests = (asked: readonly Asked[]): readonly RequestSpec[] =>
  asked.map(({ resource, namespace, name }) => ({ verb: 'get', resource, subresource: 'scale', namespace, name }));

/** What the answers say; a text when one could not be had. */
export function scalesOf(asked: readonly Asked[], outcomes: readonly Outcome<unknown>[]): Scales | string {
  const scales = new Map<string, number | undefined>();
  for (let i = 0; i < asked.length; i++) {
    const { uid } = asked[i] as Asked;
    const { code, object, error } = outcomes[i] as Outcome<unknown>;
    if (code !== 200 && code !== 404) return error?.message ?? 'connection lost';
    const scale = object as Sized | undefined;
    scales.set(uid, code === 200 && scale?.metadata?.uid === uid ? (scale.spec?.replicas ?? 0) : undefined);
  }
  return scales;
}

/** The sizes that the pods' controllers should have, each counted once. */
export function expectedScale(
  pods: readonly Pod[],
  known: Scales,
  view: View,
): { readonly expected: number; readonly hasUnmanaged: boolean } | string | readonly Asked[] {
  const scales = new Map<string, number>();
  const asked = new Map<string, Asked>();
  let hasUnmanaged = false;
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (reference === undefined) {
      hasUnmanaged = true;
      continue;
    }
    const { uid, name } = reference;
    if (scales.has(uid) || asked.has(uid)) continue;
    const nothing = `found no controllers for pod "${pod.metadata?.name}"`;
    const owner = cachedOwner(pod, reference, view);
    if (owner !== undefined) {
      scales.set(owner.metadata?.uid ?? '', owner.spec?.replicas ?? 1);
      // A ReplicaSet's Deployment stands for it.
      if (owner.metadata?.uid !== uid) scales.set(uid, 0);
    } else if (known.has(uid)) {
      const scale = known.get(uid);
      if (scale === undefined) return nothing;
      scales.set(uid, scale);
    } else {
      const { resource, problem = nothing } = askable(reference, view);
      if (resource === undefined) return problem;
      asked.set(uid, { resource, namespace: pod.metadata?.namespace, name, uid });
    }
  }
  if (asked.size > 0) return [...asked.values()];
  let expected = 0;
  for (const scale of scales.values()) expected += scale;
  return { expected, hasUnmanaged };
}

/** getScaleController: whose /scale can be read, or why it cannot. */
function askable({ apiVersion, kind }: OwnerReference, view: View): { readonly resource?: string; readonly problem?: string } {
  if (kind === 'ReplicaSet' || kind === 'StatefulSet') return {};
  const custom = customKind(apiVersion, kind, view);
  const resource = custom?.resource ?? resourceForKind(apiVersion, kind)?.resource;
  if (resource === undefined) return { problem: `no matches for kind "${kind}" in version "${apiVersion}"` };
  if (custom?.hasScale === true || resource === 'replicationcontrollers') return { resource };
  return { problem: `${resource} does not implement the scale subresource` };
}

function cachedOwner(pod: KubeObject, { kind, name, uid }: OwnerReference, view: View): Sized | undefined {
  const found = (resource: string, key: string, of: string): Sized | undefined => {
    const object = view.lister<Sized>(resource).get(key);
    return object?.metadata?.uid === of ? object : undefined;
  };
  const key = siblingKey(pod.metadata, name);
  if (kind === 'StatefulSet') return found('statefulsets.apps', key, uid);
  if (kind !== 'ReplicaSet') return undefined;
  const set = found('replicasets.apps', key, uid) as ReplicaSet | undefined;
  const reference = set === undefined ? undefined : controllerOf(set);
  return reference?.kind === 'Deployment' ? found('deployments.apps', siblingKey(pod.metadata, reference.name), reference.uid) : set;
}
