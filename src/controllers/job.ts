/** Runs a Job's pods to completion. Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go: parallelism and completions, Indexed mode, back-off limit and
 *  delay (whole or for each index), deadline, suspend, pod failure and success policies, pod replacement policy, managedBy, tracking by finalizer. */

import type { Job, OwnerReference, Pod } from '#api';
import { rfc3339 } from '#api';
import type { Controller, InformerEvent, Outcome, Plan, RequestSpec, Stage, View, WatchSpec } from '#client';
import type { Duration } from '#sim';
import { MINUTE, SECOND } from '#sim';
import { claim } from './claim.ts';
import type { Backoff } from './job-backoff.ts';
import { backoffLeft } from './job-backoff.ts';
import { failureAnnotations, hasLimitPerIndex, readyIndexes } from './job-index-failures.ts';
import { completionIndex, indexedBody, pendingIndexes } from './job-indexes.ts';
import { adopters, BATCH_PERIOD, BY_SELECTOR, bySelector, countHeld, JOBS, jobKeys, ownerKey } from './job-keys.ts';
import { countCreations, countFinished, countPods, countPolicyActions, countSync } from './job-metrics.ts';
import { hasTrackingFinalizer, OWN_NAME, onlyReplacesFailed, TRACKING_FINALIZER } from './job-pods.ts';
import { surplusOf } from './job-removal.ts';
import { baseStatus, countReady, statusWrite } from './job-status.ts';
import type { Pass } from './job-survey.ts';
import { survey } from './job-survey.ts';
import type { JobStatus } from './job-tracking.ts';
import { countWhere, hasUncounted, orphanPlan, releasePatch, track } from './job-tracking.ts';
import type { JobCondition } from './job-verdict.ts';
import { completion, countTerminating, ensureCondition, isFinished } from './job-verdict.ts';
import { BY_CONTROLLER, byController, controllerOf, controllerReference, ORPHANS, orphansByLabel, siblingKey } from './owner-references.ts';
import { isNamespaceTerminating, isPodTerminal, isSameToOwner } from './pod-state.ts';
import { PodTally } from './pod-tally.ts';
import { podFromTemplate } from './pod-template.ts';
import { semanticEqual } from './semantic-equal.ts';

/** MaxPodCreateDeletePerSync. */
const BURST = 500;
/** Marks keys of pods whose Job is gone: their finalizer must not keep them. */
const ORPHAN = '!';
const NONE: readonly never[] = [];

export class JobController implements Controller {
  readonly name = 'job';
  readonly workers: number;
  /** DefaultJobApiBackOff and MaxJobApiBackOff. */
  readonly retries = { base: SECOND, max: MINUTE, isUnbounded: true };
  readonly watches: readonly WatchSpec[];
  // uids whose finalizer this controller removed and whose removal the cache has yet to show, by Job.
  readonly #released = new Map<string, Set<string>>();
  // Jobs that this controller has called finished while the cache does not show it, by key.
  readonly #ended = new Map<string, string>();
  readonly #backoffs = new Map<string, Backoff>();
  readonly #tally = new PodTally();
  readonly #bodies = new WeakMap<object, { uid: string; references: readonly OwnerReference[]; body: Pod }>();

  constructor(workers = 5) {
    this.workers = workers;
    this.watches = [
      { resource: JOBS, keys: jobKeys, indexes: { [BY_SELECTOR]: bySelector } },
      {
        resource: 'pods',
        dependents: true,
        delay: BATCH_PERIOD,
        keys: (event, view) => {
          this.#tally.observe(event);
          return this.#podKeys(event, view);
        },
        indexes: { [BY_CONTROLLER]: byController, [ORPHANS]: orphansByLabel },
      },
    ];
  }

  #podKeys(event: InformerEvent, view: View): readonly string[] {
    const pod = event.object as Pod;
    const owner = ownerKey(pod, view);
    if (owner === undefined) return controllerOf(pod) === undefined ? adopters(event, view) : NONE;
    // With OnFailure the kubelet's restarts count too.
    if (pod.spec?.restartPolicy !== 'OnFailure' && isSameToOwner(event)) return NONE;
    countHeld(event, view);
    if (event.type === 'delete' || !hasTrackingFinalizer(pod)) this.#seenReleased(owner.key, pod.metadata?.uid ?? '');
    if (owner.isThere) return [owner.key];
    return event.type !== 'delete' && hasTrackingFinalizer(pod) ? [`${ORPHAN}${event.key}`] : NONE;
  }

  #seenReleased(key: string, uid: string): void {
    const released = this.#released.get(key);
    if (released?.delete(uid) === true && released.size === 0) this.#released.delete(key);
  }

  reconcile(key: string, view: View, stage: Stage | undefined): Plan {
    const outcomes = stage?.outcomes ?? NONE;
    switch (stage?.name) {
      case 'created':
        return this.#created(stage.data as Pass, outcomes, view);
      case 'deleted':
        return this.#deleted(stage.data as Pass, outcomes, view);
      case 'flushed':
        return this.#flushed(stage.data as Pass, outcomes, view);
      case 'released':
        return this.#releasedPods(stage.data as Pass & { status: JobStatus; isFull: boolean }, outcomes, view);
      case 'written':
        return this.#written(stage.data as Pass & { status: JobStatus; isDone: boolean }, outcomes, view);
      default:
        return key.startsWith(ORPHAN) ? orphanPlan(key.slice(1), view) : this.#sync(key, view);
    }
  }

  #sync(key: string, view: View): Plan {
    const job = view.lister<Job>(JOBS).get(key);
    if (job === undefined) {
      this.#released.delete(key);
      this.#backoffs.delete(key);
      this.#ended.delete(key);
      return {};
    }
    if ((job.spec?.managedBy ?? OWN_NAME) !== OWN_NAME) return {};
    if (isFinished(job)) {
      this.#backoffs.delete(key);
      this.#ended.delete(key);
      return this.#cleanUp(key, job, view);
    }
    if (this.#ended.get(key) === job.metadata?.uid) return {};
    const reference = (): OwnerReference => controllerReference('batch/v1', 'Job', job);
    const { claimed: pods, requests } = claim('pods', view.lister<Pod>('pods'), job, job.spec?.selector, reference, () => true, [
      TRACKING_FINALIZER,
    ]);
    if (requests.length > 0) return { requests };
    const pass = survey(key, job, pods, this.#released.get(key), this.#backoffs.get(key), view.clock, view.now);
    if (pass.isEnding) {
      // Pods may be on their way that the cache does not show: not over yet.
      if (!view.satisfied) pass.finished = undefined;
      return pass.active.length > 0 ? this.#delete(pass, pass.active) : this.#track(pass, view);
    }
    if (!view.satisfied || job.metadata?.deletionTimestamp !== undefined) return this.#track(pass, view);
    pass.isManaged = true;
    pass.action = 'tracking';
    return this.#manage(pass, view);
  }

  /** cleanupPodFinalizers: whatever a finished Job's pods still carry. */
  #cleanUp(key: string, job: Job, view: View): Plan {
    const requests: RequestSpec[] = [];
    for (const pod of view.lister<Pod>('pods').byIndex(BY_CONTROLLER, job.metadata?.uid ?? '')) {
      if (hasTrackingFinalizer(pod) && this.#released.get(key)?.has(pod.metadata?.uid ?? '') !== true) requests.push(releasePatch(pod));
    }
    return { requests };
  }

  /** manageJob. */
  #manage(pass: Pass, view: View): Plan {
    const { job, active, succeeded } = pass;
    if (job.spec?.suspend === true) return active.length > 0 ? this.#delete(pass, active, true) : this.#track(pass, view);
    const parallelism = job.spec?.parallelism ?? 1;
    const { completions } = job.spec ?? {};
    let wanted = completions === undefined ? (succeeded > 0 ? active.length : parallelism) : Math.min(completions - succeeded, parallelism);
    wanted = Math.max(0, wanted);
    const victims = surplusOf(job, active, Math.max(0, active.length - wanted), view.clock);
    if (victims.length > 0) return this.#delete(pass, victims.slice(0, BURST), true);
    const terminating = onlyReplacesFailed(job) ? countTerminating(pass.pods) : 0;
    const missing = Math.min(wanted - terminating - active.length, BURST);
    if (missing <= 0) return this.#track(pass, view);
    const { toCreate, wait } = this.#whatToCreate(pass, missing, view.clock);
    pass.action = 'pods_created';
    if (wait > 0) {
      view.enqueue(pass.key, Math.max(wait, BATCH_PERIOD));
      // Upstream's word for a pass that may not create yet: the status shows nobody active until the back-off is over.
      pass.activeCount = 0;
    }
    pass.toCreate = toCreate;
    return toCreate.length > 0 ? this.#createBatch(pass) : this.#track(pass, view);
  }

  #whatToCreate(
    { job, pods, active, indexes, failedIndexes, delayed, backoff }: Pass,
    missing: number,
    clock: number,
  ): { readonly toCreate: readonly (number | undefined)[]; readonly wait: Duration } {
    const wait = hasLimitPerIndex(job) ? 0 : backoffLeft(backoff, clock);
    if (wait > 0) return { toCreate: NONE, wait };
    if (indexes === undefined) return { toCreate: new Array<undefined>(missing).fill(undefined), wait };
    const taken = new Set(indexes);
    for (const pod of active) taken.add(completionIndex(pod));
    if (onlyReplacesFailed(job)) for (const pod of pods) if (isTerminatingPod(pod)) taken.add(completionIndex(pod));
    for (const index of failedIndexes ?? NONE) taken.add(index);
    const pending = pendingIndexes(missing, job.spec?.completions ?? 0, taken);
    if (delayed === undefined) return { toCreate: pending, wait };
    const ready = readyIndexes(pending, delayed, clock);
    return { toCreate: ready.now, wait: ready.wait };
  }

  #createBatch(pass: Pass): Plan {
    const now = pass.toCreate.slice(0, pass.batch);
    pass.toCreate = pass.toCreate.slice(now.length);
    pass.batch *= 2;
    const body = this.#bodyOf(pass.job);
    const { namespace, name = '' } = pass.job.metadata ?? {};
    const requests = now.map(
      (index): RequestSpec => ({
        verb: 'create',
        resource: 'pods',
        namespace,
        body: index === undefined ? body : indexedBody(body, name, index, inherited(pass, index)),
        discardBody: true,
      }),
    );
    return { requests, expect: { creations: now.length }, next: { name: 'created', data: pass } };
  }

  #bodyOf(job: Job): Pod {
    const template = job.spec?.template ?? {};
    const { uid = '', name = '', namespace } = job.metadata ?? {};
    const known = this.#bodies.get(template);
    if (known !== undefined && known.uid === uid) return known.body;
    const references = [controllerReference('batch/v1', 'Job', job)];
    const finalizers = [...(template.metadata?.finalizers ?? []), TRACKING_FINALIZER];
    const body = podFromTemplate({ ...template, metadata: { ...template.metadata, finalizers } }, { name, namespace }, references);
    this.#bodies.set(template, { uid, references, body });
    return body;
  }

  #created(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    let made = 0;
    for (const outcome of outcomes) {
      const { code, object, error } = outcome;
      if (code === 200 || code === 201) {
        pass.activeCount++;
        view.event(pass.job, 'Normal', 'SuccessfulCreate', `Created pod: ${object?.metadata?.name ?? ''}`);
        made++;
      } else if (isNamespaceTerminating(outcome)) {
        pass.activeCount++;
      } else {
        const message = error?.message ?? 'connection lost';
        pass.failure ??= message;
        view.event(pass.job, 'Warning', 'FailedCreate', `Error creating: ${message}`);
      }
    }
    countCreations(view, pass.job, pass.failed, countTerminating(pass.pods), made, outcomes.length - made);
    return pass.failure === undefined && pass.toCreate.length > 0 ? this.#createBatch(pass) : this.#track(pass, view);
  }

  /** `isUncounted`: deleteJobPods, which lets go of the finalizer first, so that the pod is no failure. */
  #delete(pass: Pass, victims: readonly Pod[], isUncounted = false): Plan {
    const requests: RequestSpec[] = [];
    const deletions: string[] = [];
    if (isUncounted) pass.action = 'pods_deleted';
    if (isUncounted) this.#letGo(pass.key, victims);
    for (const victim of victims) {
      const { metadata } = victim;
      if (isUncounted && hasTrackingFinalizer(victim)) requests.push(releasePatch(victim));
      requests.push({ verb: 'delete', resource: 'pods', namespace: metadata?.namespace, name: metadata?.name, discardBody: true });
      deletions.push(siblingKey(metadata, metadata?.name ?? ''));
    }
    return { requests, expect: { deletions }, next: { name: 'deleted', data: pass } };
  }

  #deleted(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    for (const { code, request, error } of outcomes) {
      if (request.verb === 'patch') {
        if (code !== 200 && code !== 404) this.#seenReleased(pass.key, (request.body as { metadata: { uid: string } }).metadata.uid);
      } else if (code === 200 || code === 202 || code === 404) {
        pass.activeCount--;
        if (code !== 404) pass.deletedCount++;
        (pass.deleted ??= new Set()).add(request.name ?? '');
        if (code !== 404) view.event(pass.job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${request.name}`);
      } else {
        const message = error?.message ?? 'connection lost';
        view.event(pass.job, 'Warning', 'FailedDelete', `Error deleting: ${message}`);
        pass.failure ??= message;
        pass.finished = undefined;
      }
    }
    return this.#track(pass, view);
  }

  /** First write: uids to be counted, interim conditions, counts of active pods. */
  #track(base: Pass, view: View): Plan {
    const { job, pods, indexes, failedIndexes, delayed } = base;
    const pass: Pass =
      !base.isEnding && base.failure === undefined
        ? { ...base, finished: completion(job, base.succeeded, base.activeCount, view.clock) }
        : base;
    const tally = pass.deleted === undefined ? this.#tally.of(job.metadata?.uid ?? '', pods.length) : undefined;
    const counts = baseStatus(pass, tally?.ready ?? countReady(pass), view);
    const { status, release, isFull, byAction } = track(job, counts, pods, {
      released: this.#released.get(pass.key) ?? EMPTY,
      succeededIndexes: indexes,
      failedIndexes,
      delayed,
      ending: pass.finished?.type as 'Failed' | 'Complete' | undefined,
    });
    const data = { ...pass, release, isFull, status, byAction };
    const isSame = semanticEqual(job.status, status);
    // With nothing to release, what would be the second write is the first, unless that second one would end the Job.
    if (release.length === 0 && (isSame || pass.finished === undefined)) return this.#finish({ ...data, job }, view);
    if (isSame) return this.#release({ ...data, status }, view);
    return { requests: [statusWrite(job, status)], next: { name: 'flushed', data } };
  }

  #flushed(pass: Pass, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const outcome = outcomes[0];
    if (outcome === undefined || outcome.code !== 200) {
      countSync(view, pass.job, pass.action, false, pass.startedAt);
      return { failed: outcome?.error?.message ?? 'connection lost' };
    }
    const job = outcome.object as Job;
    countPods(view, job, pass.job.status, job.status ?? {});
    if (pass.backoff !== undefined) this.#backoffs.set(pass.key, pass.backoff);
    const data = pass as Pass & { release: readonly Pod[]; isFull: boolean };
    return this.#release({ ...data, job, status: job.status ?? {} }, view);
  }

  #release(pass: Pass & { release: readonly Pod[]; status: JobStatus; isFull: boolean }, view: View): Plan {
    countPolicyActions(view, pass.byAction);
    this.#letGo(pass.key, pass.release);
    return { requests: pass.release.map(releasePatch), next: { name: 'released', data: pass } };
  }

  #letGo(key: string, pods: readonly Pod[]): void {
    let released = this.#released.get(key);
    if (released === undefined) this.#released.set(key, (released = new Set()));
    for (const pod of pods) if (hasTrackingFinalizer(pod)) released.add(pod.metadata?.uid ?? '');
  }

  /** Second write: what lost its finalizer is counted; when nothing is left uncounted the Job may finish. */
  #releasedPods(pass: Pass & { status: JobStatus; isFull: boolean }, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const done = new Set<string>();
    for (const { code, request, error } of outcomes) {
      const uid = (request.body as { metadata: { uid: string } }).metadata.uid;
      // A pod that is gone or was made anew under its name is past counting too.
      if (code === 200 || code === 404 || code === 409) done.add(uid);
      else {
        this.#seenReleased(pass.key, uid);
        pass.failure ??= error?.message ?? 'connection lost';
      }
    }
    return this.#finish({ ...pass, status: countWhere(pass.status, (uid) => done.has(uid)) }, view);
  }

  /** enactJobFinished, and the last write. */
  #finish(pass: Pass & { status: JobStatus; isFull: boolean }, view: View): Plan {
    const { job, finished, failure: failed } = pass;
    let { status } = pass;
    const isDone =
      finished !== undefined && !pass.isFull && !hasUncounted(status) && (status.active ?? 0) === 0 && (status.terminating ?? 0) === 0;
    if (isDone) {
      const now = rfc3339(view.clock);
      const last = { ...finished, lastProbeTime: now, lastTransitionTime: now } as JobCondition;
      status = { ...status, conditions: [...ensureCondition((status.conditions ?? NONE) as readonly JobCondition[], last)] };
      if (finished.type === 'Complete') status = { ...status, completionTime: now };
    }
    const requeueAfter = isDone ? undefined : pass.deadlineIn;
    if (semanticEqual(job.status, status)) {
      countSync(view, job, pass.action, failed === undefined, pass.startedAt);
      return { failed, requeueAfter };
    }
    return { requests: [statusWrite(job, status)], next: { name: 'written', data: { ...pass, status, isDone } } };
  }

  /** recordJobFinished, once the API server has the last write. */
  #written(pass: Pass & { status: JobStatus; isDone: boolean }, outcomes: readonly Outcome<unknown>[], view: View): Plan {
    const { job, finished, status, isDone } = pass;
    const outcome = outcomes[0];
    const failed = outcome?.code === 200 ? pass.failure : (outcome?.error?.message ?? 'connection lost');
    countSync(view, job, pass.action, failed === undefined, pass.startedAt);
    if (outcome?.code !== 200) return { failed };
    countPods(view, job, job.status, status);
    if (isDone && finished !== undefined) {
      this.#ended.set(pass.key, job.metadata?.uid ?? '');
      countFinished(view, job, finished);
      if (finished.type !== 'Complete') view.event(job, 'Warning', finished.reason ?? '', finished.message ?? '');
      else {
        if (job.spec?.completions !== undefined && (status.succeeded ?? 0) > job.spec.completions)
          view.event(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
        view.event(job, 'Normal', 'Completed', 'Job completed');
      }
    }
    return { failed, requeueAfter: isDone ? undefined : pass.deadlineIn };
  }
}

const EMPTY: ReadonlySet<string> = new Set();

const isTerminatingPod = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined && !isPodTerminal(pod);

/** What the pod of an index inherits from the failed one before it. */
const inherited = ({ job, delayed }: Pass, index: number): Readonly<Record<string, string>> | undefined =>
  delayed === undefined ? undefined : failureAnnotations(job, delayed.get(index));
