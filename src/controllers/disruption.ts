/** Keeps each PodDisruptionBudget's status: how many of its pods may be evicted now. Mirrors kubernetes v1.34 pkg/controller/disruption/disruption.go.
 *  The scale of a controller is read from the caches (Deployment, ReplicaSet, StatefulSet). Departure: scales of custom resources are not asked for. */

import type { Deployment, KubeObject, LabelSelector, OwnerReference, Pod, PodDisruptionBudget, ReplicaSet, StatefulSet } from '#api';
import { compileLabelSelector, matchesSelector, parseTime, resourceForKind, rfc3339 } from '#api';
import type { Controller, InformerEvent, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MINUTE } from '#sim';
import { BY_LABEL_SET, byLabelSet, Memberships, podsMatching } from './label-sets.ts';
import { controllerOf, siblingKey } from './owner-references.ts';
import { isPodReady } from './pod-state.ts';
import { selectorAsGo } from './selector-as-go.ts';
import { semanticEqual } from './semantic-equal.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
/** DeletionTimeout: an eviction that was granted but brought no deletion is forgotten after this long. */
const DELETION_TIMEOUT: Duration = 2 * MINUTE;
/** What an UnmanagedPods event goes on to say. */
const UNMANAGED =
  'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
const NONE: readonly never[] = [];

interface Counts {
  readonly expected: number;
  readonly desired: number;
  /** Some pod has no controller that could say how many there should be. */
  readonly hasUnmanaged?: boolean;
}

type Status = NonNullable<PodDisruptionBudget['status']>;

export class DisruptionController implements Controller {
  readonly name = 'disruption';
  readonly component = 'controllermanager';
  readonly workers = 1;
  readonly watches: readonly WatchSpec[];
  readonly #memberships = new Memberships();

  constructor() {
    this.watches = [
      {
        resource: BUDGETS,
        keys: (event) => {
          if (event.type !== 'update' || event.previous?.metadata?.generation !== event.object.metadata?.generation)
            this.#memberships.forget();
          return [event.key];
        },
      },
      { resource: 'pods', keys: (event, view) => this.#podKeys(event, view), indexes: { [BY_LABEL_SET]: byLabelSet } },
      { resource: 'replicasets.apps', keys: () => NONE },
      { resource: 'deployments.apps', keys: () => NONE },
      { resource: 'statefulsets.apps', keys: () => NONE },
    ];
  }

  #podKeys(event: InformerEvent, view: View): readonly string[] {
    const budgets = view.lister<PodDisruptionBudget>(BUDGETS);
    if (budgets.size === 0) return NONE;
    return this.#memberships.keysOf(event.object, (labels, namespace) => {
      const keys: string[] = [];
      for (const budget of budgets.list()) {
        const { selector } = budget.spec ?? {};
        if (budget.metadata?.namespace !== namespace || selector === undefined) continue;
        if (matchesSelector(compileLabelSelector(selector as LabelSelector), labels))
          keys.push(siblingKey(budget.metadata, budget.metadata?.name ?? ''));
      }
      return keys;
    });
  }

  reconcile(key: string, view: View, _stage: Stage | undefined): Plan {
    const budget = view.lister<PodDisruptionBudget>(BUDGETS).get(key);
    if (budget === undefined) return {};
    const { selector } = budget.spec ?? {};
    const pods =
      selector === undefined
        ? []
        : [...podsMatching(view.lister<Pod>('pods'), budget.metadata?.namespace ?? '', compileLabelSelector(selector as LabelSelector))];
    if (pods.length === 0) view.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const counts = expectedPods(budget, pods, view);
    if (typeof counts === 'string') {
      view.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${counts}`);
      return failSafe(budget, counts, view);
    }
    if (counts.hasUnmanaged) {
      const found = `Pods selected by this PodDisruptionBudget (selector: ${selectorAsGo(selector as LabelSelector)}) were found to be unmanaged.`;
      view.event(budget, 'Warning', 'UnmanagedPods', `${found} ${UNMANAGED}`);
    }
    const { disrupted, again } = stillDisrupted(budget, pods, view);
    let healthy = 0;
    for (const pod of pods) {
      if (pod.metadata?.deletionTimestamp === undefined && disrupted[pod.metadata?.name ?? ''] === undefined && isPodReady(pod)) healthy++;
    }
    const allowed = counts.expected <= 0 ? 0 : Math.max(0, healthy - counts.desired);
    const status: Status = {
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: counts.desired,
      expectedPods: counts.expected,
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
      observedGeneration: budget.metadata?.generation,
      conditions: withCondition(budget, allowed > 0 ? 'SufficientPods' : 'InsufficientPods', allowed > 0, '', view.clock),
    };
    return { requests: semanticEqual(budget.status, status) ? NONE : [statusWrite(budget, status)], requeueAfter: again };
  }
}

const scaled = (value: number | string, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);

/** getExpectedPodCount; a text when it cannot be told. */
function expectedPods({ spec }: PodDisruptionBudget, pods: readonly Pod[], view: View): Counts | string {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') return { expected: pods.length, desired: minAvailable ?? 0 };
  const scale = expectedScale(pods, view);
  if (typeof scale === 'string') return scale;
  const { expected, hasUnmanaged } = scale;
  const desired =
    maxUnavailable === undefined ? scaled(minAvailable as string, expected) : Math.max(0, expected - scaled(maxUnavailable, expected));
  return { expected, desired, hasUnmanaged };
}

/** getExpectedScale: the sizes that the pods' controllers should have, each counted once. */
function expectedScale(pods: readonly Pod[], view: View): { readonly expected: number; readonly hasUnmanaged: boolean } | string {
  const scales = new Map<string, number>();
  let hasUnmanaged = false;
  for (const pod of pods) {
    const reference = controllerOf(pod);
    if (reference === undefined) {
      hasUnmanaged = true;
      continue;
    }
    if (scales.has(reference.uid)) continue;
    const owner = scaleOwner(pod, reference.kind, reference.name, view);
    if (owner === undefined) return whyNoScale(pod, reference);
    scales.set(owner.metadata?.uid ?? '', owner.spec?.replicas ?? 1);
    // A ReplicaSet's Deployment stands for it.
    if (owner.metadata?.uid !== reference.uid) scales.set(reference.uid, 0);
  }
  let expected = 0;
  for (const scale of scales.values()) expected += scale;
  return { expected, hasUnmanaged };
}

/** getScaleController. */
function whyNoScale(pod: Pod, { apiVersion, kind }: OwnerReference): string {
  const resource = ['ReplicaSet', 'StatefulSet'].includes(kind) ? undefined : resourceForKind(apiVersion, kind)?.resource;
  return resource === undefined
    ? `found no controllers for pod "${pod.metadata?.name}"`
    : `${resource} does not implement the scale subresource`;
}

function scaleOwner(pod: KubeObject, kind: string, name: string, view: View): Deployment | ReplicaSet | StatefulSet | undefined {
  const key = siblingKey(pod.metadata, name);
  if (kind === 'StatefulSet') return view.lister<StatefulSet>('statefulsets.apps').get(key);
  if (kind !== 'ReplicaSet') return undefined;
  const set = view.lister<ReplicaSet>('replicasets.apps').get(key);
  const reference = set === undefined ? undefined : controllerOf(set);
  return reference?.kind === 'Deployment' ? view.lister<Deployment>('deployments.apps').get(siblingKey(pod.metadata, reference.name)) : set;
}

/** buildDisruptedPodMap: granted evictions whose pods live on. */
function stillDisrupted(
  { status, metadata: of }: PodDisruptionBudget,
  pods: readonly Pod[],
  view: View,
): { disrupted: Record<string, string>; again: Duration | undefined } {
  const disrupted: Record<string, string> = {};
  let again: Duration | undefined;
  const granted = status?.disruptedPods;
  if (granted === undefined) return { disrupted, again };
  for (const pod of pods) {
    const { metadata } = pod;
    const since = granted[metadata?.name ?? ''];
    if (since === undefined || metadata?.deletionTimestamp !== undefined) continue;
    const left = (parseTime(since) ?? 0) + DELETION_TIMEOUT - view.clock;
    if (left <= 0) {
      // Upstream names the namespace twice.
      const whose = `${of?.namespace}/${of?.namespace}`;
      view.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${whose} to be deleted but it wasn't`);
      continue;
    }
    disrupted[metadata?.name ?? ''] = since;
    again = Math.min(again ?? left, left);
  }
  return { disrupted, again };
}

/** failSafe: nothing may be disrupted while the budget cannot be reckoned; the next event of a pod tries again. */
function failSafe(budget: PodDisruptionBudget, message: string, view: View): Plan {
  const status = {
    ...budget.status,
    disruptionsAllowed: 0,
    conditions: withCondition(budget, 'SyncFailed', false, message, view.clock),
  } as Status;
  return { requests: semanticEqual(budget.status, status) ? NONE : [statusWrite(budget, status)] };
}

function withCondition(
  { status, metadata }: PodDisruptionBudget,
  reason: string,
  isAllowed: boolean,
  message: string,
  clock: number,
): Status['conditions'] {
  const present = status?.conditions ?? [];
  const wanted = isAllowed ? 'True' : 'False';
  const current = present.find(({ type }) => type === 'DisruptionAllowed');
  const { generation } = metadata ?? {};
  if (current?.status === wanted && current.reason === reason && current.message === message && current.observedGeneration === generation)
    return present;
  const lastTransitionTime = current?.status === wanted ? current.lastTransitionTime : rfc3339(clock);
  const others = present.filter(({ type }) => type !== 'DisruptionAllowed');
  return [...others, { type: 'DisruptionAllowed', status: wanted, reason, message, observedGeneration: generation, lastTransitionTime }];
}

function statusWrite(budget: PodDisruptionBudget, status: Status): RequestSpec {
  const { namespace, name } = budget.metadata ?? {};
  return { verb: 'update', resource: BUDGETS, subresource: 'status', namespace, name, body: { ...budget, status }, discardBody: true };
}
