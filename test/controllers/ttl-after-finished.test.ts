import { expect, it } from 'vitest';
import { createAt, job, lab } from './lab.ts';

it('removes a finished Job and its pods when its time is over', () => {
  const { farm, outcome } = lab([
    createAt(1, 'jobs.batch', job('short', { ttlSecondsAfterFinished: 20 })),
    createAt(1, 'jobs.batch', job('kept', {})),
  ]);
  const completed = farm.seen.find(
    ({ resource, object }) =>
      resource === 'jobs.batch' &&
      object.metadata?.name === 'short' &&
      'completionTime' in ((object as never as { status: object }).status ?? {}),
  );
  const gone = farm.seen.find(({ resource, type }) => resource === 'jobs.batch' && type === 'delete');
  expect(gone?.object.metadata?.name).toBe('short');
  expect((gone?.at ?? 0) - (completed?.at ?? 0)).toBeGreaterThan(19);
  expect((gone?.at ?? 0) - (completed?.at ?? 0)).toBeLessThan(22);
  expect(farm.list('jobs.batch').map(({ metadata }) => metadata.name)).toEqual(['kept']);
  expect(farm.list('pods')).toHaveLength(1);
  const latency = outcome.recorded.histogram('ttl_after_finished_controller_job_deletion_duration_seconds')?.overall;
  expect(latency?.count).toBe(1);
  expect(latency?.sum).toBeLessThan(1);
});
