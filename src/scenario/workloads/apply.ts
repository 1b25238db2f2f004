/** `apply`: objects as `kubectl create -f` would send them, at an instant. */

import { type KubeObject, resourceForKind } from '#api';
import { duration, fields, kubernetes, list } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import type { TimedRequest, WorkloadKind } from '../workload.ts';

interface ApplySpec {
  readonly at?: string;
  readonly objects: readonly KubeObject[];
}

export const apply: WorkloadKind<ApplySpec> = {
  name: 'apply',
  schema: fields(
    'Kubernetes objects, created at an instant',
    { at: duration('when (default 0s)'), objects: list(kubernetes('an object with apiVersion, kind and metadata'), 'the objects', 1) },
    ['objects'],
  ),
  mistake(spec) {
    for (const [index, object] of spec.objects.entries()) {
      if (object.apiVersion === undefined || object.kind === undefined) return `objects[${index}] has no apiVersion or no kind`;
      if (resourceForKind(object.apiVersion, object.kind) === undefined)
        return `objects[${index}]: no resource is served for ${object.apiVersion} ${object.kind}`;
    }
    return undefined;
  },
  *requests(spec): Iterable<TimedRequest> {
    const at = parseDuration(spec.at ?? '0s') ?? 0;
    for (const object of spec.objects) {
      const info = resourceForKind(object.apiVersion ?? '', object.kind ?? '');
      if (info === undefined) continue;
      const namespace = info.namespaced ? { namespace: object.metadata?.namespace ?? 'default' } : {};
      const replicas = (object as { spec?: { replicas?: number } }).spec?.replicas ?? 1;
      const pods = info.kind === 'Pod' ? 1 : ['Deployment', 'ReplicaSet', 'StatefulSet'].includes(info.kind) ? replicas : 0;
      const body = info.namespaced ? { ...object, metadata: { ...object.metadata, ...namespace } } : object;
      yield { at, verb: 'create', resource: info.resource, ...namespace, body, pods };
    }
  },
};
