/** /scale: autoscaling/v1 Scale as a view on a workload. */

import { badRequest, conflict, invalid, type KubeObject, notFound, type StatusObject } from '#api';
import type { Operation } from '../core.ts';
import type { ScaleAccess } from '../registry/descriptor.ts';
import { invalidValue } from '../validation/field-error.ts';

interface Scale extends KubeObject {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector: string };
}

export function toScale(operation: Operation, object: KubeObject): Scale {
  const access = operation.resource.descriptor.scale as ScaleAccess<KubeObject>;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const replicas = access.replicas(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: access.statusReplicas(object), selector: access.selector(object) },
  };
}

/** The workload with the Scale's replicas, or why not. */
export function fromScale(operation: Operation, body: unknown, current: KubeObject): KubeObject | StatusObject {
  const { descriptor, info } = operation.resource;
  const scale = body as Scale | undefined;
  if (descriptor.scale === undefined) return notFound(info.resource, operation.request.name ?? '');
  if (typeof scale !== 'object' || scale === null) return badRequest('expected input object type to be Scale');
  const name = current.metadata?.name ?? '';
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas < 0)
    return invalid('Scale', 'autoscaling', name, [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')]);
  const version = scale.metadata?.resourceVersion;
  if (version && version !== current.metadata?.resourceVersion) return conflict(info.resource, name);
  return descriptor.scale.withReplicas(current, replicas);
}
