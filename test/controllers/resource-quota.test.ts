import { describe, expect, it } from 'vitest';
import { createAt, deleteAt, job, lab, patchAt } from './lab.ts';

const quota = (hard: object, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard, ...spec },
});
const map = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } });
const pod = (name: string, annotations: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', annotations },
  spec: { containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: '250m', memory: '64Mi' } } }] },
});

describe('the quota controller', () => {
  it('counts what is there already', () => {
    const { farm } = lab([
      createAt(1, 'pods', pod('a')),
      createAt(1, 'pods', pod('b')),
      createAt(1, 'configmaps', map('m')),
      createAt(
        5,
        'resourcequotas',
        quota({ pods: '10', 'requests.cpu': '2', 'requests.memory': '1Gi', 'count/configmaps': '5', 'count/jobs.batch': '1' }),
      ),
    ]);
    const { status } = farm.list('resourcequotas')[0];
    expect(status.hard).toMatchObject({ pods: '10', 'requests.memory': '1Gi' });
    expect(status.used).toEqual({
      pods: '2',
      'requests.cpu': '500m',
      'requests.memory': '128Mi',
      'count/configmaps': '1',
      'count/jobs.batch': '0',
    });
  });
  it('gives back what ends and what is deleted', () => {
    const { farm, answers } = lab([
      createAt(1, 'resourcequotas', quota({ pods: '2', 'count/configmaps': '1' })),
      createAt(2, 'pods', pod('short', { 'lab/run-seconds': '3' })),
      createAt(2, 'pods', pod('long')),
      createAt(2, 'configmaps', map('a')),
      createAt(3, 'pods', pod('early')),
      createAt(3, 'configmaps', map('b')),
      deleteAt(4, 'configmaps', 'a'),
      createAt(15, 'pods', pod('late')),
      createAt(15, 'configmaps', map('c')),
    ]);
    expect(answers.map(({ code }) => code)).toEqual([201, 201, 201, 201, 403, 403, 200, 201, 201]);
    expect((answers[4] as { object: { message: string } }).object.message).toBe(
      'pods "early" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    );
    expect(farm.list('resourcequotas')[0].status.used).toEqual({ pods: '2', 'count/configmaps': '1' });
  });
  it('counts only what is in its scopes', () => {
    const { farm } = lab([createAt(1, 'pods', pod('a')), createAt(2, 'resourcequotas', quota({ pods: '5' }, { scopes: ['BestEffort'] }))]);
    expect(farm.list('resourcequotas')[0].status.used).toEqual({ pods: '0' });
  });
  it('takes off what admission charged for nothing', () => {
    // The second creation of the name is charged before etcd refuses it.
    const { farm, answers } = lab(
      [createAt(1, 'resourcequotas', quota({ pods: '5' })), createAt(2, 'pods', pod('a')), createAt(3, 'pods', pod('a'))],
      { seconds: 400 },
    );
    expect(answers[2]?.code).toBe(409);
    expect(farm.seen.some(({ object }) => (object as { status?: { used?: { pods?: string } } }).status?.used?.pods === '2')).toBe(true);
    expect(farm.list('resourcequotas')[0].status.used).toEqual({ pods: '1' });
  });
  it('lets a Job go on when there is room again', () => {
    const { farm } = lab(
      [
        createAt(1, 'resourcequotas', quota({ pods: '1' })),
        createAt(2, 'jobs.batch', job('work', { completions: 3, parallelism: 3 })),
        patchAt(30, 'resourcequotas', 'q', { spec: { hard: { pods: '9' } } }),
      ],
      { seconds: 300 },
    );
    expect(farm.list('jobs.batch')[0].status.succeeded).toBe(3);
  });
});
