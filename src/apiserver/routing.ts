/** Which resource, object and action a request means. Mirrors apiserver v1.34 pkg/endpoints (installer.go: which verbs a path has). */

import { type ApiRequest, badRequest, type KubeObject, methodNotAllowed, notFound, type StatusObject } from '#api';
import type { HostId, Instant } from '#sim';
import type { Action, Operation, ResourceState } from './core.ts';
import { unmodelled } from './subresources/unmodelled.ts';

const NEEDS_NAME: ReadonlySet<Action> = new Set(['get', 'update', 'patch', 'delete', 'bind', 'evict']);

/** GET, PUT and PATCH of these, where the resource has them. */
function hasSubresource({ descriptor, info }: ResourceState, subresource: string): boolean {
  switch (subresource) {
    case 'status':
      return descriptor.hasStatus === true;
    case 'scale':
      return descriptor.scale !== undefined;
    case 'finalize':
      return info.resource === 'namespaces';
    default:
      return descriptor.parts?.[subresource] !== undefined;
  }
}

function actionOf(request: ApiRequest, resource: ResourceState): Action | StatusObject {
  const { verb, subresource } = request;
  if (!subresource) return verb;
  const { info } = resource;
  if (info.resource === 'pods' && verb === 'create') {
    if (subresource === 'binding') return 'bind';
    if (subresource === 'eviction') return 'evict';
  }
  if (!hasSubresource(resource, subresource))
    return (
      unmodelled(info.resource, subresource, request.name ?? '') ?? {
        ...notFound(info.resource, request.name ?? ''),
        message: 'the server could not find the requested resource',
      }
    );
  if (verb === 'get' || verb === 'update' || verb === 'patch') return verb;
  return methodNotAllowed(info.resource, verb);
}

/** POST bindings: what pods/binding is, with the pod's name in the body (LegacyBindingREST). */
export const asPodBinding = (request: ApiRequest): ApiRequest => ({
  ...request,
  resource: 'pods',
  subresource: 'binding',
  name: (request.body as KubeObject | undefined)?.metadata?.name ?? '',
});

/** The operation, or 400, 404, 405. */
export function route(request: ApiRequest, source: HostId, resource: ResourceState | undefined, now: Instant): Operation | StatusObject {
  if (resource === undefined) return { ...notFound(request.resource, ''), message: 'the server could not find the requested resource' };
  const action = actionOf(request, resource);
  if (typeof action !== 'string') return action;
  const { info, prefix } = resource;
  if (NEEDS_NAME.has(action)) {
    if (!request.name) return badRequest('name must be provided');
    if (info.namespaced && !request.namespace) return badRequest('namespace must be provided');
  }
  const key =
    request.name === undefined ? prefix : info.namespaced ? `${prefix}${request.namespace}/${request.name}` : prefix + request.name;
  return {
    source,
    request,
    resource,
    action,
    receivedAt: now,
    key,
    attempts: 0,
    candidate: undefined,
    isNew: false,
    ticket: undefined,
    parent: undefined,
  };
}
