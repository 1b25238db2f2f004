/** Counts what each namespace uses and writes it into its quotas' status, where admission reads and raises it. What admission charged and nobody made,
 *  and what has gone since, comes off here. Mirrors kubernetes v1.34 pkg/controller/resourcequota/resource_quota_controller.go and
 *  resource_quota_monitor.go. Departure: deletions are heard of for the kinds below; counts of other kinds follow with the next full round. */

import {
  addLists,
  countedResource,
  type KubeObject,
  type ListObject,
  maskList,
  type PersistentVolumeClaim,
  type Pod,
  type QuantityText,
  quotaNamesFor,
  quotaUsage,
  type Resource,
  type ResourceList,
  type ResourceQuota,
  type Service,
  sameList,
} from '#api';
import type { Controller, InformerEvent, Plan, Stage, View, WatchSpec } from '#client';
import { type Duration, MICROSECOND, MINUTE } from '#sim';

const QUOTAS = 'resourcequotas';
const NONE: readonly string[] = [];
/** What one object costs to look at. assumed */
const COST_PER_OBJECT: Duration = 2 * MICROSECOND;

/** Kinds whose coming off is heard of at once. */
const WATCHED: readonly Resource[] = [
  'pods',
  'services',
  'persistentvolumeclaims',
  'configmaps',
  'secrets',
  'replicationcontrollers',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
];

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
const sizeOf = (object: KubeObject | undefined): unknown =>
  (object as PersistentVolumeClaim | undefined)?.spec?.resources?.requests?.['storage'];

/** DefaultUpdateFilter: updates that set something free. */
function frees(resource: Resource, { type, object, previous }: InformerEvent): boolean {
  if (type === 'delete') return true;
  if (type === 'add' || previous === undefined) return false;
  if (resource === 'pods') return hasEnded(object as Pod) && !hasEnded(previous as Pod);
  if (resource === 'services') return (object as Service).spec?.type !== (previous as Service).spec?.type;
  return resource === 'persistentvolumeclaims' && sizeOf(object) !== sizeOf(previous);
}

function replenish(resource: Resource): WatchSpec['keys'] {
  return (event, view) => {
    const quotas = view.lister<ResourceQuota>(QUOTAS);
    if (quotas.size === 0 || !frees(resource, event)) return NONE;
    const keys: string[] = [];
    for (const { metadata, spec } of quotas.list())
      if (metadata?.namespace === event.object.metadata?.namespace && quotaNamesFor(resource, Object.keys(spec?.hard ?? {})).length > 0)
        keys.push(`${metadata?.namespace}/${metadata?.name}`);
    return keys;
  };
}

/** A quota is counted when it comes and when its bounds change; its own status is nobody's business here. */
function ofQuota({ type, key, object, previous }: InformerEvent): readonly string[] {
  if (type === 'delete') return NONE;
  const [now, before] = [(object as ResourceQuota).spec?.hard, (previous as ResourceQuota | undefined)?.spec?.hard];
  return type === 'update' && sameList(now as ResourceList, before as ResourceList) ? NONE : [key];
}

export class ResourceQuotaController implements Controller {
  readonly name = 'resourcequota';
  readonly queue = 'resourcequota_primary';
  readonly component = 'resourcequota-controller';
  readonly workers: number;
  /** --resource-quota-sync-period. */
  readonly period: Duration = 5 * MINUTE;
  readonly watches: readonly WatchSpec[] = [
    { resource: QUOTAS, keys: ofQuota },
    ...WATCHED.map((resource) => ({ resource, keys: replenish(resource) })),
  ];

  /** --concurrent-resource-quota-syncs. */
  constructor(workers = 5) {
    this.workers = workers;
  }

  tick(view: View): Plan {
    for (const { metadata } of view.lister<ResourceQuota>(QUOTAS).list()) view.enqueue(`${metadata?.namespace}/${metadata?.name}`);
    return {};
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const quota = view.lister<ResourceQuota>(QUOTAS).get(key);
    if (quota === undefined) return {};
    const counted = new Set(Object.keys(quota.spec?.hard ?? {}).flatMap((name) => countedResource(name) ?? []));
    const others = [...counted].filter((resource) => !WATCHED.includes(resource) && resource !== QUOTAS);
    if (stage === undefined && others.length > 0) {
      const namespace = quota.metadata?.namespace;
      const requests = others.map((resource) => ({ verb: 'list', resource, namespace, options: { resourceVersion: '0' } }) as const);
      return { requests, next: { name: 'listed', data: others } };
    }
    const listed = new Map<Resource, Iterable<KubeObject>>();
    (stage?.outcomes ?? []).forEach(({ code, object }, i) => {
      // Kinds that nobody serves are not counted.
      if (code === 200) listed.set(others[i] as Resource, (object as unknown as ListObject<KubeObject>).items);
    });
    return written(
      quota,
      (resource) => listed.get(resource) ?? (others.includes(resource) ? [] : view.lister(resource).list()),
      counted,
      view,
    );
  }
}

/** calculateUsage, then the status when it differs. */
function written(
  quota: ResourceQuota,
  objects: (resource: Resource) => Iterable<KubeObject>,
  counted: ReadonlySet<Resource>,
  view: View,
): Plan {
  const hard = (quota.spec?.hard ?? {}) as ResourceList;
  const zero: Record<string, QuantityText> = {};
  for (const name in hard) if (countedResource(name) !== undefined) zero[name] = '0';
  const bounded: ResourceQuota = { ...quota, status: { ...quota.status, hard: hard as never } };
  let used: ResourceList = zero;
  let looked = 0;
  for (const resource of counted) {
    for (const object of objects(resource)) {
      if (object.metadata?.namespace !== quota.metadata?.namespace) continue;
      looked++;
      const usage = quotaUsage(bounded, resource, object, view.clock);
      if (usage !== undefined) used = addLists(used, usage);
    }
  }
  const cost = looked * COST_PER_OBJECT;
  const next = maskList({ ...(quota.status?.used as ResourceList | undefined), ...used }, Object.keys(hard));
  const isSame =
    sameList(hard, quota.status?.hard as ResourceList | undefined) && sameList(next, quota.status?.used as ResourceList | undefined);
  if (isSame) return { cost };
  const { namespace, name } = quota.metadata ?? {};
  const body = { ...quota, status: { hard, used: next } };
  return { cost, requests: [{ verb: 'update', resource: QUOTAS, subresource: 'status', namespace, name, body, discardBody: true }] };
}
