/** Keeps each PodDisruptionBudget's status: how many of its pods may be evicted now. Mirrors kubernetes v1.34 pkg/controller/disruption/disruption.go.
 *  The condition DisruptionTarget of a pod that nobody deleted is taken back here too. One queue serves what upstream has three for. */

import type { LabelSelector, Pod, PodDisruptionBudget } from '#api';
import { compileLabelSelector, matchesSelector, parseTime, rfc3339 } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MINUTE } from '#sim';
import { DEFINITIONS } from './custom-kinds.ts';
import { type Asked, expectedScale, type Scales, scaleRequests, scalesOf } from './expected-scale.ts';
import { BY_LABEL_SET, byLabelSet, Memberships, podsMatching } from './label-sets.ts';
import { siblingKey } from './owner-references.ts';
import { isPodReady } from './pod-state.ts';
import { selectorAsGo } from './selector-as-go.ts';
import { semanticEqual } from './semantic-equal.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
/** DeletionTimeout: an eviction that was granted but brought no deletion is forgotten after this long. */
const DELETION_TIMEOUT: Duration = 2 * MINUTE;
/** What an UnmanagedPods event goes on to say. */
const UNMANAGED =
  'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
/** Before the keys of pods whose condition may have to be taken back. */
const STALE = 'pod:';
const NONE: readonly never[] = [];
const UNASKED: Scales = new Map();

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
      { resource: DEFINITIONS, keys: () => NONE },
    ];
  }

  #podKeys(event: InformerEvent, view: View): readonly string[] {
    const left = event.type === 'delete' ? undefined : untilStale(event.object as Pod, view.clock);
    if (left !== undefined) view.enqueue(STALE + event.key, left);
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

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (key.startsWith(STALE)) return takeBack(view.lister<Pod>('pods').get(key.slice(STALE.length)), view);
    const budget = view.lister<PodDisruptionBudget>(BUDGETS).get(key);
    if (budget === undefined) return {};
    const { selector } = budget.spec ?? {};
    const pods =
      selector === undefined
        ? []
        : [...podsMatching(view.lister<Pod>('pods'), budget.metadata?.namespace ?? '', compileLabelSelector(selector as LabelSelector))];
    if (pods.length === 0) view.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    const known = stage === undefined ? UNASKED : scalesOf(stage.data as readonly Asked[], stage.outcomes as readonly Outcome<unknown>[]);
    const counts = typeof known === 'string' ? known : expectedPods(budget, pods, known, view);
    if (typeof counts !== 'string' && !('expected' in counts))
      return { requests: scaleRequests(counts), next: { name: 'scales', data: counts } };
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
      conditions: withCondition(
        budget,
        allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        allowed > 0,
        '',
        budget.metadata?.generation,
        view.clock,
      ),
    };
    return { requests: semanticEqual(budget.status, status) ? NONE : [statusWrite(budget, status)], requeueAfter: again };
  }
}

const scaled = (value: number | string, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);

/** getExpectedPodCount; a text when it cannot be told, the owners to ask for their scales when those are not known. */
function expectedPods({ spec }: PodDisruptionBudget, pods: readonly Pod[], known: Scales, view: View): Counts | string | readonly Asked[] {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') return { expected: pods.length, desired: minAvailable ?? 0 };
  const scale = expectedScale(pods, known, view);
  if (typeof scale === 'string' || !('expected' in scale)) return scale;
  const { expected, hasUnmanaged } = scale;
  const desired =
    maxUnavailable === undefined ? scaled(minAvailable as string, expected) : Math.max(0, expected - scaled(maxUnavailable, expected));
  return { expected, desired, hasUnmanaged };
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

/** nonTerminatingPodHasStaleDisruptionCondition: how long until the condition of a pod that nobody deleted is taken back; undefined: not at all. */
function untilStale({ metadata, status }: Pod, clock: number): Duration | undefined {
  const conditions = status?.conditions;
  if (conditions === undefined) return undefined;
  for (const { type, status: is, reason, lastTransitionTime } of conditions) {
    if (type !== 'DisruptionTarget') continue;
    const stays = metadata?.deletionTimestamp !== undefined || is !== 'True' || reason === 'TerminationByKubelet';
    if (stays || status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
    return Math.max(0, (parseTime(lastTransitionTime ?? '') ?? 0) + DELETION_TIMEOUT - clock);
  }
  return undefined;
}

/** syncStalePodDisruption. */
function takeBack(pod: Pod | undefined, view: View): Plan {
  const left = pod === undefined ? undefined : untilStale(pod, view.clock);
  if (pod === undefined || left === undefined) return {};
  if (left > 0) return { requeueAfter: left };
  const { namespace, name } = pod.metadata ?? {};
  const reset = { type: 'DisruptionTarget', status: 'False' as const, lastTransitionTime: rfc3339(view.clock) };
  const conditions = (pod.status?.conditions ?? []).map((one) => (one.type === reset.type ? reset : one));
  const body = { ...pod, status: { ...pod.status, conditions } };
  return { requests: [{ verb: 'update', resource: 'pods', subresource: 'status', namespace, name, body, discardBody: true }] };
}

/** failSafe: nothing may be disrupted while the budget cannot be reckoned; the next event of a pod tries again. */
function failSafe(budget: PodDisruptionBudget, message: string, view: View): Plan {
  const status = {
    ...budget.status,
    disruptionsAllowed: 0,
    conditions: withCondition(budget, 'SyncFailed', false, message, budget.status?.observedGeneration, view.clock),
  } as Status;
  return { requests: semanticEqual(budget.status, status) ? NONE : [statusWrite(budget, status)] };
}

function withCondition(
  { status }: PodDisruptionBudget,
  reason: string,
  isAllowed: boolean,
  message: string,
  generation: number | undefined,
  clock: number,
): Status['conditions'] {
  const present = status?.conditions ?? [];
  const wanted = isAllowed ? 'True' : 'False';
  const current = present.find(({ type }) => type === 'DisruptionAllowed');
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
