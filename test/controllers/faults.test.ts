import { describe, expect, it } from 'vitest';
import type { Job, Pod, ReplicaSet } from '#api';
import { SECOND, type WorldChange } from '#sim';
import { createAt, deployment, finishedPods, job, lab, patchAt } from './lab.ts';

const script = [
  createAt(2, 'deployments.apps', deployment('web', 12)),
  createAt(2, 'jobs.batch', job('sum', { completions: 8, parallelism: 4 })),
  patchAt(25, 'deployments.apps', 'web', { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } }),
  patchAt(50, 'deployments.apps', 'web', { spec: { replicas: 7 } }),
];
const manager = { hosts: [4] };
const server = { hosts: [1] };

const FAULTS: readonly (readonly [string, readonly WorldChange[]])[] = [
  [
    'a manager cut off for 40 s',
    [
      { at: 3 * SECOND, change: 'partition', id: 'p', a: manager, b: server },
      { at: 43 * SECOND, change: 'heal', id: 'p' },
    ],
  ],
  [
    'a manager that hears nothing for a while',
    [
      { at: 26 * SECOND, change: 'partition', id: 'p', a: server, b: manager, oneWay: true },
      { at: 40 * SECOND, change: 'heal', id: 'p' },
    ],
  ],
  [
    'one message of ten lost in both directions',
    [
      { at: 2 * SECOND, change: 'link', id: 'l', from: manager, to: server, loss: 0.1 },
      { at: 2 * SECOND, change: 'link', id: 'm', from: server, to: manager, loss: 0.1 },
      { at: 60 * SECOND, change: 'heal', id: 'l' },
      { at: 60 * SECOND, change: 'heal', id: 'm' },
    ],
  ],
  [
    'a manager that crashes in the middle of a rollout',
    [
      { at: 25.05 * SECOND, change: 'crash', hosts: manager },
      { at: 35 * SECOND, change: 'restart', hosts: manager },
    ],
  ],
  [
    'an API server that crashes and comes back',
    [
      { at: 25.05 * SECOND, change: 'crash', hosts: server },
      { at: 30 * SECOND, change: 'restart', hosts: server },
    ],
  ],
  [
    'a manager that is paused and goes on',
    [
      { at: 25.05 * SECOND, change: 'pause', hosts: manager },
      { at: 40 * SECOND, change: 'resume', hosts: manager },
    ],
  ],
];

describe('controllers come to what was asked for, after', () => {
  it.each(FAULTS)('%s', (_what, changes) => {
    const { farm } = lab(script, { seconds: 600, changes });
    expect(farm.list('deployments.apps')[0].status).toMatchObject({
      replicas: 7,
      updatedReplicas: 7,
      availableReplicas: 7,
      observedGeneration: 3,
    });
    const sets: ReplicaSet[] = farm.list('replicasets.apps');
    expect(sets.map(({ spec }) => spec?.replicas ?? 0).filter((replicas) => replicas > 0)).toEqual([7]);
    // C1: as many live pods as wanted, each with one controller. C5: each completion counted once.
    const pods: Pod[] = farm.list('pods');
    expect(pods.filter(({ metadata }) => metadata?.labels?.app === 'web')).toHaveLength(7);
    expect(pods.every(({ metadata }) => metadata?.ownerReferences?.filter(({ controller }) => controller).length === 1)).toBe(true);
    const [sum] = farm.list('jobs.batch') as Job[];
    expect(finishedPods(sum as Job)).toEqual([8, 0]);
    expect(
      pods.filter(({ metadata }) => metadata?.labels?.app === 'sum').every(({ metadata }) => (metadata?.finalizers ?? []).length === 0),
    ).toBe(true);
    const names = new Set(
      farm.seen
        .filter(({ resource, type }) => resource === 'replicasets.apps' && type === 'add')
        .map(({ object }) => object.metadata?.name),
    );
    expect(names.size).toBeLessThanOrEqual(2);
  });

  it('gives the same run twice', () => {
    const changes = FAULTS[2]?.[1] as readonly WorldChange[];
    const [first, second, other] = [1, 1, 2].map((seed) => lab(script, { seconds: 120, changes, seed }).outcome.digest);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
  });
});
