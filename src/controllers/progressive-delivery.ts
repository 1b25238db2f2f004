/** Brings a new version out by canary or blue-green, looks at how its traffic fares, and goes back by itself when it fares badly. Not of Kubernetes: the
 *  resource is rollouts.delivery.wavetank.dev, the manners are Argo Rollouts' (v1.8, docs/features and rollout/controller.go). It runs as a process of its own.
 *  Annotations say what `kubectl argo rollouts` says: delivery.wavetank.dev/promote (step, full), /abort and /retry. */

import type { ReplicaSet } from '#api';
import { ROLLOUT_API_VERSION, ROLLOUTS } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import { SECOND } from '#sim';
import { selectorText } from './hpa-metrics.ts';
import { BY_CONTROLLER, byController, controllerOf, siblingKey } from './owner-references.ts';
import { measured } from './progressive-analysis.ts';
import { reconcileBlueGreen } from './progressive-blue-green.ts';
import { reconcileCanary } from './progressive-canary.ts';
import type { Measuring, Pass } from './progressive-pass.ts';
import { abort, note, phase, say, wakeAt, wakeIn } from './progressive-pass.ts';
import type { Rollout, RolloutStatus } from './progressive-rollout.ts';
import { availableOf, hashOf, newReplicaSet, REPLICASETS, setHash, sizeOf } from './progressive-rollout.ts';
import { semanticEqual } from './semantic-equal.ts';

const NONE: readonly never[] = [];
const ANNOTATION = 'delivery.wavetank.dev/';
const PROGRESS_DEADLINE_SECONDS = 600;
/** Fields of the status that come and go: a merge patch takes them away by null. */
const PASSING = ['pausedSince', 'analysis', 'isAborted', 'switchedAt', 'scaleDownAt', 'currentStepIndex', 'weight', 'message'] as const;

export class ProgressiveDeliveryController implements Controller {
  readonly name = 'progressive-delivery';
  readonly component = 'rollouts-controller';
  readonly workers: number;
  readonly watches: readonly WatchSpec[] = [
    { resource: ROLLOUTS, keys: (event) => [event.key] },
    { resource: REPLICASETS, keys: ownerKeys, indexes: { [BY_CONTROLLER]: byController } },
    { resource: 'services', keys: () => NONE },
  ];
  // What was written last, until the cache shows it: a pass on an older status would take a step twice.
  readonly #written = new Map<string, { readonly uid: string | undefined; readonly status: RolloutStatus }>();

  constructor(workers = 5) {
    this.workers = workers;
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const outcomes = stage?.outcomes ?? NONE;
    if (stage?.name === 'measured') {
      const { pass, measuring } = stage.data as { pass: Pass; measuring: Measuring };
      const { analysis } = pass.status;
      if (analysis === undefined) return {};
      const next = measured(analysis, measuring.analysis, measuring.places, outcomes, view.clock);
      const late: Pass = { ...pass, view, status: { ...pass.status, analysis: next }, requests: [], wake: view.clock };
      if (next.phase !== 'Running')
        say(
          late,
          next.phase === 'Successful' ? 'Normal' : 'Warning',
          `AnalysisRun${next.phase}`,
          next.message ?? `Analysis of ${next.of} succeeded`,
        );
      return this.#plan(late);
    }
    if (stage?.name === 'done') return settle(outcomes, stage.data as { readonly wake: number | undefined });
    return this.#sync(key, view);
  }

  #sync(key: string, view: View): Plan {
    const rollout = view.lister<Rollout>(ROLLOUTS).get(key);
    if (rollout === undefined) {
      this.#written.delete(key);
      return {};
    }
    if (rollout.metadata?.deletionTimestamp !== undefined) return {};
    const hash = hashOf(rollout);
    const sets = [...view.lister<ReplicaSet>(REPLICASETS).byIndex(BY_CONTROLLER, rollout.metadata?.uid ?? '')].filter(
      ({ metadata }) => metadata?.deletionTimestamp === undefined,
    );
    const fresh = sets.find((set) => setHash(set) === hash);
    if (fresh === undefined) return creation(rollout, hash, sets.length === 0, view);
    const pass = this.#pass(key, rollout, hash, sets, fresh, view);
    if (pass.status.currentHash !== hash) renew(pass);
    obey(pass);
    deadline(pass);
    const { canary, blueGreen } = rollout.spec.strategy;
    const measuring = blueGreen === undefined ? reconcileCanary(pass, canary ?? {}) : reconcileBlueGreen(pass, blueGreen);
    if (measuring !== undefined && pass.requests.length === 0)
      return { requests: measuring.requests, next: { name: 'measured', data: { pass: { ...pass, view: undefined }, measuring } } };
    pass.requests.push(...surplusSets(pass));
    return this.#plan(pass);
  }

  #pass(key: string, rollout: Rollout, hash: string, sets: readonly ReplicaSet[], fresh: ReplicaSet, view: View): Pass {
    const cached = rollout.status ?? {};
    const written = this.#written.get(key);
    const isNewer =
      written !== undefined && written.uid === rollout.metadata?.uid && (written.status.sequence ?? 0) > (cached.sequence ?? 0);
    const status = isNewer ? written.status : cached;
    const stable = status.stableHash === undefined ? undefined : sets.find((set) => setHash(set) === status.stableHash);
    return { key, rollout, hash, sets, fresh, stable, view, promote: undefined, status, requests: [], wake: Number.POSITIVE_INFINITY };
  }

  #plan(pass: Pass): Plan {
    const { rollout, requests, key } = pass;
    const status = { ...pass.status, ...counts(pass) };
    const before = rollout.status ?? {};
    const known = this.#written.get(key)?.status;
    if (
      !semanticEqual(withoutSequence(before), withoutSequence(status)) &&
      !(known !== undefined && semanticEqual(withoutSequence(known), withoutSequence(status)))
    ) {
      const next = { ...status, sequence: Math.max(before.sequence ?? 0, known?.sequence ?? 0) + 1 };
      this.#written.set(key, { uid: rollout.metadata?.uid, status: next });
      requests.push(statusPatch(rollout, next));
    }
    if (requests.length === 0) return { requeueAfter: wakeIn(pass) };
    return { requests, next: { name: 'done', data: { wake: wakeIn(pass) } } };
  }
}

function settle(outcomes: readonly Outcome<unknown>[], { wake }: { readonly wake: number | undefined }): Plan {
  for (const { code, error } of outcomes)
    if (code !== 404 && (code === 0 || code >= 300)) return { failed: error?.message ?? 'connection lost' };
  return { requeueAfter: wake };
}

function creation(rollout: Rollout, hash: string, isFirst: boolean, view: View): Plan {
  view.event(rollout, 'Normal', 'NewReplicaSetCreated', `Created ReplicaSet ${rollout.metadata?.name}-${hash}`);
  const replicas = isFirst ? (rollout.spec.replicas ?? 1) : 0;
  return { requests: [newReplicaSet(rollout, hash, replicas)], next: { name: 'done', data: { wake: undefined } } };
}

/** Another template: from the first step, whatever the last one came to. */
function renew(pass: Pass): void {
  const { hash, rollout } = pass;
  if (pass.status.currentHash !== undefined) say(pass, 'Normal', 'RolloutUpdated', `Rollout updated to revision ${hash}`);
  note(pass, {
    currentHash: hash,
    currentStepIndex: 0,
    pausedSince: undefined,
    analysis: undefined,
    isAborted: undefined,
    switchedAt: undefined,
    scaleDownAt: undefined,
    progress: undefined,
    selector: selectorText(rollout.spec.selector),
  });
}

/** What people ask for by annotations; each is taken away as it is obeyed. */
function obey(pass: Pass): void {
  const { annotations, namespace, name } = pass.rollout.metadata ?? {};
  const asked = (word: string): string | undefined => annotations?.[`${ANNOTATION}${word}`];
  const [promote, stop, retry] = [asked('promote'), asked('abort'), asked('retry')];
  if (promote === undefined && stop === undefined && retry === undefined) return;
  const body = {
    metadata: { annotations: { [`${ANNOTATION}promote`]: null, [`${ANNOTATION}abort`]: null, [`${ANNOTATION}retry`]: null } },
  };
  pass.requests.push({ verb: 'patch', resource: ROLLOUTS, namespace, name, patchType: 'merge', body, discardBody: true });
  if (retry !== undefined && pass.status.isAborted === true) renew(pass);
  if (promote !== undefined) pass.promote = promote === 'full' ? 'full' : 'step';
  if (stop !== undefined && pass.status.isAborted !== true && pass.status.stableHash !== pass.hash) abort(pass, 'by request');
}

/** progressDeadlineSeconds: nothing came forward for so long. */
function deadline(pass: Pass): void {
  const { rollout, status, fresh, view } = pass;
  const isWaiting = status.pausedSince !== undefined || status.isAborted === true || status.analysis?.phase === 'Running';
  const mark = `${pass.hash}/${status.currentStepIndex ?? 0}/${sizeOf(fresh)}/${availableOf(fresh)}`;
  if (status.progress?.mark !== mark || isWaiting) {
    if (status.progress?.mark !== mark) note(pass, { progress: { at: view.clock, mark } });
    return;
  }
  if (status.phase === 'Healthy') return;
  const seconds = rollout.spec.progressDeadlineSeconds ?? PROGRESS_DEADLINE_SECONDS;
  const at = status.progress.at + seconds * SECOND;
  if (at > view.clock) return wakeAt(pass, at);
  const message = `ReplicaSet ${fresh.metadata?.name} has timed out progressing`;
  if (rollout.spec.progressDeadlineAbort === true && status.stableHash !== undefined && status.stableHash !== pass.hash)
    abort(pass, message);
  else phase(pass, 'Degraded', `ProgressDeadlineExceeded: ${message}`);
}

function counts({ sets, fresh, rollout }: Pass): Partial<RolloutStatus> {
  const sum = (of: (set: ReplicaSet) => number | undefined): number => sets.reduce((total, set) => total + (of(set) ?? 0), 0);
  return {
    observedGeneration: rollout.metadata?.generation,
    replicas: sum(({ status }) => status?.replicas),
    readyReplicas: sum(({ status }) => status?.readyReplicas),
    availableReplicas: sum(({ status }) => status?.availableReplicas),
    updatedReplicas: fresh.status?.replicas ?? 0,
  };
}

/** revisionHistoryLimit: empty versions beyond it go, the oldest first. */
function surplusSets({ rollout, sets, fresh, stable }: Pass): readonly RequestSpec[] {
  const old = sets.filter((set) => set !== fresh && set !== stable && sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0);
  const surplus = old.length - (rollout.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return NONE;
  const byAge = [...old].sort((a, b) => ((a.metadata?.creationTimestamp ?? '') < (b.metadata?.creationTimestamp ?? '') ? -1 : 1));
  return byAge.slice(0, surplus).map(({ metadata }) => ({
    verb: 'delete',
    resource: REPLICASETS,
    namespace: metadata?.namespace,
    name: metadata?.name,
    discardBody: true,
  }));
}

const withoutSequence = (status: RolloutStatus): object => ({ ...status, sequence: undefined });

function statusPatch({ metadata }: Rollout, status: RolloutStatus): RequestSpec {
  const gone = Object.fromEntries(PASSING.filter((field) => status[field] === undefined).map((field) => [field, null]));
  return {
    verb: 'patch',
    resource: ROLLOUTS,
    subresource: 'status',
    namespace: metadata?.namespace,
    name: metadata?.name,
    patchType: 'merge',
    body: { status: { ...status, ...gone } },
    discardBody: true,
  };
}

function ownerKeys(event: InformerEvent, view: View): readonly string[] {
  const reference = controllerOf(event.object);
  if (reference?.kind !== 'Rollout' || reference.apiVersion !== ROLLOUT_API_VERSION) return NONE;
  const key = siblingKey(event.object.metadata, reference.name);
  return view.lister<Rollout>(ROLLOUTS).get(key)?.metadata?.uid === reference.uid ? [key] : NONE;
}
