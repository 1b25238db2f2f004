/** Keeps one pod of a DaemonSet on every node that wants it. Mirrors kubernetes v1.34 pkg/controller/daemon/daemon_controller.go and update.go. */

import type { DaemonSet, Node, OwnerReference, Pod } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MICROSECOND } from '#sim';
import { claim } from './claim.ts';
import type { ControllerRevision } from './controller-revisions.ts';
import {
  currentRevision,
  hasTemplate,
  inOrder,
  isCollision,
  lookAt,
  REVISION_HASH,
  REVISIONS,
  surplusRevisions,
} from './controller-revisions.ts';
import { daemonPod, targetNode, wantedOn } from './daemonset-node.ts';
import { byPrecedence, FailedPodBackoffs, rollingUpdate, surplusOn } from './daemonset-update.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, ORPHANS, orphansByLabel, siblingKey } from './owner-references.ts';
import { isNamespaceTerminating, isPodReady, untilAvailable } from './pod-state.ts';
import { semanticEqual } from './semantic-equal.ts';

const DAEMONSETS = 'daemonsets.apps';
/** BurstReplicas. */
const BURST = 250;
/** What a pass costs a node it looks at. assumed. */
const NODE_COST: Duration = 2 * MICROSECOND;
const NONE: readonly never[] = [];

type Status = DaemonSet['status'];

interface Pass {
  readonly set: DaemonSet;
  readonly pods: readonly Pod[];
  readonly byNode: ReadonlyMap<string, readonly Pod[]>;
  readonly revisions: readonly ControllerRevision[];
  readonly hash: string;
  readonly reference: OwnerReference;
  toCreate: readonly string[];
  toDelete: readonly Pod[];
  batch: number;
  failed: string | undefined;
}

export class DaemonSetController implements Controller {
  readonly name = 'daemonset';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: DAEMONSETS, keys: (event) => [event.key] },
    { resource: 'pods', dependents: true, keys: ownerKeys, indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel } },
    { resource: 'nodes', keys: nodeKeys },
    { resource: REVISIONS, keys: ownerKeys, indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel } },
  ];

  readonly #backoffs = new FailedPodBackoffs();

  /** --concurrent-daemonset-syncs. */
  constructor(workers = 2) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const outcomes = stage?.outcomes ?? NONE;
    if (stage?.name === 'revised') return revised(stage.data as DaemonSet, outcomes[0]);
    if (stage?.name === 'looked') return looked(stage.data as DaemonSet, outcomes[0]);
    if (stage?.name === 'created') return created(stage.data as Pass, outcomes, view);
    if (stage?.name === 'deleted') return deleted(stage.data as Pass, outcomes, view);
    const set = view.lister<DaemonSet>(DAEMONSETS).get(key);
    if (set === undefined) {
      this.#backoffs.forget(key);
      return {};
    }
    const reference = controllerReference('apps/v1', 'DaemonSet', set);
    const { selector } = set.spec ?? {};
    const { claimed: pods, requests } = claim('pods', view.lister<Pod>('pods'), set, selector, () => reference, always);
    const kept = claim(REVISIONS, view.lister<ControllerRevision>(REVISIONS), set, selector, () => reference, always);
    if (requests.length + kept.requests.length > 0) return { requests: [...kept.requests, ...requests] };
    const { name = '', namespace, annotations } = set.metadata ?? {};
    const { collisionCount } = set.status ?? {};
    const revisions = inOrder(kept.claimed);
    const template = set.spec?.template ?? {};
    const owner = { name, namespace, annotations, hashLabel: REVISION_HASH, template, collisionCount, reference };
    const latest = currentRevision(revisions, owner);
    if ('write' in latest) return { requests: [latest.write], next: { name: 'revised', data: set } };
    const hash = (latest.revision.metadata?.name ?? '').slice(name.length + 1);
    const pass: Pass = {
      set,
      pods,
      byNode: groupByNode(pods),
      revisions,
      hash,
      reference,
      toCreate: NONE,
      toDelete: NONE,
      batch: 1,
      failed: undefined,
    };
    const cost = view.lister('nodes').size * NODE_COST;
    if (!view.satisfied || set.metadata?.deletionTimestamp !== undefined) return { ...statusPlan(pass, view), cost };
    const again = this.#manage(pass, view);
    const plan = pass.toCreate.length > 0 ? createBatch(pass) : removal(pass, view);
    return { ...plan, cost, requeueAfter: plan.requeueAfter ?? again };
  }

  /** manage, and, when nothing else is to do, rollingUpdate. Returns when a failed pod may be replaced. */
  #manage(pass: Pass, view: View): Duration | undefined {
    const toCreate: string[] = [];
    const toDelete: Pod[] = [];
    const nodes = view.lister<Node>('nodes');
    let again: Duration | undefined;
    for (const node of nodes.list()) {
      const name = node.metadata?.name ?? '';
      const here = pass.byNode.get(name) ?? NONE;
      const { shouldRun, shouldContinue } = wantedOn(pass.set, node);
      if (shouldRun && here.length === 0) toCreate.push(name);
      else if (!shouldContinue) for (const pod of here) toDelete.push(pod);
      else if (here.length > 0) again = surplusOn(here, pass.set, name, pass.hash, this.#backoffs, toDelete, view) ?? again;
    }
    // Unbound pods of nodes that are gone will never be bound.
    for (const [name, here] of pass.byNode)
      if (nodes.get(name) === undefined) for (const pod of here) if ((pod.spec?.nodeName ?? '') === '') toDelete.push(pod);
    if (toCreate.length === 0 && toDelete.length === 0 && (pass.set.spec?.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate')
      rollingUpdate(pass, toCreate, toDelete, view);
    pass.toCreate = toCreate.slice(0, BURST);
    pass.toDelete = toDelete.filter((pod) => pod.metadata?.deletionTimestamp === undefined).slice(0, BURST);
    return again;
  }
}

function groupByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [pod]);
    else group.push(pod);
  }
  return groups;
}

function createBatch(pass: Pass): Plan {
  const now = pass.toCreate.slice(0, pass.batch);
  pass.toCreate = pass.toCreate.slice(now.length);
  pass.batch *= 2;
  const references = [pass.reference];
  const requests = now.map(
    (node): RequestSpec => ({
      verb: 'create',
      resource: 'pods',
      namespace: pass.set.metadata?.namespace,
      body: daemonPod(pass.set, node, pass.hash, references),
      discardBody: true,
    }),
  );
  return { requests, expect: { creations: now.length }, next: { name: 'created', data: pass } };
}

function created(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  for (const outcome of outcomes) {
    const { code, object, error } = outcome;
    if (code === 200 || code === 201) view.event(pass.set, 'Normal', 'SuccessfulCreate', `Created pod: ${object?.metadata?.name ?? ''}`);
    else if (!isNamespaceTerminating(outcome)) {
      const message = error?.message ?? 'connection lost';
      pass.failed ??= message;
      view.event(pass.set, 'Warning', 'FailedCreate', `Error creating: ${message}`);
    }
  }
  return pass.failed === undefined && pass.toCreate.length > 0 ? createBatch(pass) : removal(pass, view);
}

function removal(pass: Pass, view: View): Plan {
  if (pass.toDelete.length === 0) return statusPlan(pass, view);
  const requests: RequestSpec[] = [];
  const deletions: string[] = [];
  for (const { metadata } of pass.toDelete) {
    requests.push({ verb: 'delete', resource: 'pods', namespace: metadata?.namespace, name: metadata?.name, discardBody: true });
    deletions.push(siblingKey(metadata, metadata?.name ?? ''));
  }
  return { requests, expect: { deletions }, next: { name: 'deleted', data: pass } };
}

function deleted(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
  for (const { code, request, error } of outcomes) {
    if (code === 200 || code === 202) view.event(pass.set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${request.name}`);
    else if (code !== 404) {
      const message = error?.message ?? 'connection lost';
      pass.failed ??= message;
      view.event(pass.set, 'Warning', 'FailedDelete', `Error deleting: ${message}`);
    }
  }
  return statusPlan(pass, view);
}

const always = (): boolean => true;

function revised(set: DaemonSet, outcome: Outcome<unknown> | undefined): Plan {
  if (outcome?.code === 200 || outcome?.code === 201) return {};
  if (outcome !== undefined && isCollision(outcome)) return { requests: [lookAt(outcome)], next: { name: 'looked', data: set } };
  return { failed: outcome?.error?.message ?? 'connection lost' };
}

/** The revision that stood in the way is this template's own, and its event is under way; or another template has the same hash. */
function looked(set: DaemonSet, outcome: Outcome<unknown> | undefined): Plan {
  const failed = outcome?.error?.message ?? 'the revision is not seen yet';
  if (outcome?.code !== 200 || hasTemplate(outcome.object as ControllerRevision, set.spec?.template ?? {})) return { failed };
  const status = { ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 } as NonNullable<Status>;
  return { requests: [statusWrite(set, status)], failed };
}

function statusWrite(set: DaemonSet, status: Status): RequestSpec {
  const { namespace, name } = set.metadata ?? {};
  return { verb: 'update', resource: DAEMONSETS, subresource: 'status', namespace, name, body: { ...set, status }, discardBody: true };
}

function statusPlan(pass: Pass, view: View): Plan {
  const { set, byNode, revisions, hash, failed } = pass;
  let [desired, current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  let nextCheck: Duration | undefined;
  for (const node of view.lister<Node>('nodes').list()) {
    const here = byNode.get(node.metadata?.name ?? '') ?? NONE;
    if (!wantedOn(set, node).shouldRun) {
      if (here.length > 0) misscheduled++;
      continue;
    }
    desired++;
    if (here.length === 0) continue;
    current++;
    const pod = here.length === 1 ? (here[0] as Pod) : ([...here].sort(byPrecedence)[0] as Pod);
    if (isPodReady(pod)) {
      ready++;
      const wait = untilAvailable(pod, set.spec?.minReadySeconds ?? 0, view.clock) ?? 0;
      if (wait === 0) available++;
      else nextCheck = Math.min(nextCheck ?? wait, wait);
    }
    if (pod.metadata?.labels?.[REVISION_HASH] === hash) updated++;
  }
  const status: Status = {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: set.metadata?.generation,
    // omitempty, unlike the first four.
    updatedNumberScheduled: updated || undefined,
    numberAvailable: available || undefined,
    numberUnavailable: desired - available || undefined,
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
  };
  const live = new Set(
    pass.pods.map((pod) => `${set.metadata?.name}-${pod.metadata?.labels?.[REVISION_HASH]}`).concat(`${set.metadata?.name}-${hash}`),
  );
  const surplus = surplusRevisions(revisions, live, set.spec?.revisionHistoryLimit ?? 10);
  const requests = semanticEqual(set.status, status) ? surplus : [...surplus, statusWrite(set, status)];
  return { requests, failed, requeueAfter: nextCheck };
}

function ownerKeys(event: InformerEvent, view: View): readonly string[] {
  const reference = controllerOf(event.object);
  if (reference?.kind !== 'DaemonSet') return NONE;
  const key = siblingKey(event.object.metadata, reference.name);
  return view.lister<DaemonSet>(DAEMONSETS).get(key)?.metadata?.uid === reference.uid ? [key] : NONE;
}

/** Heartbeats wake nobody: only labels and taints decide. */
function nodeKeys(event: InformerEvent, view: View): readonly string[] {
  const sets = view.lister<DaemonSet>(DAEMONSETS);
  if (sets.size === 0) return NONE;
  const node = event.object as Node;
  const previous = event.previous as Node | undefined;
  if (event.type === 'update' && previous !== undefined) {
    const isSame = previous.metadata?.labels === node.metadata?.labels || semanticEqual(previous.metadata?.labels, node.metadata?.labels);
    if (isSame && (previous.spec === node.spec || semanticEqual(previous.spec?.taints, node.spec?.taints))) return NONE;
  }
  const keys: string[] = [];
  for (const set of sets.list()) {
    const now = event.type === 'delete' ? undefined : wantedOn(set, node);
    const before = event.type === 'update' && previous !== undefined ? wantedOn(set, previous) : undefined;
    const isSame =
      now !== undefined && before !== undefined && now.shouldRun === before.shouldRun && now.shouldContinue === before.shouldContinue;
    if (!isSame && (now === undefined || before !== undefined || now.shouldRun))
      keys.push(siblingKey(set.metadata, set.metadata?.name ?? ''));
  }
  return keys;
}
