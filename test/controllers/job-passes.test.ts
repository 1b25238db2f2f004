/** Situations of kubernetes v1.34 pkg/controller/job/job_controller_test.go that a running cluster meets rarely: one pass at a time, over given objects. */

import { describe, expect, it } from 'vitest';
import type { Job, KubeObject, Pod } from '#api';
import { rfc3339 } from '#api';
import type { Outcome, Plan, RequestSpec } from '#client';
import { makeController } from '#controllers';
import { SECOND } from '#sim';
import { type PureView, pureView } from './pure-view.ts';

const NOW = 1_767_225_600_000_000;
const FINALIZER = 'batch.kubernetes.io/job-tracking';

function jobOf(spec: object, status: object = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'sum', namespace: 'default', uid: 'j1', generation: 1, creationTimestamp: rfc3339(NOW) },
    spec: {
      parallelism: 2,
      completions: 4,
      backoffLimit: 6,
      selector: { matchLabels: { job: 'sum' } },
      template: { spec: { containers: [] } },
      ...spec,
    },
    status: { startTime: rfc3339(NOW - 60 * SECOND), ...status },
  } as unknown as Job;
}

function podOf(
  name: string,
  phase: string,
  more: { ready?: boolean; owner?: string | null; finalizers?: string[]; index?: number } = {},
): Pod {
  const { ready = false, owner = 'j1', finalizers = [FINALIZER], index } = more;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      labels: { job: 'sum' },
      finalizers,
      creationTimestamp: rfc3339(NOW - 50 * SECOND),
      ...(index === undefined ? {} : { annotations: { 'batch.kubernetes.io/job-completion-index': String(index) } }),
      ...(owner === null ? {} : { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'sum', uid: owner, controller: true }] }),
    },
    spec: { containers: [] },
    status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: rfc3339(NOW - 2 * SECOND) }] },
  } as unknown as Pod;
}

type Answerer = (request: RequestSpec) => { code: number; object?: KubeObject; error?: object };

/** Runs one pass to its end, with the API server's answers; what it sent, in order. */
function pass(job: Job, pods: readonly Pod[], answer: Answerer = (request) => ({ code: 200, object: request.body as KubeObject })) {
  const controller = makeController('job', {});
  const view: PureView = pureView(controller, { 'jobs.batch': [job], pods }, NOW);
  const sent: RequestSpec[] = [];
  let plan: Plan = controller.reconcile('default/sum', view, undefined);
  for (let guard = 0; guard < 20; guard++) {
    const requests = plan.requests ?? [];
    sent.push(...requests);
    if (plan.next === undefined) break;
    const outcomes = requests.map(
      (request) => ({ request, continuation: undefined, sentAt: 0, ...answer(request) }) as unknown as Outcome<unknown>,
    );
    plan = controller.reconcile('default/sum', view, { ...plan.next, outcomes });
  }
  const statuses = sent
    .filter(({ subresource }) => subresource === 'status')
    .map(({ body }) => (body as Job).status as NonNullable<Job['status']>);
  return { sent, statuses, view, failed: plan.failed };
}

const typesOf = (status: { conditions?: readonly { type: string }[] } | undefined) => (status?.conditions ?? []).map(({ type }) => type);

describe('one pass over a Job', () => {
  it('shows nobody active while the back-off holds a new pod up, though another runs', () => {
    const { statuses, view } = pass(jobOf({}), [podOf('a', 'Failed'), podOf('b', 'Running', { ready: true })]);
    expect(statuses.at(-1)).toMatchObject({ active: undefined, ready: 1, failed: 1 });
    expect(view.enqueued.at(-1)?.[1]).toBeGreaterThan(7 * SECOND);
  });

  it('keeps the start time of a Job that is suspended, lets go of its pods and deletes them', () => {
    const { statuses, sent, view } = pass(jobOf({ suspend: true }), [podOf('a', 'Running', { ready: true }), podOf('b', 'Pending')]);
    expect(statuses.at(-1)).toMatchObject({ active: undefined, ready: 0, terminating: 2, startTime: rfc3339(NOW - 60 * SECOND) });
    expect(typesOf(statuses.at(-1))).toEqual(['Suspended']);
    expect(sent.map(({ verb, subresource }) => subresource ?? verb)).toEqual(['patch', 'delete', 'patch', 'delete', 'status']);
    expect(view.events).toContain('Normal Suspended Job suspended');
  });

  it('completes a suspended Job whose pods have all succeeded', () => {
    const { statuses } = pass(jobOf({ suspend: true, completions: 2 }, { succeeded: 2 }), []);
    expect(typesOf(statuses.at(-1))).toEqual(['SuccessCriteriaMet', 'Complete']);
  });

  it('says that it meets its end in a write of its own before it ends', () => {
    const { statuses } = pass(jobOf({ completions: 0 }), []);
    expect(statuses.map(typesOf)).toEqual([['SuccessCriteriaMet'], ['SuccessCriteriaMet', 'Complete']]);
  });

  it('announces its end only when the API server has it', () => {
    const refuse: Answerer = (request) =>
      request.subresource === 'status'
        ? { code: 409, error: { message: 'changed meanwhile' } }
        : { code: 200, object: request.body as KubeObject };
    const done = jobOf(
      { completions: 2 },
      { succeeded: 2, conditions: [{ type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached' }] },
    );
    expect(pass(done, [], refuse)).toMatchObject({ failed: 'changed meanwhile', view: { events: [] } });
    const { view } = pass(done, []);
    expect(view.events).toEqual(['Normal Completed Job completed']);
    expect(view.counted).toContain('job_controller_jobs_finished_total NonIndexed succeeded CompletionsReached 1');
  });

  it('says nothing of pods that are refused because their namespace goes', () => {
    const refuse: Answerer = (request) =>
      request.verb === 'create'
        ? { code: 403, error: { message: 'forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } } }
        : { code: 200, object: request.body as KubeObject };
    expect(pass(jobOf({}), [], refuse)).toMatchObject({ failed: undefined, view: { events: [] } });
  });

  it('says which pod it could not delete, and does not end before it could', () => {
    const refuse: Answerer = (request) =>
      request.verb === 'delete' ? { code: 500, error: { message: 'no' } } : { code: 200, object: request.body as KubeObject };
    const { view, statuses, failed } = pass(jobOf({ backoffLimit: 0 }), [podOf('a', 'Failed'), podOf('b', 'Running')], refuse);
    expect(view.events).toEqual(['Warning FailedDelete Error deleting: no']);
    expect([failed, statuses.flatMap(typesOf)]).toEqual(['no', []]);
  });

  it('adopts a matching orphan, finished or not, with the finalizer that counts it', () => {
    const { sent } = pass(jobOf({ manualSelector: true }), [podOf('a', 'Succeeded', { owner: null, finalizers: [] })]);
    expect(sent[0]).toMatchObject({
      verb: 'patch',
      name: 'a',
      body: { metadata: { finalizers: [FINALIZER], ownerReferences: [{ uid: 'j1' }] } },
    });
  });

  it('lets go of 500 succeeded indexes a pass', () => {
    const pods = Array.from({ length: 600 }, (_, index) => podOf(`p${index}`, 'Succeeded', { index }));
    const { sent, statuses } = pass(jobOf({ completionMode: 'Indexed', completions: 600, parallelism: 600 }), pods);
    expect(sent.filter(({ verb }) => verb === 'patch')).toHaveLength(500);
    expect(statuses[0]).toMatchObject({ completedIndexes: '0-599', succeeded: 600 });
    expect(typesOf(statuses.at(-1))).not.toContain('Complete');
  });

  it('counts what it did under the names of kube-controller-manager', () => {
    const policy = { podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'Ready', status: 'False' }] }] } };
    const { view } = pass(jobOf(policy), [podOf('a', 'Failed'), podOf('b', 'Succeeded')]);
    expect(view.counted).toEqual(
      expect.arrayContaining([
        'job_controller_job_pods_finished_total NonIndexed succeeded 1',
        'job_controller_pod_failures_handled_by_failure_policy_total Ignore 1',
        'job_controller_job_syncs_total NonIndexed success pods_created 1',
      ]),
    );
  });
});

describe('who hears of a pod', () => {
  const controller = makeController('job', {});
  const keysOf = (event: object, job = jobOf({ manualSelector: true })): readonly string[] => {
    const view = pureView(controller, { 'jobs.batch': [job] }, NOW);
    return controller.watches[1]?.keys(event as never, view) ?? [];
  };

  it('wakes the Job of one that a list no longer shows, though its finalizer was never seen taken off', () => {
    const gone = podOf('a', 'Succeeded');
    const dying = { ...gone, metadata: { ...gone.metadata, deletionTimestamp: rfc3339(NOW) } };
    const free = { ...dying, metadata: { ...dying.metadata, finalizers: [] } };
    const of = (object: object) => keysOf({ type: 'delete', key: 'default/a', object, previous: object });
    expect([of(gone), of(dying), of(free)]).toEqual([['default/sum'], ['default/sum'], []]);
  });

  it('wakes a Job that may adopt it, once, when it comes or changes its labels', () => {
    const orphan = podOf('a', 'Running', { owner: null });
    const event = { key: 'default/a', object: orphan };
    expect(keysOf({ ...event, type: 'add' })).toEqual(['default/sum']);
    expect(keysOf({ ...event, type: 'update', previous: orphan })).toEqual([]);
    expect(keysOf({ ...event, type: 'update', previous: { ...orphan, metadata: { ...orphan.metadata, labels: {} } } })).toEqual([
      'default/sum',
    ]);
    expect(keysOf({ ...event, type: 'add', object: { ...orphan, metadata: { ...orphan.metadata, labels: { job: 'x' } } } })).toEqual([]);
  });
});
