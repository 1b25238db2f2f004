/** From what a client wants an object to be to what is stored. Mirrors apiserver v1.34 pkg/registry/rest/update.go (BeforeUpdate) and store.go (Update). */

import { badRequest, conflict, deepEqual, invalid, type KubeObject, rfc3339, type StatusObject } from '#api';
import type { Context } from '#sim';
import { afterUpdate, type ManagedFields } from '../apply/managers.ts';
import { type Operation, REMOVE, type Transformed, UNCHANGED } from '../core.ts';
import { preconditionText } from '../failures.ts';
import { freshMeta, type Meta } from '../object-meta.ts';
import type { ResourceDescriptor } from '../registry/descriptor.ts';
import { prepareForStatusUpdate, prepareForUpdate, preparePart, shaped } from '../registry/generic.ts';
import { immutable, invalidValue } from '../validation/field-error.ts';
import { validateKubeFinalizers, validateMetaUpdate } from '../validation/object-meta.ts';
import { refused } from './decode.ts';

/** What must agree before a change is looked at: resourceVersion and uid, where the client gave them. */
export function checkVersion(operation: Operation, sent: KubeObject, current: KubeObject): StatusObject | undefined {
  const { info, descriptor } = operation.resource;
  const wanted = sent.metadata?.resourceVersion;
  const name = current.metadata?.name ?? '';
  if (!wanted || wanted === '0') {
    if (!descriptor.requiresResourceVersion || operation.action !== 'update') return checkUid(operation, sent, current);
    return invalid(info.kind, info.group, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (wanted !== current.metadata?.resourceVersion) return conflict(info.resource, name);
  return checkUid(operation, sent, current);
}

function checkUid(operation: Operation, sent: KubeObject, current: KubeObject): StatusObject | undefined {
  const uid = sent.metadata?.uid;
  if (!uid || uid === current.metadata?.uid) return undefined;
  return conflict(
    operation.resource.info.resource,
    current.metadata?.name ?? '',
    preconditionText(operation.key, 'UID', uid, current.metadata?.uid ?? ''),
  );
}

/** Nobody moves an object: no patch, and no webhook on its way. */
function checkIdentity(operation: Operation, { metadata }: KubeObject, current: KubeObject): StatusObject | undefined {
  const { name, namespace } = metadata ?? {};
  if (namespace && namespace !== current.metadata?.namespace)
    return badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (name === undefined || name === current.metadata?.name) return undefined;
  return refused(operation, name, [immutable('metadata.name', name)]);
}

function ownersAfter(
  operation: Operation,
  sent: KubeObject,
  current: KubeObject,
  next: KubeObject,
  time: string,
): ManagedFields | undefined {
  // An empty list asks to forget them (kubectl's migration does).
  if (sent.metadata?.managedFields?.length === 0) return undefined;
  const { options, user, subresource } = operation.request;
  const who = {
    manager: options?.fieldManager || user,
    subresource: subresource || undefined,
    apiVersion: operation.resource.info.apiVersion,
  };
  return afterUpdate(current, next, who, time, operation.resource.descriptor.applySchema);
}

/** Fresh metadata: the client's wishes, and what only the server decides as it was. */
function mergedMeta(sent: KubeObject, current: KubeObject): Meta {
  const metadata = freshMeta(sent.metadata);
  const old = current.metadata as Meta;
  metadata.name = old.name;
  metadata.generateName = old.generateName;
  metadata.namespace = old.namespace;
  metadata.uid = old.uid;
  metadata.generation = old.generation;
  metadata.creationTimestamp = old.creationTimestamp;
  metadata.deletionTimestamp = old.deletionTimestamp;
  metadata.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  metadata.managedFields = old.managedFields;
  return metadata;
}

/** Whether nothing but the version would change. */
function isSame(next: KubeObject, current: KubeObject, { hasStatus, hasOnlySpec, openShape }: ResourceDescriptor): boolean {
  const a = next as unknown as Record<string, unknown>;
  const b = current as unknown as Record<string, unknown>;
  if ((hasStatus || hasOnlySpec) && !openShape)
    return isMetaSame(next, current) && deepEqual(a.spec, b.spec) && deepEqual(a.status, b.status);
  for (const key in a) if (key !== 'metadata' && a[key] !== b[key] && !deepEqual(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return isMetaSame(next, current);
}

function isMetaSame(next: KubeObject, current: KubeObject): boolean {
  const x = next.metadata as Meta;
  const y = current.metadata as Meta;
  return (
    x.generation === y.generation &&
    x.deletionTimestamp === y.deletionTimestamp &&
    x.managedFields === y.managedFields &&
    deepEqual(x.labels, y.labels) &&
    deepEqual(x.annotations, y.annotations) &&
    deepEqual(x.finalizers, y.finalizers) &&
    deepEqual(x.ownerReferences, y.ownerReferences)
  );
}

/** ShouldDeleteDuringUpdate: the last finalizer of a dying object is gone. */
function isReleased(next: KubeObject, current: KubeObject): boolean {
  const old = current.metadata;
  if (old?.deletionTimestamp === undefined || (next.metadata?.finalizers ?? []).length > 0) return false;
  const namespaceFinalizers = (next as { spec?: { finalizers?: readonly string[] } }).spec?.finalizers;
  if (next.kind === 'Namespace' && (namespaceFinalizers ?? []).length > 0) return false;
  return old.deletionGracePeriodSeconds === undefined || old.deletionGracePeriodSeconds === 0;
}

/** `sent` is a whole object: the body of a PUT, or the current object with a patch applied. */
export function updatedObject(
  operation: Operation,
  sent: KubeObject,
  current: KubeObject,
  ctx: Context,
  owners?: ManagedFields,
): Transformed {
  const { descriptor, info, view } = operation.resource;
  const stale = checkVersion(operation, sent, current) ?? checkIdentity(operation, sent, current);
  if (stale !== undefined) return stale;
  const { subresource } = operation.request;
  const metadata = mergedMeta(sent, current);
  const time = rfc3339(ctx.clock());
  const isStatusUpdate = subresource === 'status';
  const part = subresource === undefined ? undefined : descriptor.parts?.[subresource];
  const defaulted = isStatusUpdate || descriptor.defaults === undefined ? sent : descriptor.defaults(sent);
  // Defaults may add labels (namespaces).
  if (defaulted.metadata?.labels !== sent.metadata?.labels) metadata.labels = defaulted.metadata?.labels;
  let object = shaped(descriptor, view?.stored ?? info, defaulted, metadata);
  if (descriptor.begin !== undefined && subresource === undefined) {
    const begun = descriptor.begin(object, current, operation.request.options?.dryRun === true);
    if (begun.refused !== undefined) return begun.refused;
    object = begun.object as typeof object;
  }
  // What /finalize sends is the stored object with other finalizers: nothing is to be put back.
  const next = isStatusUpdate
    ? prepareForStatusUpdate(descriptor, object, current, time)
    : subresource === 'finalize'
      ? object
      : part !== undefined
        ? preparePart(descriptor, part, object, current, time)
        : prepareForUpdate(descriptor, object, current, time);
  let errors = validateMetaUpdate(metadata, sent.metadata, current.metadata ?? {});
  if (metadata.finalizers !== current.metadata?.finalizers && !descriptor.openShape && !descriptor.hasPlainFinalizers)
    errors = [...errors, ...validateKubeFinalizers(metadata.finalizers, 'metadata.finalizers')];
  const own =
    (isStatusUpdate
      ? descriptor.validateStatusUpdate?.(next, current)
      : part !== undefined
        ? part.validate(next, current)
        : (descriptor.validateUpdate ?? descriptor.validate)?.call(descriptor, next, current)) ?? [];
  if (errors.length > 0 || own.length > 0) return refused(operation, metadata.name, [...errors, ...own]);
  if (isReleased(next, current)) return REMOVE;
  // Only objects that were once applied know their fields' owners.
  if (owners !== undefined) metadata.managedFields = owners;
  else if (current.metadata?.managedFields !== undefined) metadata.managedFields = ownersAfter(operation, sent, current, next, time);
  return isSame(next, current, descriptor) ? UNCHANGED : next;
}
