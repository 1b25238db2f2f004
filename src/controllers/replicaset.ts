/** Keeps the number of a ReplicaSet's pods. Mirrors kubernetes v1.34 pkg/controller/replicaset/replica_set.go and replica_set_utils.go.
 *  Departure: a status write that conflicts sends the key back instead of reading the ReplicaSet live. */

import type { OwnerReference, Pod, ReplicaSet } from '#api';
import { matchesLabelSelector, rfc3339 } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { claim, hasOrphans, orphanBucket } from './claim.ts';
import { findCondition, removeCondition, setCondition } from './conditions.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, ORPHANS, orphansByLabel, siblingKey } from './owner-references.ts';
import { isNamespaceTerminating, isPodActive, isSameToOwner, untilAvailable } from './pod-state.ts';
import { PodTally } from './pod-tally.ts';
import { podFromTemplate } from './pod-template.ts';
import { semanticEqual } from './semantic-equal.ts';
import { podsToDelete } from './victim-ranking.ts';

const REPLICASETS = 'replicasets.apps';
/** BurstReplicas: at most this many creations or deletions in one pass. */
const BURST = 500;
/** Index of ReplicaSets by the label under which their selector finds orphans. */
const BY_SELECTOR = 'selectorLabel';
const NONE: readonly never[] = [];

type Status = NonNullable<ReplicaSet['status']>;
type Condition = NonNullable<Status['conditions']>[number];

/** Creations under way, between batches. */
interface SlowStart {
  readonly set: ReplicaSet;
  readonly pods: readonly Pod[];
  readonly remaining: number;
  readonly batch: number;
}

export class ReplicaSetController implements Controller {
  readonly name = 'replicaset';
  readonly workers: number;
  readonly watches: readonly WatchSpec[];
  // What all pods of one owner are created with, found by the template that it has now.
  readonly #bodies = new WeakMap<object, { uid: string; body: Pod }>();
  readonly #tally = new PodTally();

  constructor(workers = 5) {
    this.workers = workers;
    this.watches = [
      {
        resource: REPLICASETS,
        keys: (event) => [event.key],
        indexes: {
          [BY_CONTROLLER]: byController,
          [BY_SELECTOR]: (set) => {
            const bucket = orphanBucket(set.metadata?.namespace ?? '', (set as ReplicaSet).spec?.selector);
            return bucket === undefined ? NONE : [bucket];
          },
        },
      },
      {
        resource: 'pods',
        dependents: true,
        keys: (event, view) => {
          this.#tally.observe(event);
          return podKeys(event, view);
        },
        indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel },
      },
    ];
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    if (stage?.name === 'created') return this.#created(stage.data as SlowStart, stage.outcomes ?? NONE, view);
    if (stage?.name === 'deleted') return this.#deleted(stage.data as SlowStart, stage.outcomes ?? NONE, view);
    const set = view.lister<ReplicaSet>(REPLICASETS).get(key);
    if (set === undefined) return {};
    const counted = this.#counted(set, view);
    if (counted !== undefined) return this.#write(set, counted, undefined, undefined);
    const { claimed, requests } = claim('pods', view.lister<Pod>('pods'), set, set.spec?.selector, () => ownerReference(set), isPodActive);
    const pods = claimed.filter(isPodActive);
    // Patches of ownership first; the pods' update events bring the key back.
    if (requests.length > 0) return { requests };
    if (view.satisfied && set.metadata?.deletionTimestamp === undefined) {
      const difference = pods.length - (set.spec?.replicas ?? 1);
      if (difference < 0) return this.#createBatch({ set, pods, remaining: Math.min(-difference, BURST), batch: 1 });
      if (difference > 0) return this.#delete(set, pods, Math.min(difference, BURST), view);
    }
    return this.#status(set, pods, undefined, view);
  }

  #createBatch({ set, pods, remaining, batch }: SlowStart): Plan {
    const count = Math.min(batch, remaining);
    const body = this.#bodyOf(set);
    const requests: RequestSpec[] = [];
    for (let i = 0; i < count; i++)
      requests.push({ verb: 'create', resource: 'pods', namespace: set.metadata?.namespace, body, discardBody: true });
    const data: SlowStart = { set, pods, remaining: remaining - count, batch: batch * 2 };
    return { requests, expect: { creations: count }, next: { name: 'created', data } };
  }

  #bodyOf(set: ReplicaSet): Pod {
    const template = set.spec?.template ?? {};
    const { uid = '', name = '', namespace } = set.metadata ?? {};
    const known = this.#bodies.get(template);
    if (known !== undefined && known.uid === uid) return known.body;
    const body = podFromTemplate(template, { name, namespace }, [ownerReference(set)]);
    this.#bodies.set(template, { uid, body });
    return body;
  }

  #created(progress: SlowStart, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const { set, pods, remaining } = progress;
    let failure: string | undefined;
    for (const outcome of outcomes) {
      if (outcome.code === 201 || outcome.code === 200) {
        view.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${outcome.object?.metadata?.name ?? ''}`);
        continue;
      }
      const message = outcome.error?.message ?? 'connection lost';
      if (isNamespaceTerminating(outcome)) continue;
      view.event(set, 'Warning', 'FailedCreate', `Error creating: ${message}`);
      failure ??= message;
    }
    if (failure === undefined && remaining > 0) return this.#createBatch(progress);
    return this.#status(set, pods, failure === undefined ? undefined : { reason: 'FailedCreate', message: failure }, view);
  }

  #delete(set: ReplicaSet, pods: readonly Pod[], count: number, view: View): Plan {
    const victims = podsToDelete(pods, relatedPods(set, view), count, view.clock);
    const requests: RequestSpec[] = [];
    const deletions: string[] = [];
    for (const { metadata } of victims) {
      requests.push({ verb: 'delete', resource: 'pods', namespace: metadata?.namespace, name: metadata?.name, discardBody: true });
      deletions.push(siblingKey(metadata, metadata?.name ?? ''));
    }
    return { requests, expect: { deletions }, next: { name: 'deleted', data: { set, pods, remaining: 0, batch: 0 } satisfies SlowStart } };
  }

  #deleted({ set, pods }: SlowStart, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    let failure: string | undefined;
    for (const { code, request, error } of outcomes) {
      if (code === 200 || code === 202) {
        view.event(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${request.name}`);
      } else if (code !== 404) {
        failure ??= error?.message ?? 'connection lost';
        view.event(set, 'Warning', 'FailedDelete', `Error deleting: ${failure}`);
      }
    }
    return this.#status(set, pods, failure === undefined ? undefined : { reason: 'FailedDelete', message: failure }, view);
  }

  #status(set: ReplicaSet, pods: readonly Pod[], failure: { reason: string; message: string } | undefined, view: View): Plan {
    const { status, nextCheck } = replicaSetStatus(set, pods, failure, view.clock);
    return this.#write(set, status, nextCheck, failure?.message);
  }

  /** The status where the counts say it all: nothing to adopt, release, create or delete. */
  #counted(set: ReplicaSet, view: View): Status | undefined {
    const { metadata, spec } = set;
    if (metadata?.deletionTimestamp !== undefined || (spec?.minReadySeconds ?? 0) !== 0) return undefined;
    const pods = view.lister<Pod>('pods');
    const uid = metadata?.uid ?? '';
    const tally = this.#tally.of(uid, pods.countByIndex(BY_CONTROLLER, uid));
    if (tally === undefined || tally.active !== (spec?.replicas ?? 1)) return undefined;
    if (hasOrphans(pods, metadata?.namespace ?? '', spec?.selector) || !matchesLabelSelector(spec?.selector, tally.labels))
      return undefined;
    const { active, ready, labels } = tally;
    const isLabelled = carries(labels, spec?.template?.metadata?.labels);
    return statusOf(set, { replicas: active, fullyLabeled: isLabelled ? active : 0, ready, available: ready }, undefined, view.clock);
  }

  #write(set: ReplicaSet, status: Status, nextCheck: Duration | undefined, failed: string | undefined): Plan {
    const isStale = (set.status?.observedGeneration ?? 0) !== (set.metadata?.generation ?? 0);
    if (!isStale && semanticEqual(set.status, status)) return { failed, requeueAfter: nextCheck };
    const { namespace, name } = set.metadata ?? {};
    const body: ReplicaSet = { ...set, status };
    return {
      requests: [{ verb: 'update', resource: REPLICASETS, subresource: 'status', namespace, name, body, discardBody: true }],
      failed,
      requeueAfter: nextCheck,
    };
  }
}

const references = new WeakMap<object, OwnerReference>();

/** One reference per version of the owner's metadata, shared by its pods. */
function ownerReference(set: ReplicaSet): OwnerReference {
  const key = set.spec?.template ?? set;
  const known = references.get(key);
  if (known !== undefined && known.uid === set.metadata?.uid) return known;
  const reference = controllerReference('apps/v1', 'ReplicaSet', set);
  references.set(key, reference);
  return reference;
}

function controllerKey(pod: Pod, view: View): string | undefined {
  const reference = controllerOf(pod);
  if (reference === undefined || reference.kind !== 'ReplicaSet') return undefined;
  const key = siblingKey(pod.metadata, reference.name);
  return view.lister<ReplicaSet>(REPLICASETS).get(key)?.metadata?.uid === reference.uid ? key : undefined;
}

/** The owner; for an orphan whatever may adopt it; both owners when it changed hands. */
function podKeys(event: InformerEvent, view: View): readonly string[] {
  const pod = event.object as Pod;
  const previous = event.previous as Pod | undefined;
  if (isSameToOwner(event)) return NONE;
  const key = controllerKey(pod, view);
  if (previous !== undefined && previous.metadata?.ownerReferences !== pod.metadata?.ownerReferences) {
    const before = controllerKey(previous, view);
    if (before !== undefined && before !== key) return key === undefined ? [before] : [before, key];
  }
  if (key !== undefined) return [key];
  if (controllerOf(pod) !== undefined || event.type === 'delete') return NONE;
  if (
    event.type === 'update' &&
    semanticEqual(previous?.metadata?.labels, pod.metadata?.labels) &&
    previous?.metadata?.ownerReferences === undefined
  )
    return NONE;
  return adopters(pod, view);
}

function adopters(pod: Pod, view: View): readonly string[] {
  const { labels, namespace = '' } = pod.metadata ?? {};
  const keys: string[] = [];
  const lister = view.lister<ReplicaSet>(REPLICASETS);
  for (const label in labels) {
    for (const set of lister.byIndex(BY_SELECTOR, `${namespace}/${label}=${labels[label]}`))
      keys.push(siblingKey(set.metadata, set.metadata?.name ?? ''));
  }
  return keys;
}

/** Pods of all ReplicaSets with the same owner. */
function* relatedPods(set: ReplicaSet, view: View): Iterable<Pod> {
  const owner = controllerOf(set);
  const pods = view.lister<Pod>('pods');
  if (owner === undefined) {
    yield* pods.byIndex(BY_CONTROLLER, set.metadata?.uid ?? '');
    return;
  }
  for (const sibling of view.lister<ReplicaSet>(REPLICASETS).byIndex(BY_CONTROLLER, owner.uid))
    yield* pods.byIndex(BY_CONTROLLER, sibling.metadata?.uid ?? '');
}

/** calculateStatus; `nextCheck`: when the next ready pod becomes available. */
export function replicaSetStatus(
  set: ReplicaSet,
  pods: readonly Pod[],
  failure: { reason: string; message: string } | undefined,
  clock: number,
): { status: Status; nextCheck: Duration | undefined } {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0;
  const templateLabels = set.spec?.template?.metadata?.labels;
  let fullyLabeled = 0;
  let labels: unknown;
  let isLabelled = templateLabels === undefined;
  let ready = 0;
  let available = 0;
  let nextCheck: Duration | undefined;
  for (const pod of pods) {
    if (pod.metadata?.labels !== labels) {
      labels = pod.metadata?.labels;
      isLabelled = carries(pod.metadata?.labels, templateLabels);
    }
    if (isLabelled) fullyLabeled++;
    const wait = untilAvailable(pod, minReadySeconds, clock);
    if (wait === undefined) continue;
    ready++;
    if (wait === 0) available++;
    else nextCheck = Math.min(nextCheck ?? wait, wait);
  }
  const counts = { replicas: pods.length, fullyLabeled, ready, available };
  return { status: statusOf(set, counts, failure, clock), nextCheck };
}

interface Counts {
  readonly replicas: number;
  readonly fullyLabeled: number;
  readonly ready: number;
  readonly available: number;
}

function statusOf(set: ReplicaSet, counts: Counts, failure: { reason: string; message: string } | undefined, clock: number): Status {
  const old = (set.status?.conditions ?? NONE) as readonly Condition[];
  let conditions: readonly Condition[] = old;
  if (failure !== undefined && findCondition(old, 'ReplicaFailure') === undefined) {
    conditions = setCondition(old, { type: 'ReplicaFailure', status: 'True', lastTransitionTime: rfc3339(clock), ...failure });
  } else if (failure === undefined) {
    conditions = removeCondition(old, 'ReplicaFailure');
  }
  return {
    replicas: counts.replicas,
    // omitempty, unlike replicas.
    fullyLabeledReplicas: counts.fullyLabeled || undefined,
    readyReplicas: counts.ready || undefined,
    availableReplicas: counts.available || undefined,
    observedGeneration: set.metadata?.generation,
    ...(conditions.length > 0 ? { conditions: conditions as Condition[] } : {}),
  };
}

type Labels = Readonly<Record<string, string>> | undefined;

function carries(own: Labels, labels: Labels): boolean {
  if (own === labels) return true;
  for (const key in labels) if (own?.[key] !== labels[key]) return false;
  return true;
}
