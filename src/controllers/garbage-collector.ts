/** Deletes objects whose owners are gone, and walks foreground and orphan deletions. Mirrors kubernetes v1.34 pkg/controller/garbagecollector
 *  (garbagecollector.go, graph_builder.go). The graph is an index of dependents by owner uid in the informers; owners and items are read live before anything
 *  is deleted, and absences remembered, as upstream does. A key is `<resource>|<namespace>/<name>`.
 *  Departure: only the resources given are watched, and custom kinds that are known when the manager starts; an owner of another kind is looked up live, and
 *  one of an unknown kind counts as there. No OwnerRefInvalidNamespace events. */

import type { KubeObject, OwnerReference, Resource } from '#api';
import { resourceForKind } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';

const BY_OWNER = 'ownerUid';
const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
/** absentOwnerCache's size. */
const ABSENT_MAX = 500;
const NONE: readonly never[] = [];

/** A kind that a CustomResourceDefinition brings. */
export interface CustomKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: Resource;
  readonly namespaced: boolean;
}

/** What is watched by default: kinds that own or are owned in a cluster without extensions. */
export const COLLECTED: readonly Resource[] = [
  'pods',
  'replicasets.apps',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'controllerrevisions.apps',
  'jobs.batch',
  'cronjobs.batch',
  'nodes',
  'leases.coordination.k8s.io',
  'services',
  'endpointslices.discovery.k8s.io',
  'persistentvolumeclaims',
  'resourceclaims.resource.k8s.io',
  'resourceslices.resource.k8s.io',
];

/** Kinds that a chart may tie to an owner: watched where such objects may come (a served cluster, controllers of a user's own, objects that a scenario applies). */
export const COLLECTED_BESIDES: readonly Resource[] = [
  'configmaps',
  'secrets',
  'serviceaccounts',
  'replicationcontrollers',
  'persistentvolumes',
  'endpoints',
  'resourcequotas',
  'limitranges',
  'horizontalpodautoscalers.autoscaling',
  'poddisruptionbudgets.policy',
  'ingresses.networking.k8s.io',
  'networkpolicies.networking.k8s.io',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
];

const ownerArrays = new WeakMap<readonly OwnerReference[], readonly string[]>();

function byOwner(object: KubeObject): readonly string[] {
  const references = object.metadata?.ownerReferences;
  if (references === undefined || references.length === 0) return NONE;
  let uids = ownerArrays.get(references);
  if (uids === undefined) ownerArrays.set(references, (uids = references.map(({ uid }) => uid)));
  return uids;
}

const hasFinalizer = (object: KubeObject, finalizer: string): boolean => object.metadata?.finalizers?.includes(finalizer) === true;
const isDeletingDependents = (object: KubeObject): boolean =>
  object.metadata?.deletionTimestamp !== undefined && hasFinalizer(object, FOREGROUND);
const isOrphaning = (object: KubeObject): boolean => object.metadata?.deletionTimestamp !== undefined && hasFinalizer(object, ORPHAN);

interface Reading {
  readonly item: KubeObject;
  readonly asked: readonly OwnerReference[];
}

export class GarbageCollectorController implements Controller {
  readonly name = 'garbage-collector';
  readonly queue = 'garbage_collector_attempt_to_delete';
  readonly workers: number;
  readonly watches: readonly WatchSpec[];
  readonly #resources: readonly Resource[];
  readonly #custom: ReadonlyMap<string, CustomKind>;
  // Owners known to be gone, oldest first.
  readonly #absent = new Set<string>();

  constructor(workers = 20, builtIn: readonly Resource[] = COLLECTED, custom: readonly CustomKind[] = NONE) {
    this.workers = workers;
    this.#custom = new Map(custom.map((info) => [`${info.apiVersion}/${info.kind}`, info]));
    const resources = [...builtIn, ...custom.map(({ resource }) => resource)];
    this.#resources = resources;
    this.watches = resources.map((resource) => ({
      resource,
      keys: (event, view) => this.#keys(resource, event, view),
      indexes: { [BY_OWNER]: byOwner },
    }));
  }

  /** processGraphChanges. */
  #keys(resource: Resource, event: InformerEvent, view: View): readonly string[] {
    const { object, previous } = event;
    if (event.type === 'delete') {
      this.#noteAbsent(object.metadata?.uid ?? '');
      const keys = this.#dependentKeys(object, view);
      // An owner that waits for its dependents may be free to go now.
      for (const reference of object.metadata?.ownerReferences ?? NONE) {
        const owner = this.#ownerKeyIfWaiting(reference, object.metadata?.namespace, view);
        if (owner !== undefined) keys.push(owner);
      }
      return keys;
    }
    const own = `${resource}|${event.key}`;
    const references = object.metadata?.ownerReferences;
    const before = previous?.metadata?.ownerReferences;
    const freed = before === undefined || before === references ? NONE : this.#freedOwners(before, references, object, view);
    if (isOrphaning(object) || isDeletingDependents(object)) return [own, ...freed];
    if (freed.length > 0) return [own, ...freed];
    if (references === undefined || (previous !== undefined && previous.metadata?.ownerReferences === references)) return NONE;
    for (const reference of references) if (!this.#isPresent(reference, object.metadata?.namespace, view)) return [own];
    return NONE;
  }

  /** addUnblockedOwnersToDeleteQueue: owners that wait for their dependents and that this one no longer holds. */
  #freedOwners(
    before: readonly OwnerReference[],
    after: readonly OwnerReference[] | undefined,
    { metadata }: KubeObject,
    view: View,
  ): readonly string[] {
    const keys: string[] = [];
    for (const reference of before) {
      if (reference.blockOwnerDeletion !== true) continue;
      if (after?.some(({ uid, blockOwnerDeletion }) => uid === reference.uid && blockOwnerDeletion === true) === true) continue;
      const owner = this.#ownerKeyIfWaiting(reference, metadata?.namespace, view);
      if (owner !== undefined) keys.push(owner);
    }
    return keys;
  }

  #infoOf({ apiVersion, kind }: OwnerReference): { readonly resource: Resource; readonly namespaced: boolean } | undefined {
    return resourceForKind(apiVersion, kind) ?? this.#custom.get(`${apiVersion}/${kind}`);
  }

  #noteAbsent(uid: string): void {
    this.#absent.add(uid);
    if (this.#absent.size <= ABSENT_MAX) return;
    for (const oldest of this.#absent) {
      this.#absent.delete(oldest);
      return;
    }
  }

  #cached(reference: OwnerReference, namespace: string | undefined, view: View): KubeObject | undefined {
    const info = this.#infoOf(reference);
    if (info === undefined || !this.#resources.includes(info.resource)) return undefined;
    const owner = view.lister(info.resource).get(info.namespaced ? `${namespace}/${reference.name}` : reference.name);
    return owner?.metadata?.uid === reference.uid ? owner : undefined;
  }

  #isPresent(reference: OwnerReference, namespace: string | undefined, view: View): boolean {
    return this.#cached(reference, namespace, view) !== undefined;
  }

  #ownerKeyIfWaiting(reference: OwnerReference, namespace: string | undefined, view: View): string | undefined {
    const owner = this.#cached(reference, namespace, view);
    if (owner === undefined || !isDeletingDependents(owner)) return undefined;
    const info = this.#infoOf(reference);
    return info === undefined ? undefined : keyFor(info.resource, owner);
  }

  *#dependents(object: KubeObject, view: View): Iterable<readonly [Resource, KubeObject]> {
    const uid = object.metadata?.uid ?? '';
    for (const resource of this.#resources) {
      const lister = view.lister(resource);
      if (lister.countByIndex(BY_OWNER, uid) > 0) for (const dependent of lister.byIndex(BY_OWNER, uid)) yield [resource, dependent];
    }
  }

  #dependentKeys(object: KubeObject, view: View): string[] {
    const keys: string[] = [];
    for (const [resource, dependent] of this.#dependents(object, view)) keys.push(keyFor(resource, dependent));
    return keys;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const bar = key.indexOf('|');
    const resource = key.slice(0, bar);
    if (stage?.name === 'item') return this.#readOwners(resource, stage.outcomes?.[0], view);
    if (stage?.name === 'owners') return this.#decide(resource, stage.data as Reading, stage.outcomes ?? NONE, view);
    if (stage?.name === 'unblocked') return unblocked(stage.data as RequestSpec, stage.outcomes?.[0]);
    if (stage?.name === 'orphaned') return orphaned(resource, stage.data as KubeObject, stage.outcomes ?? NONE);
    const object = view.lister(resource).get(key.slice(bar + 1));
    if (object === undefined) return {};
    if (isOrphaning(object)) return this.#orphanDependents(object, view);
    // attemptToDeleteItem: what is on its way already needs no push, save to let it go when its dependents have gone.
    if (object.metadata?.deletionTimestamp !== undefined && !isDeletingDependents(object)) return {};
    if (isDeletingDependents(object)) return this.#deleteDependents(resource, object, view);
    const { namespace, name } = object.metadata ?? {};
    return { requests: [{ verb: 'get', resource, namespace, name }], next: { name: 'item', data: undefined } };
  }

  /** Which owners are solid must be asked of the server itself, save those known to be gone. */
  #readOwners(resource: Resource, outcome: Outcome<unknown> | undefined, view: View): Plan {
    if (outcome === undefined || outcome.code === 404) return {};
    if (outcome.code !== 200) return { failed: outcome.error?.message ?? 'connection lost' };
    const item = outcome.object as KubeObject;
    const asked: OwnerReference[] = [];
    const requests: RequestSpec[] = [];
    for (const reference of item.metadata?.ownerReferences ?? NONE) {
      const info = this.#infoOf(reference);
      if (this.#absent.has(reference.uid) || info === undefined) continue;
      asked.push(reference);
      requests.push({
        verb: 'get',
        resource: info.resource,
        namespace: info.namespaced ? item.metadata?.namespace : undefined,
        name: reference.name,
      });
    }
    const reading: Reading = { item, asked };
    return requests.length === 0 ? this.#decide(resource, reading, NONE, view) : { requests, next: { name: 'owners', data: reading } };
  }

  #decide(resource: Resource, { item, asked }: Reading, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    let solid = 0;
    for (const reference of item.metadata?.ownerReferences ?? NONE) {
      const at = asked.indexOf(reference);
      const outcome = outcomes[at];
      if (at < 0) {
        if (this.#absent.has(reference.uid)) dangling.push(reference);
        else solid++;
        continue;
      }
      if (outcome === undefined || (outcome.code !== 200 && outcome.code !== 404))
        return { failed: outcome?.error?.message ?? 'connection lost' };
      if (outcome.code === 404 || outcome.object?.metadata?.uid !== reference.uid) {
        this.#noteAbsent(reference.uid);
        dangling.push(reference);
      } else if (isDeletingDependents(outcome.object)) waiting.push(reference);
      else solid++;
    }
    const owners = solid + dangling.length + waiting.length;
    if (owners === 0) return {};
    if (solid > 0) {
      const superfluous = [...dangling, ...waiting];
      return superfluous.length === 0 ? {} : { requests: [dropOwners(resource, item, superfluous)] };
    }
    if (waiting.length === 0) return { requests: [deletion(resource, item, policyOf(item))] };
    let hasDependents = false;
    let isCircle = false;
    for (const [, dependent] of this.#dependents(item, view)) {
      hasDependents = true;
      isCircle ||= isDeletingDependents(dependent);
    }
    const remove = deletion(resource, item, hasDependents ? 'Foreground' : policyOf(item));
    // An owner that waits for this may in turn be waited for: nothing of this blocks its owners any more.
    if (isCircle) return { requests: [unblockOwners(resource, item)], next: { name: 'unblocked', data: remove } };
    return { requests: [remove] };
  }

  /** processDeletingDependentsItem: blocking dependents first, the owner when there are none. */
  #deleteDependents(resource: Resource, object: KubeObject, view: View): Plan {
    const uid = object.metadata?.uid;
    let isBlocked = false;
    for (const [of, dependent] of this.#dependents(object, view)) {
      const reference = dependent.metadata?.ownerReferences?.find((owner) => owner.uid === uid);
      if (reference?.blockOwnerDeletion === true) isBlocked = true;
      if (dependent.metadata?.deletionTimestamp === undefined) view.enqueue(keyFor(of, dependent));
    }
    return isBlocked ? {} : { requests: [withoutFinalizer(resource, object, FOREGROUND)] };
  }

  /** orphanDependents. */
  #orphanDependents(object: KubeObject, view: View): Plan {
    const requests: RequestSpec[] = [];
    for (const [of, dependent] of this.#dependents(object, view)) {
      const reference = dependent.metadata?.ownerReferences?.find((owner) => owner.uid === object.metadata?.uid);
      if (reference !== undefined) requests.push(dropOwners(of, dependent, [reference]));
    }
    return { requests, next: { name: 'orphaned', data: object } };
  }
}

function orphaned(resource: Resource, object: KubeObject, outcomes: readonly Outcome<unknown>[]): Plan {
  // A dependent that is gone, or no longer ours (422), needs no orphaning.
  for (const { code, error } of outcomes)
    if (code === 0 || (code >= 400 && code !== 404 && code !== 422)) return { failed: error?.message ?? 'connection lost' };
  return { requests: [withoutFinalizer(resource, object, ORPHAN)] };
}

function keyFor(resource: Resource, { metadata }: KubeObject): string {
  const { namespace, name } = metadata ?? {};
  return namespace === undefined || namespace === '' ? `${resource}|${name}` : `${resource}|${namespace}/${name}`;
}

function policyOf(item: KubeObject): 'Orphan' | 'Foreground' | 'Background' {
  return hasFinalizer(item, ORPHAN) ? 'Orphan' : hasFinalizer(item, FOREGROUND) ? 'Foreground' : 'Background';
}

function deletion(resource: Resource, { metadata }: KubeObject, propagationPolicy: 'Orphan' | 'Foreground' | 'Background'): RequestSpec {
  const options = { propagationPolicy, preconditions: { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion } };
  return { verb: 'delete', resource, namespace: metadata?.namespace, name: metadata?.name, options, discardBody: true };
}

function dropOwners(resource: Resource, { metadata }: KubeObject, references: readonly OwnerReference[]): RequestSpec {
  const body = { metadata: { ownerReferences: references.map(({ uid }) => ({ $patch: 'delete', uid })), uid: metadata?.uid } };
  return { verb: 'patch', resource, namespace: metadata?.namespace, name: metadata?.name, patchType: 'strategic', body, discardBody: true };
}

/** unblockOwnerReferences. */
function unblockOwners(resource: Resource, { metadata }: KubeObject): RequestSpec {
  const ownerReferences = (metadata?.ownerReferences ?? []).map((owner) =>
    owner.blockOwnerDeletion === true ? { ...owner, blockOwnerDeletion: false } : owner,
  );
  const body = { metadata: { resourceVersion: metadata?.resourceVersion, ownerReferences } };
  return { verb: 'patch', resource, namespace: metadata?.namespace, name: metadata?.name, patchType: 'merge', body };
}

/** The patch has moved the object on: the deletion goes for what it is now. */
function unblocked(remove: RequestSpec, outcome: Outcome<unknown> | undefined): Plan {
  if (outcome?.code !== 200) return { failed: outcome?.error?.message ?? 'connection lost' };
  const preconditions = { uid: outcome.object?.metadata?.uid, resourceVersion: outcome.object?.metadata?.resourceVersion };
  return { requests: [{ ...remove, options: { ...remove.options, preconditions } }] };
}

function withoutFinalizer(resource: Resource, { metadata }: KubeObject, finalizer: string): RequestSpec {
  const finalizers = (metadata?.finalizers ?? []).filter((other) => other !== finalizer);
  const body = { metadata: { resourceVersion: metadata?.resourceVersion, finalizers } };
  return { verb: 'patch', resource, namespace: metadata?.namespace, name: metadata?.name, patchType: 'merge', body, discardBody: true };
}
