/** Empties a namespace that is being deleted, then lets it go. Mirrors kubernetes v1.34 pkg/controller/namespace (namespace_controller.go,
 *  deletion/namespaced_resources_deleter.go): pods first and with their grace, then the rest, until nothing is left.
 *  Departure: whether content remains is asked by listing (limit 1) after the deletions, for every namespaced resource of discovery. */

import type { KubeObject, ListObject, Namespace } from '#api';
import { RESOURCES } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MILLISECOND, SECOND } from '#sim';

/** namespaceDeletionGracePeriod: a moment for caches to see that the namespace terminates. */
const GRACE: Duration = 5 * SECOND;
/** The estimate's half when content remains without an estimate (finalizers). */
const RETRY: Duration = 15 * SECOND;
const NONE: readonly string[] = [];

/** What can be deleted as a collection; events last, their own TTL would do. */
const CONTENT = RESOURCES.filter(
  ({ namespaced, resource }) => namespaced && resource !== 'bindings' && resource !== 'events.events.k8s.io',
).map(({ resource }) => resource);

export class NamespaceController implements Controller {
  readonly name = 'namespace';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [{ resource: 'namespaces', keys }];

  /** --concurrent-namespace-syncs. */
  constructor(workers = 10) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'deleted') return lists(stage.data as string);
    if (stage?.name === 'listed') return listed(stage.data as string, stage.outcomes ?? [], view);
    const namespace = view.lister<Namespace>('namespaces').get(key);
    if (namespace?.metadata?.deletionTimestamp === undefined) return {};
    if (!hasFinalizer(namespace)) return {};
    const requests = CONTENT.map(
      (resource): RequestSpec => ({
        verb: 'deletecollection',
        resource,
        namespace: key,
        options: { propagationPolicy: 'Background' },
        discardBody: true,
      }),
    );
    return { requests, next: { name: 'deleted', data: key } };
  }
}

const hasFinalizer = ({ spec }: Namespace): boolean => spec?.finalizers?.includes('kubernetes') === true;

function keys(event: InformerEvent, view: View): readonly string[] {
  const { deletionTimestamp } = event.object.metadata ?? {};
  if (event.type === 'delete' || deletionTimestamp === undefined) return NONE;
  view.enqueue(event.key, event.previous?.metadata?.deletionTimestamp === undefined ? GRACE : 100 * MILLISECOND);
  return NONE;
}

function lists(namespace: string): Plan {
  const requests = CONTENT.map((resource): RequestSpec => ({ verb: 'list', resource, namespace, options: { limit: 1 } }));
  return { requests, next: { name: 'listed', data: namespace } };
}

function listed(key: string, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  const namespace = view.lister<Namespace>('namespaces').get(key);
  if (namespace === undefined) return {};
  for (const { code, object, error } of outcomes) {
    // Resources that are not served have no content.
    if (code === 404) continue;
    if (code !== 200) return { failed: error?.message ?? 'connection lost' };
    const list = object as unknown as ListObject<KubeObject>;
    if (list.items.length > 0) return { requeueAfter: graceOf(list.items[0]) };
  }
  const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
  const body = { ...namespace, spec: { ...namespace.spec, finalizers } };
  return { requests: [{ verb: 'update', resource: 'namespaces', subresource: 'finalize', name: key, body, discardBody: true }] };
}

/** Half the grace of a pod that is on its way, as upstream's estimate; at least a second. */
function graceOf(object: KubeObject | undefined): Duration {
  const grace = object?.metadata?.deletionGracePeriodSeconds;
  return grace === undefined ? RETRY : Math.max(SECOND, Math.floor((grace * SECOND) / 2) + SECOND);
}
