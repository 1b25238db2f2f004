import { describe, expect, it } from 'vitest';
import type { Pod } from '#api';
import { ReplicaSetController } from '../../src/controllers/replicaset.ts';
import { podsToDelete } from '../../src/controllers/victim-ranking.ts';
import { createAt, deleteAt, lab, patchAt, podTemplate } from './lab.ts';
import { pureView } from './pure-view.ts';

const refusal = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, message: 'exceeded quota' } as const;

const set = (name: string, replicas: number, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name, namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: podTemplate(name), ...spec },
});

const bare = (name: string, app: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...podTemplate(app).metadata },
  spec: podTemplate(app).spec,
});

describe('ReplicaSet', () => {
  it('creates pods in batches of 1, 2, 4, ..., and stops at the first batch with a failure', () => {
    const controller = new ReplicaSetController();
    const owner = { ...set('web', 20), metadata: { name: 'web', namespace: 'default', uid: 'u', generation: 1 } };
    const view = pureView(controller, { 'replicasets.apps': [owner] });
    const sizes: number[] = [];
    let plan = controller.reconcile('default/web', view, undefined);
    while (plan.requests?.[0]?.verb === 'create') {
      sizes.push(plan.requests.length);
      expect(plan.expect).toEqual({ creations: plan.requests.length });
      const outcomes = plan.requests.map((request) => ({
        continuation: undefined,
        request,
        code: sizes.length < 4 ? 201 : 403,
        sentAt: 0,
        error: refusal,
      }));
      plan = controller.reconcile('default/web', view, { ...plan.next, name: plan.next?.name ?? '', outcomes });
    }
    expect(sizes).toEqual([1, 2, 4, 8]);
    expect(plan.failed).toBe('exceeded quota');
    expect(plan.requests?.[0]).toMatchObject({
      verb: 'update',
      subresource: 'status',
      body: { status: { conditions: [{ type: 'ReplicaFailure', reason: 'FailedCreate' }] } },
    });
    expect(view.events.filter((event) => event.startsWith('Warning'))).toHaveLength(8);
  });

  it('counts a pod as deleted that a list no longer shows, though it was never seen dying', () => {
    const controller = new ReplicaSetController();
    const owner = { metadata: { name: 'web', namespace: 'default', uid: 'u' }, spec: { replicas: 1 } };
    const view = pureView(controller, { 'replicasets.apps': [owner] });
    const gone = (metadata: object) => {
      const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true }];
      const pod = { metadata: { name: 'web-a', namespace: 'default', ownerReferences, ...metadata } } as Pod;
      return controller.watches[1]?.keys({ type: 'delete', key: 'default/web-a', object: pod, previous: pod }, view);
    };
    expect(gone({})).toEqual(['default/web']);
    expect(gone({ deletionTimestamp: '2026-01-01T00:00:00Z' })).toEqual([]);
  });

  it('gives all pods of a set one body, with the template shared', () => {
    const controller = new ReplicaSetController();
    const template = podTemplate('web');
    const owner = {
      metadata: { name: 'web', namespace: 'default', uid: 'u' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template },
    };
    const plan = controller.reconcile('default/web', pureView(controller, { 'replicasets.apps': [owner] }), undefined);
    expect(plan.requests?.[0]?.body).toMatchObject({
      metadata: { generateName: 'web-', ownerReferences: [{ uid: 'u', controller: true, blockOwnerDeletion: true }] },
    });
    expect((plan.requests?.[0]?.body as Pod | undefined)?.spec).toBe(template.spec);
  });

  it('waits while creations are expected', () => {
    const controller = new ReplicaSetController();
    const owner = { ...set('web', 20), metadata: { name: 'web', namespace: 'default', uid: 'u', generation: 1 } };
    const view = { ...pureView(controller, { 'replicasets.apps': [owner] }), satisfied: false };
    expect(controller.reconcile('default/web', view, undefined).requests?.map(({ verb }) => verb)).toEqual(['update']);
  });

  it('replaces a pod as soon as it begins to die, once', () => {
    const { farm } = lab(
      [createAt(1, 'replicasets.apps', set('web', 3)), patchAt(5, 'replicasets.apps', 'web', { metadata: { labels: { a: 'b' } } })],
      { seconds: 30 },
    );
    const [victim] = farm.list('pods');
    const after = lab([createAt(1, 'replicasets.apps', set('web', 3)), deleteAt(10, 'pods', victim.metadata.name)], { seconds: 30 });
    const added = after.farm.seen.filter(({ resource, type, at }) => resource === 'pods' && type === 'add' && at > 10);
    expect(added).toHaveLength(1);
    expect(added[0]?.at).toBeLessThan(10.1);
    expect(after.farm.list('pods')).toHaveLength(3);
  });

  it('adopts a matching orphan and deletes one pod too many', () => {
    const { farm } = lab([createAt(1, 'pods', bare('stray', 'web')), createAt(5, 'replicasets.apps', set('web', 1))]);
    const pods = farm.list('pods');
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['stray']);
    expect(pods[0].metadata.ownerReferences[0]).toMatchObject({ kind: 'ReplicaSet', name: 'web', controller: true });
  });

  it('lets go of a pod whose labels no longer match, and makes another', () => {
    const before = lab([createAt(1, 'replicasets.apps', set('web', 1))], { seconds: 20 });
    const name = before.farm.list('pods')[0].metadata.name as string;
    const { farm } = lab(
      [createAt(1, 'replicasets.apps', set('web', 1)), patchAt(10, 'pods', name, { metadata: { labels: { app: 'quarantine' } } })],
      { seconds: 20 },
    );
    const owners = new Map(farm.list('pods').map(({ metadata }) => [metadata.labels.app, (metadata.ownerReferences ?? []).length]));
    expect(owners).toEqual(
      new Map([
        ['quarantine', 0],
        ['web', 1],
      ]),
    );
  });

  it('counts a pod available only after minReadySeconds', () => {
    const { farm } = lab([createAt(1, 'replicasets.apps', set('web', 2, { minReadySeconds: 10 }))], { seconds: 30 });
    const availableAt = farm.seen.find(
      ({ resource, object }) =>
        resource === 'replicasets.apps' && (object as never as { status: { availableReplicas: number } }).status.availableReplicas === 2,
    )?.at;
    expect(availableAt).toBeGreaterThan(11);
    expect(availableAt).toBeLessThan(14);
  });
});

const MINUTE = 60_000_000;
const CLOCK = 1_767_225_600_000_000;
const time = (minutesAgo: number): string => new Date((CLOCK - minutesAgo * MINUTE) / 1000).toISOString().replace('.000', '');

const running = (
  name: string,
  more: {
    node?: string;
    phase?: 'Running' | 'Pending';
    ready?: boolean;
    readyFor?: number;
    cost?: string;
    restarts?: number;
    age?: number;
  } = {},
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    uid: name,
    creationTimestamp: time(more.age ?? 1000),
    annotations: more.cost === undefined ? undefined : { 'controller.kubernetes.io/pod-deletion-cost': more.cost },
  },
  spec: { nodeName: more.node ?? 'n1', containers: [] },
  status: {
    phase: more.phase ?? 'Running',
    conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True', lastTransitionTime: time(more.readyFor ?? 900) }],
    containerStatuses: [{ name: 'main', restartCount: more.restarts ?? 0, image: '', imageID: '', ready: true }],
  },
});

describe('victims, in the order of ActivePodsWithRanks', () => {
  const order = (pods: readonly Pod[], related: readonly Pod[] = pods): string[] => {
    const names: string[] = [];
    let left = pods;
    while (left.length > 1) {
      const [victim] = podsToDelete(left, related, 1, CLOCK);
      names.push(victim?.metadata?.name ?? '');
      left = left.filter((pod) => pod !== victim);
    }
    return [...names, left[0]?.metadata?.name ?? ''];
  };

  it.each([
    ['unassigned before assigned', [running('b'), running('a', { node: '' })]],
    ['pending before running', [running('b'), running('a', { phase: 'Pending' })]],
    ['unready before ready', [running('b'), running('a', { ready: false })]],
    ['lower deletion cost first', [running('b', { cost: '5' }), running('a', { cost: '-3' })]],
    ['doubled up on a node first', [running('c', { node: 'n2' }), running('a'), running('b')]],
    ['ready for less time first, by powers of two', [running('b', { readyFor: 500 }), running('a', { readyFor: 5 })]],
    ['more restarts first', [running('b'), running('a', { restarts: 4 })]],
    ['newer first', [running('b', { ready: true, age: 4000 }), running('a', { age: 2 })]],
  ])('%s', (_what, pods) => {
    expect(order(pods)[0]).toBe('a');
  });

  // b is ready since before c and a; c and a since one instant, where creation decides; ages of one power of two are decided by uid. So a goes before c by
  // creation, c before b and b before a by uid: a circle, of which an engine's own sort makes what it likes.
  it('goes its own way through an order that is not transitive', () => {
    const trio = [
      running('c-a', { readyFor: 600, age: 10 }),
      running('a-c', { readyFor: 600, age: 2000 }),
      running('b-b', { readyFor: 601, age: 2000 }),
    ];
    const first = (pods: readonly Pod[]): string => podsToDelete(pods, pods, 1, CLOCK)[0]?.metadata?.name ?? '';
    const [a, c, b] = trio as [Pod, Pod, Pod];
    expect([first([a, c]), first([c, b]), first([b, a])]).toEqual(['c-a', 'a-c', 'b-b']);
    expect([first([a, c, b]), first([b, c, a]), first([c, a, b])]).toEqual(['c-a', 'b-b', 'a-c']);
  });

  it('lets an invalid cost count as none', () => {
    expect(order([running('b', { cost: '1' }), running('a', { cost: '+0x1' }), running('c', { cost: '2' })])).toEqual(['a', 'b', 'c']);
  });

  it('counts neighbours of all ReplicaSets of the Deployment', () => {
    const mine = [running('a', { node: 'n1' }), running('b', { node: 'n2' })];
    const theirs = [running('x', { node: 'n2' }), running('y', { node: 'n2' })];
    expect(order(mine, [...mine, ...theirs])[0]).toBe('b');
  });
});
