/** `apply`: objects as `kubectl create -f`, `kubectl patch` or `kubectl delete -f` would send them, at an instant. */

import { type KubeObject, RESOURCES, resourceForKind } from '#api';
import { duration, fields, flag, kubernetes, list } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import type { TimedRequest, WorkloadKind } from '../workload.ts';

interface ApplySpec {
  readonly at?: string;
  readonly objects: readonly KubeObject[];
  readonly patch?: boolean;
  readonly delete?: boolean;
}

const REPLICATED = new Set(['Deployment', 'ReplicaSet', 'StatefulSet']);

/** The pods that Kubernetes' own controllers make of an object as far as it says so itself: a DaemonSet's follow from the nodes, a CronJob's from the clock, and
 *  those of custom kinds from somebody's controller. */
function podsOf({ apiVersion, kind, spec }: KubeObject & { readonly spec?: { readonly replicas?: number } }): number {
  if (kind === 'Pod' && apiVersion === 'v1') return 1;
  return apiVersion === 'apps/v1' && REPLICATED.has(kind ?? '') ? (spec?.replicas ?? 1) : 0;
}

export const apply: WorkloadKind<ApplySpec> = {
  name: 'apply',
  schema: fields(
    'Kubernetes objects, created at an instant',
    {
      at: duration('when (default 0s)'),
      objects: list(kubernetes('an object with apiVersion, kind and metadata'), 'the objects', 1),
      patch: flag('they are there already: merges these fields into them, as `kubectl patch --type=merge` does'),
      delete: flag('they are there already: deletes them, as `kubectl delete -f` does'),
    },
    ['objects'],
  ),
  mistake(spec) {
    if (spec.patch === true && spec.delete === true) return "has both 'patch' and 'delete'";
    for (const [index, object] of spec.objects.entries()) {
      if (object.apiVersion === undefined || object.kind === undefined) return `objects[${index}] has no apiVersion or no kind`;
      if (resourceOf(object) === undefined) return `objects[${index}]: no resource is served for ${object.apiVersion} ${object.kind}`;
    }
    return undefined;
  },
  pods: ({ objects, patch, delete: goes }) =>
    patch === true || goes === true ? 0 : objects.reduce((sum, object) => sum + podsOf(object), 0),
  *requests(spec): Iterable<TimedRequest> {
    const at = parseDuration(spec.at ?? '0s') ?? 0;
    for (const object of spec.objects) {
      const info = resourceOf(object, spec.objects);
      if (info === undefined) continue;
      const namespace = info.namespaced ? { namespace: object.metadata?.namespace ?? 'default' } : {};
      if (spec.delete === true) {
        const options = { propagationPolicy: 'Background' as const };
        yield { at, verb: 'delete', resource: info.resource, ...namespace, name: object.metadata?.name, options };
        continue;
      }
      const pods = podsOf(object);
      const body = info.namespaced ? { ...object, metadata: { ...object.metadata, ...namespace } } : object;
      if (spec.patch === true) {
        const { apiVersion: _version, kind: _kind, ...fields } = body;
        yield {
          at,
          verb: 'patch',
          patchType: 'merge',
          resource: info.resource,
          ...namespace,
          name: object.metadata?.name,
          body: fields,
          pods: 0,
        };
        continue;
      }
      yield { at, verb: 'create', resource: info.resource, ...namespace, body, pods };
    }
  },
};

const BUILT_IN = new Set(RESOURCES.map(({ group }) => group));

interface Definition {
  readonly spec?: {
    readonly group?: string;
    readonly scope?: string;
    readonly names?: { readonly plural?: string; readonly kind?: string };
  };
}

/** What serves an object: a resource of Kubernetes', or, where the group is nobody's there, one of a CustomResourceDefinition: as a definition beside it names
 *  it, else as kinds are made plural by habit. */
function resourceOf({ apiVersion = '', kind = '' }: KubeObject, beside: readonly KubeObject[] = []) {
  const known = resourceForKind(apiVersion, kind);
  if (known !== undefined) return known;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (BUILT_IN.has(group) || !group.includes('.') || kind === '') return undefined;
  const definition = (beside as readonly Definition[]).find(({ spec }) => spec?.group === group && spec.names?.kind === kind)?.spec;
  return {
    resource: `${definition?.names?.plural ?? plural(kind.toLowerCase())}.${group}`,
    kind,
    namespaced: definition?.scope !== 'Cluster',
  };
}

function plural(word: string): string {
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}
