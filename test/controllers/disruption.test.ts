import { describe, expect, it } from 'vitest';
import { type KubeObject, type Pod, rfc3339 } from '#api';
import { makeController } from '#controllers';
import { SECOND } from '#sim';
import { createAt, deployment, job, lab, podTemplate, type Step } from './lab.ts';
import { pureView } from './pure-view.ts';

const budget = (spec: object): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});
const BUDGETS = 'poddisruptionbudgets.policy';
const evict = (second: number, name: string): Step => [
  second,
  {
    verb: 'create',
    resource: 'pods',
    subresource: 'eviction',
    namespace: 'default',
    name,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' } },
  },
];

describe('PodDisruptionBudget', () => {
  it.each([
    [{ minAvailable: 3 }, { expectedPods: 5, desiredHealthy: 3, currentHealthy: 5, disruptionsAllowed: 2 }],
    [{ minAvailable: '50%' }, { expectedPods: 5, desiredHealthy: 3, currentHealthy: 5, disruptionsAllowed: 2 }],
    [{ maxUnavailable: 1 }, { expectedPods: 5, desiredHealthy: 4, currentHealthy: 5, disruptionsAllowed: 1 }],
    [{ maxUnavailable: '30%' }, { expectedPods: 5, desiredHealthy: 3, currentHealthy: 5, disruptionsAllowed: 2 }],
    [{ minAvailable: 9 }, { expectedPods: 5, desiredHealthy: 9, currentHealthy: 5, disruptionsAllowed: 0 }],
  ])('%o', (spec, status) => {
    const { farm } = lab([createAt(1, 'deployments.apps', deployment('web', 5)), createAt(2, BUDGETS, budget(spec))], { seconds: 20 });
    const [web] = farm.list(BUDGETS);
    expect(web.status).toMatchObject(status);
    expect(web.status.conditions[0]).toMatchObject({ reason: status.disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods' });
  });

  it('lets as many evictions through as the budget allows, and more when replacements are ready (invariant C9)', () => {
    const script = [createAt(1, 'deployments.apps', deployment('web', 3)), createAt(2, BUDGETS, budget({ maxUnavailable: 1 }))];
    const names = lab(script, { seconds: 20 })
      .farm.list('pods')
      .map(({ metadata }) => metadata.name as string);
    const { answers, farm } = lab(
      [...script, evict(10, names[0] as string), evict(10, names[1] as string), evict(30, names[1] as string)],
      { seconds: 45 },
    );
    expect(answers.slice(2).map(({ code }) => code)).toEqual([201, 429, 201]);
    expect(farm.list('deployments.apps')[0].status.availableReplicas).toBe(3);
  });

  it('leaves pods out that nobody controls, and says so', () => {
    const bare = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'bare', namespace: 'default', labels: { app: 'web' } },
      spec: podTemplate('web').spec,
    };
    const { farm } = lab([createAt(1, 'pods', bare), createAt(2, BUDGETS, budget({ maxUnavailable: 1 }))], { seconds: 15 });
    expect(farm.list(BUDGETS)[0].status).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0, currentHealthy: 1 });
    const event = farm.list('events').find(({ reason }) => reason === 'UnmanagedPods');
    expect(event.message).toContain(
      '(selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},})',
    );
  });

  it('allows nothing where a controller has no scale, and does not try again by itself', () => {
    const { farm } = lab(
      [createAt(1, 'jobs.batch', job('web', {}, { 'lab/run-seconds': '100' })), createAt(5, BUDGETS, budget({ maxUnavailable: 1 }))],
      { seconds: 30 },
    );
    expect(farm.list(BUDGETS)[0].status).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ reason: 'SyncFailed', message: 'jobs.batch does not implement the scale subresource' }],
    });
    // Once for the budget, once for the write of its status.
    expect(farm.list('events').find(({ reason }) => reason === 'CalculateExpectedPodCountFailed').count).toBe(2);
  });

  it('waits two minutes for a granted eviction, then complains of the pod', () => {
    const controller = makeController('disruption', {});
    const clock = 1_767_225_600_000_000;
    const named = (name: string, labels: object) => ({ name, namespace: 'default', uid: name, labels }) as never;
    const pods = ['old', 'young'].map((name): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: named(name, { app: 'web' }) }));
    const disruptedPods = { old: rfc3339(clock - 121 * SECOND), young: rfc3339(clock - 20 * SECOND) };
    const one = { ...budget({ minAvailable: 1 }), status: { disruptedPods } } as KubeObject;
    const view = pureView(controller, { [BUDGETS]: [one], pods }, clock);
    const plan = controller.reconcile('default/web', view, undefined);
    expect(plan.requeueAfter).toBe(100 * SECOND);
    expect(plan.requests?.[0]?.body).toMatchObject({ status: { disruptedPods: { young: disruptedPods.young } } });
    expect(view.events).toEqual(["Warning NotDeleted Pod was expected by PDB default/default to be deleted but it wasn't"]);
  });

  it('asks the /scale of custom resources, and tells those apart that have none', () => {
    const controller = makeController('disruption', {});
    const reference = { apiVersion: 'example.com/v1', kind: 'Database', name: 'db', uid: 'u', controller: true, blockOwnerDeletion: true };
    const pods = ['a', 'b'].map((name): Pod => {
      const metadata = { name, namespace: 'default', uid: name, labels: { app: 'web' }, ownerReferences: [reference] };
      return { apiVersion: 'v1', kind: 'Pod', metadata, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    });
    const definition = (subresources: object): KubeObject =>
      ({
        metadata: { name: 'databases.example.com' },
        spec: { group: 'example.com', names: { kind: 'Database', plural: 'databases' }, versions: [{ name: 'v1', subresources }] },
      }) as never;
    const scale = { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } };
    const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
    const half = budget({ minAvailable: '50%' }) as KubeObject;
    const view = pureView(controller, { [BUDGETS]: [half], pods, [DEFINITIONS]: [definition(scale)] });
    const plan = controller.reconcile('default/web', view, undefined);
    const [asked] = plan.requests ?? [];
    expect(asked).toMatchObject({ verb: 'get', resource: 'databases.example.com', subresource: 'scale', name: 'db', namespace: 'default' });
    const answer = (code: number, object: object): unknown => {
      const outcomes = [{ request: asked, code, object, continuation: undefined, sentAt: 0 }] as never;
      return controller.reconcile('default/web', view, { ...plan.next, outcomes } as never).requests?.[0]?.body;
    };
    expect(answer(200, { metadata: { name: 'db', uid: 'u' }, spec: { replicas: 4 } })).toMatchObject({
      status: { expectedPods: 4, desiredHealthy: 2, currentHealthy: 2, disruptionsAllowed: 0 },
    });
    expect(answer(404, {})).toMatchObject({ status: { conditions: [{ message: 'found no controllers for pod "a"' }] } });
    const without = pureView(controller, { [BUDGETS]: [half], pods, [DEFINITIONS]: [definition({})] });
    expect(controller.reconcile('default/web', without, undefined).requests?.[0]?.body).toMatchObject({
      status: { conditions: [{ message: 'databases.example.com does not implement the scale subresource' }] },
    });
  });

  it('takes the condition DisruptionTarget back from a pod that nobody deleted within two minutes', () => {
    const target = (reason: string) => ({
      status: { conditions: [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: rfc3339(1_767_225_610_000_000) }] },
    });
    const bare = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: podTemplate('web').spec,
    });
    const mark = (name: string, reason: string): Step => [
      10,
      { verb: 'patch', resource: 'pods', subresource: 'status', namespace: 'default', name, patchType: 'strategic', body: target(reason) },
    ];
    const { farm } = lab(
      [
        createAt(1, 'pods', bare('a')),
        createAt(1, 'pods', bare('b')),
        mark('a', 'DeletionByTaintManager'),
        mark('b', 'TerminationByKubelet'),
      ],
      { seconds: 140 },
    );
    const course = (name: string): (readonly [number, string])[] =>
      farm.seen
        .filter(({ resource, object }) => resource === 'pods' && object.metadata?.name === name)
        .map(({ at, object }) => {
          const found = (object as Pod).status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
          return [Math.round(at), found?.status ?? 'none'] as const;
        })
        .filter(([, status], i, all) => status !== all[i - 1]?.[1]);
    expect(course('a').slice(1)).toEqual([
      [10, 'True'],
      [130, 'False'],
    ]);
    expect(
      course('b')
        .slice(1)
        .map(([, status]) => status),
    ).toEqual(['True']);
  });
});
