/** Empties a namespace that is being deleted, then lets it go: pods first and with their grace, and the rest only once no pod is left. Mirrors kubernetes v1.34
 *  pkg/controller/namespace (namespace_controller.go, deletion/namespaced_resources_deleter.go).
 *  Departure: what is not a pod is deleted and listed all at once, where upstream goes through the kinds one after another in no order. */

import type { KubeObject, ListObject, Namespace, Pod, Resource } from '#api';
import { parseTime, RESOURCES, ROLLOUTS, SNAPSHOTS } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MINUTE, SECOND } from '#sim';
import type { CustomKind } from './garbage-collector.ts';
import { namespaceConditions } from './namespace-conditions.ts';
import { isPodTerminal } from './pod-state.ts';

/** namespaceDeletionGracePeriod: a moment for caches to see that the namespace terminates. */
const GRACE: Duration = 5 * SECOND;
/** finalizerEstimateSeconds: how long finalizers are given before one looks again. */
const FINALIZER_ESTIMATE = 15;
const NONE: readonly string[] = [];

/** A kind whose objects go with the namespace. */
export interface Content {
  readonly resource: Resource;
  readonly group: string;
  readonly version: string;
}

const [PODS, BUILT_IN] = [
  { resource: 'pods', group: '', version: 'v1' },
  RESOURCES.filter(
    ({ namespaced, resource }) =>
      namespaced && !['pods', 'bindings', 'events.events.k8s.io'].includes(resource) && !resource.endsWith('.authorization.k8s.io'),
  ).map(({ resource, group, version }): Content => ({ resource, group, version })),
];
/** Kinds that other components of the cluster may define; nothing is there of what is not served. */
const DEFINED: readonly Content[] = [
  { resource: SNAPSHOTS, group: 'snapshot.storage.k8s.io', version: 'v1' },
  { resource: ROLLOUTS, group: 'delivery.wavetank.dev', version: 'v1alpha1' },
];

const contentOf = ({ apiVersion, resource }: CustomKind): Content => {
  const [group = '', version = ''] = apiVersion.split('/');
  return { resource, group, version };
};

/** What is left of one kind. */
export interface Remains {
  readonly content: Content;
  readonly items: readonly KubeObject[];
}

interface Deleting {
  readonly namespace: Namespace;
  /** Seconds that pods may still take. */
  readonly estimate: number;
  readonly failures: readonly string[];
}

export class NamespaceController implements Controller {
  readonly name = 'namespace';
  readonly workers: number;
  /** nsControllerRateLimiter. */
  readonly retries = { max: MINUTE };
  readonly watches: readonly WatchSpec[] = [{ resource: 'namespaces', keys }];
  readonly #others: readonly Content[];

  /** --concurrent-namespace-syncs. */
  constructor(workers = 10, custom: readonly CustomKind[] = []) {
    this.workers = workers;
    this.#others = [...BUILT_IN, ...DEFINED, ...custom.filter(({ namespaced }) => namespaced).map(contentOf)];
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const outcomes = stage?.outcomes ?? [];
    const deleting = stage?.data as Deleting;
    switch (stage?.name) {
      case 'estimated':
        return estimated(deleting, outcomes, view);
      case 'podsDeleted':
        return { requests: [list(PODS, key)], next: { name: 'podsListed', data: withFailures(deleting, outcomes) } };
      case 'podsListed':
        return this.#podsListed(deleting, outcomes, view);
      case 'deleted':
        return {
          requests: this.#others.map((content) => list(content, key)),
          next: { name: 'listed', data: withFailures(deleting, outcomes) },
        };
      case 'listed':
        return judge(deleting, remainsOf(this.#others, outcomes), outcomes, true, view);
      case 'said':
        return said(deleting, outcomes);
      default:
        return begin(key, view);
    }
  }

  #podsListed(deleting: Deleting, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const remains = remainsOf([PODS], outcomes);
    const wrong = isWrong(outcomes[0]);
    // The rest waits until no pod is left.
    if (remains.length > 0 || wrong) return judge(deleting, remains, outcomes, false, view);
    const namespace = deleting.namespace.metadata?.name ?? '';
    return { requests: this.#others.map((content) => emptying(content, namespace)), next: { name: 'deleted', data: deleting } };
  }
}

function keys(event: InformerEvent, view: View): readonly string[] {
  if (event.type !== 'delete' && event.object.metadata?.deletionTimestamp !== undefined) view.enqueue(event.key, GRACE);
  return NONE;
}

const list = ({ resource }: Content, namespace: string): RequestSpec => ({ verb: 'list', resource, namespace });

const emptying = ({ resource }: Content, namespace: string): RequestSpec => ({
  verb: 'deletecollection',
  resource,
  namespace,
  options: { propagationPolicy: 'Background' },
  discardBody: true,
});

function begin(key: string, view: View): Plan {
  const namespace = view.lister<Namespace>('namespaces').get(key);
  if (namespace?.metadata?.deletionTimestamp === undefined) return {};
  if (namespace.spec?.finalizers?.includes('kubernetes') !== true) return {};
  return { requests: [list(PODS, key)], next: { name: 'estimated', data: { namespace, estimate: 0, failures: [] } satisfies Deleting } };
}

/** estimateGracefulTermination: the longest grace of a pod that runs, until as much has passed since the namespace was deleted. */
function estimated(deleting: Deleting, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  if (isWrong(outcomes[0])) return { failed: outcomes[0]?.error?.message ?? 'connection lost' };
  const { namespace } = deleting;
  let estimate = 0;
  for (const pod of itemsOf(outcomes[0]) as readonly Pod[])
    if (!isPodTerminal(pod)) estimate = Math.max(estimate, pod.spec?.terminationGracePeriodSeconds ?? 0);
  const passed = view.clock - (parseTime(namespace.metadata?.deletionTimestamp ?? '') ?? view.clock);
  if (passed >= estimate * SECOND) estimate = 0;
  return { requests: [emptying(PODS, namespace.metadata?.name ?? '')], next: { name: 'podsDeleted', data: { ...deleting, estimate } } };
}

/** What is not served, or cannot be deleted as a collection, has no content. */
const isWrong = (outcome: Outcome<unknown> | undefined): boolean =>
  outcome === undefined || outcome.code === 0 || (outcome.code >= 400 && outcome.code !== 404 && outcome.code !== 405);

function withFailures(deleting: Deleting, outcomes: readonly Outcome<unknown>[]): Deleting {
  const failures = outcomes.filter(isWrong).map(({ error }) => error?.message ?? 'connection lost');
  return failures.length === 0 ? deleting : { ...deleting, failures: [...deleting.failures, ...failures] };
}

const itemsOf = (outcome: Outcome<unknown> | undefined): readonly KubeObject[] =>
  outcome?.code === 200 ? (outcome.object as unknown as ListObject<KubeObject>).items : [];

const remainsOf = (contents: readonly Content[], outcomes: readonly Outcome<unknown>[]): readonly Remains[] =>
  contents.map((content, at) => ({ content, items: itemsOf(outcomes[at]) })).filter(({ items }) => items.length > 0);

/** deleteAllContent's end: says what remains, and for how long it is left alone. `isTold`: upstream says nothing of pods that hold the rest up. */
function judge(base: Deleting, remains: readonly Remains[], outcomes: readonly Outcome<unknown>[], isTold: boolean, view: View): Plan {
  const deleting = withFailures(base, outcomes);
  const { namespace } = deleting;
  const name = namespace.metadata?.name ?? '';
  const failures = [...deleting.failures];
  let estimate = 0;
  for (const { content, items } of remains) {
    const ofPods = content === PODS ? deleting.estimate : 0;
    const isHeld = items.some(({ metadata }) => (metadata?.finalizers ?? []).length > 0);
    if (ofPods > 0) estimate = Math.max(estimate, ofPods);
    else if (isHeld) estimate = Math.max(estimate, FINALIZER_ESTIMATE);
    else failures.push(`unexpected items still remain in namespace: ${name} for gvr: ${gvr(content)}`);
  }
  const conditions = namespaceConditions(namespace, isTold ? remains : [], failures, view.clock);
  const data: Deleting = { namespace, estimate, failures };
  const next = { name: 'said', data };
  if (conditions === undefined) return { next };
  const body = { ...namespace, status: { ...namespace.status, conditions } };
  return { requests: [{ verb: 'update', resource: 'namespaces', subresource: 'status', name, body }], next };
}

const gvr = ({ resource, group, version }: Content): string => `${group}/${version}, Resource=${resource.split('.')[0]}`;

/** What the worker makes of it: gives content its time, retries what failed, finalizes what is empty. */
function said({ namespace, estimate, failures }: Deleting, outcomes: readonly Outcome<unknown>[]): Plan {
  const first = failures[0];
  if (first !== undefined) return { failed: first };
  if (estimate > 0) return { requeueAfter: (Math.floor(estimate / 2) + 1) * SECOND };
  const written = outcomes[0];
  const current = written?.code === 200 ? (written.object as Namespace) : namespace;
  const finalizers = (current.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
  const body = { ...current, spec: { ...current.spec, finalizers } };
  const { name } = current.metadata ?? {};
  return { requests: [{ verb: 'update', resource: 'namespaces', subresource: 'finalize', name, body, discardBody: true }] };
}
