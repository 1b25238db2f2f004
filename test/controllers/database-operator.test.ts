import { describe, expect, it } from 'vitest';
import type { ApiResponse, Job, Pod } from '#api';
import operator from '../../docs/examples/database-operator.ts';
import { createAt, lab, patchAt, type Step } from './lab.ts';

const DATABASES = 'databases.db.example.com';
const database = (spec: object): object => ({
  apiVersion: 'db.example.com/v1',
  kind: 'Database',
  metadata: { name: 'orders', namespace: 'default' },
  spec: { members: 3, image: 'db:1', ...spec },
});
const look = (second: number): Step => [second, { verb: 'get', resource: DATABASES, namespace: 'default', name: 'orders' }];
const statusOf = (answer: ApiResponse | undefined): unknown => (answer?.object as { readonly status?: object } | undefined)?.status;

describe('the database operator of the guide', () => {
  it('starts its members one after another and makes the first the primary', () => {
    const { farm, answers } = lab([createAt(5, DATABASES, database({})), look(30)], { own: operator, seconds: 40 });
    const pods = farm.seen.filter(({ resource }) => resource === 'pods');
    const made = pods.filter(({ type }) => type === 'add').map(({ at, object }) => [object.metadata?.name, at] as const);
    expect(made.map(([name]) => name)).toEqual(['orders-0', 'orders-1', 'orders-2']);
    for (const [index, [, at]] of made.entries()) {
      if (index === 0) continue;
      const before = pods.find(
        ({ object }) =>
          object.metadata?.name === `orders-${index - 1}` &&
          (object as Pod).status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      expect(at).toBeGreaterThan(before?.at ?? Number.POSITIVE_INFINITY);
    }
    expect(statusOf(answers[1])).toMatchObject({ primary: 'orders-0', ready: 3, failovers: 0 });
  });

  it('replaces the primary when its node dies, says so, and takes the next backup from the new one', () => {
    const { farm, answers } = lab([createAt(5, DATABASES, database({ backupEverySeconds: 60 })), look(59), look(170)], {
      own: operator,
      seconds: 180,
      manager: { settings: { nodeMonitorGracePeriodSeconds: 20 } },
      silent: (node) => (node === 0 ? [60, 1000] : undefined),
    });
    const nodes = Object.fromEntries((farm.list('pods') as Pod[]).map(({ metadata, spec }) => [metadata?.name, spec?.nodeName]));
    expect(nodes['orders-0']).toBe('node-0');
    expect(statusOf(answers[1])).toMatchObject({ primary: 'orders-0', failovers: 0 });
    expect(statusOf(answers[2])).toMatchObject({ primary: 'orders-1', started: 3, failovers: 1 });
    const failovers = farm.seen.filter(
      ({ resource, object }) => resource === 'events' && (object as { reason?: string }).reason === 'Failover',
    );
    expect(failovers).toHaveLength(1);
    expect(failovers[0]?.at).toBeGreaterThan(70);
    expect(failovers[0]?.at).toBeLessThan(90);
    const backups = (farm.list('jobs.batch') as Job[])
      .map(({ metadata, spec }) => [metadata?.name, spec?.template?.spec?.containers[0]?.args?.[0]])
      .sort();
    expect(backups.slice(0, 3)).toEqual([
      ['orders-backup-0', 'orders-0'],
      ['orders-backup-1', 'orders-0'],
      ['orders-backup-2', 'orders-1'],
    ]);
  });

  it('refuses a Database that its schema does not allow', () => {
    const { answers } = lab([createAt(5, DATABASES, database({ members: 0 })), patchAt(6, DATABASES, 'orders', { spec: { members: 3 } })], {
      own: operator,
      seconds: 10,
    });
    expect(answers.map(({ code }) => code)).toEqual([422, 404]);
  });
});
