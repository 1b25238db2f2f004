/** DELETE: with grace, finalizers and a propagation policy. Mirrors apiserver v1.34 pkg/registry/rest/delete.go (BeforeDelete) and
 *  pkg/registry/generic/registry/store.go (deletionFinalizersForGarbageCollection, markAsDeleting). */

import {
  conflict,
  deepEqual,
  type KubeObject,
  type Namespace,
  notFound,
  type ObjectMeta,
  parseTime,
  type RequestOptions,
  rfc3339,
  type StatusObject,
} from '#api';
import { type Context, SECOND } from '#sim';
import { type Operation, REMOVE, type Transformed, UNCHANGED } from '../core.ts';
import type { Change } from '../guaranteed-update.ts';
import { freshMeta, type Meta } from '../object-meta.ts';
import { releaseAddress } from '../service-addresses.ts';
import { releasePorts } from '../service-ports.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
/** NamespaceLifecycle's forceLiveLookupTTL. */
const LIVE_LOOKUP = 30 * SECOND;
const NAMESPACE_BUSY =
  'The system is ensuring all content is removed from this namespace.  Upon completion, this namespace will automatically be purged by the system.';

export function checkPreconditions(
  operation: Operation,
  metadata: ObjectMeta,
  options: RequestOptions | undefined,
): StatusObject | undefined {
  const wanted = options?.preconditions;
  if (wanted === undefined) return undefined;
  const { kind, group } = operation.resource.info;
  // Upstream puts the kind where the resource belongs.
  const resource = group === '' ? kind : `${kind}.${group}`;
  const name = metadata.name ?? '';
  if (wanted.uid !== undefined && wanted.uid !== metadata.uid) {
    return conflict(
      resource,
      name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== metadata.resourceVersion) {
    return conflict(
      resource,
      name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
  return undefined;
}

/** Finalizers after the policy had its say: it adds its own and takes the other away; without a policy they stay. */
function finalizersFor(metadata: ObjectMeta, policy: RequestOptions['propagationPolicy']): string[] | undefined {
  const present = metadata.finalizers;
  if (policy === undefined) return present;
  const wanted = policy === 'Orphan' ? ORPHAN : policy === 'Foreground' ? FOREGROUND : undefined;
  const rest = (present ?? []).filter((finalizer) => (finalizer !== ORPHAN && finalizer !== FOREGROUND) || finalizer === wanted);
  if (wanted !== undefined && !rest.includes(wanted)) rest.push(wanted);
  return deepEqual(rest, present ?? []) ? present : rest;
}

interface Grace {
  /** The object stays, marked, until someone deletes it without grace. */
  readonly graceful: boolean;
  /** It is marked already and keeps its mark. */
  readonly pending: boolean;
}
const AT_ONCE: Grace = { graceful: false, pending: false };
const PENDING: Grace = { graceful: false, pending: true };
const GRACEFUL: Grace = { graceful: true, pending: false };

/** BeforeDelete: marks `metadata` as its grace wants. */
function applyGrace(operation: Operation, current: KubeObject, metadata: Meta, ctx: Context): Grace {
  const { descriptor } = operation.resource;
  if (descriptor.gracePeriodSeconds === undefined) return AT_ONCE;
  let requested = operation.request.options?.gracePeriodSeconds;
  if (requested !== undefined && requested < 0) requested = 1;
  if (metadata.deletionTimestamp !== undefined) {
    const left = metadata.deletionGracePeriodSeconds;
    if (left === undefined || left === 0) return AT_ONCE;
    if (requested === undefined || requested >= left) return PENDING;
    const end = parseTime(String(metadata.deletionTimestamp)) ?? ctx.clock();
    metadata.deletionTimestamp = rfc3339(end - (left - requested) * SECOND);
    metadata.deletionGracePeriodSeconds = requested;
    return GRACEFUL;
  }
  const grace = descriptor.gracePeriodSeconds(current, requested);
  metadata.deletionTimestamp = rfc3339(ctx.clock() + grace * SECOND);
  metadata.deletionGracePeriodSeconds = grace;
  if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  return GRACEFUL;
}

function markAsDeleting(metadata: Meta, ctx: Context): void {
  if (metadata.deletionTimestamp === undefined) {
    metadata.deletionTimestamp = rfc3339(ctx.clock());
    if ((metadata.generation ?? 0) > 0) metadata.generation = (metadata.generation ?? 0) + 1;
  }
  metadata.deletionGracePeriodSeconds = 0;
}

/** Namespaces go through Terminating until their own finalizers are gone. */
function deletedNamespace(namespace: Namespace, ctx: Context): Transformed {
  const isEmpty = (namespace.spec?.finalizers ?? []).length === 0 && (namespace.metadata?.finalizers ?? []).length === 0;
  if (isEmpty) return REMOVE;
  if (namespace.metadata?.deletionTimestamp !== undefined) return conflict('namespaces', namespace.metadata.name ?? '', NAMESPACE_BUSY);
  const metadata = freshMeta(namespace.metadata);
  metadata.deletionTimestamp = rfc3339(ctx.clock());
  return { ...namespace, metadata, status: { ...namespace.status, phase: 'Terminating' } } as KubeObject;
}

export function deletedObject(operation: Operation, stored: KubeObject, ctx: Context): Transformed {
  const { descriptor } = operation.resource;
  const isFirst = descriptor.prepareForDelete !== undefined && stored.metadata?.deletionTimestamp === undefined;
  const current = isFirst ? (descriptor.prepareForDelete?.(stored, rfc3339(ctx.clock())) as KubeObject) : stored;
  const options = operation.request.options;
  // The mark that this request has just written is no change by somebody else.
  const refused = stored === operation.candidate ? undefined : checkPreconditions(operation, current.metadata ?? {}, options);
  if (refused !== undefined) return refused;
  if (operation.resource.info.resource === 'namespaces') return deletedNamespace(current as Namespace, ctx);
  const metadata = freshMeta(current.metadata);
  const { graceful, pending } = applyGrace(operation, current, metadata, ctx);
  metadata.finalizers = finalizersFor(current.metadata ?? {}, options?.propagationPolicy);
  const isHeld = (metadata.finalizers ?? []).length > 0;
  const movesFinalizers = metadata.finalizers !== current.metadata?.finalizers;
  if (!graceful && !pending && isHeld) {
    if (current.metadata?.deletionTimestamp !== undefined && current.metadata.deletionGracePeriodSeconds === 0 && !movesFinalizers)
      return UNCHANGED;
    markAsDeleting(metadata, ctx);
    return { ...current, metadata } as KubeObject;
  }
  if (pending && !movesFinalizers) return UNCHANGED;
  if (graceful || pending) return { ...current, metadata } as KubeObject;
  return REMOVE;
}

/** What a deletion answers with once the object is gone. */
function success(operation: Operation, removed: KubeObject): unknown {
  const { info, descriptor } = operation.resource;
  if (descriptor.returnsDeletedObject) return removed;
  const { name, uid } = removed.metadata ?? {};
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(info.group === '' ? {} : { group: info.group }), kind: info.plural, uid },
    code: 200,
  };
}

export const deletion: Change = {
  startsLive: true,
  transform(core, operation, current, ctx) {
    if (operation.resource.info.resource === 'namespaces') core.terminating.set(operation.request.name ?? '', ctx.now + LIVE_LOOKUP);
    return current === undefined
      ? notFound(operation.resource.info.resource, operation.request.name ?? '')
      : deletedObject(operation, current, ctx);
  },
  done(core, operation, object, removed, ctx) {
    if (removed) {
      releaseAddress(core, object, ctx);
      releasePorts(core, object, undefined, ctx);
    }
    core.answer(operation, 200, removed ? success(operation, object) : object, ctx);
  },
};
