/** DELETE of a collection: List finds what the selectors name, then each is deleted. Mirrors apiserver v1.34 store.go (DeleteCollection). */

import type { ApiRequest, KubeObject, StatusObject } from '#api';
import type { Context } from '#sim';
import type { CollectionDeletion, Core, Operation } from '../core.ts';
import { GuaranteedUpdate } from '../guaranteed-update.ts';
import { deletion } from './delete.ts';

export function deleteEach(core: Core, operation: Operation, found: readonly KubeObject[], ctx: Context): void {
  const { request, resource } = operation;
  const parent: CollectionDeletion = { operation, outstanding: found.length, deleted: [], failure: undefined };
  if (found.length === 0) return finish(core, parent, ctx);
  for (const { metadata } of found) {
    const child: ApiRequest = { ...request, verb: 'delete', namespace: metadata?.namespace, name: metadata?.name };
    const key = resource.info.namespaced
      ? `${resource.prefix}${metadata?.namespace}/${metadata?.name}`
      : `${resource.prefix}${metadata?.name}`;
    const one: Operation = {
      ...operation,
      request: child,
      action: 'delete',
      key,
      attempts: 0,
      candidate: undefined,
      ticket: undefined,
      parent,
    };
    new GuaranteedUpdate(core, one, deletion).start(ctx);
  }
}

/** One of the deletions is done. */
export function collected(
  core: Core,
  parent: CollectionDeletion,
  object: KubeObject | undefined,
  failure: StatusObject | undefined,
  ctx: Context,
): void {
  parent.outstanding--;
  if (object !== undefined) parent.deleted.push(object);
  // What is gone already is what was wanted.
  if (failure !== undefined && failure.code !== 404) parent.failure ??= failure;
  if (parent.outstanding === 0) finish(core, parent, ctx);
}

function finish(core: Core, { operation, deleted, failure }: CollectionDeletion, ctx: Context): void {
  if (failure !== undefined) return core.fail(operation, failure, ctx);
  const { info, cache } = operation.resource;
  core.answer(
    operation,
    200,
    { kind: `${info.kind}List`, apiVersion: info.apiVersion, metadata: { resourceVersion: String(cache.revision) }, items: deleted },
    ctx,
  );
}
