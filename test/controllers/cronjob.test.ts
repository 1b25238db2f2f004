import { describe, expect, it } from 'vitest';
import { createAt, lab, patchAt, podTemplate } from './lab.ts';

const cron = (spec: object, runSeconds = '5'): object => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick', namespace: 'default' },
  spec: {
    schedule: '* * * * *',
    jobTemplate: {
      spec: { template: podTemplate('tick', { annotations: { 'lab/run-seconds': runSeconds }, spec: { restartPolicy: 'Never' } }) },
    },
    ...spec,
  },
});
const starts = (seen: ReturnType<typeof lab>['farm']['seen']): number[] =>
  seen.filter(({ resource, type }) => resource === 'jobs.batch' && type === 'add').map(({ at }) => Math.round(at));

describe('CronJob', () => {
  it('starts a Job each minute and keeps three that succeeded', () => {
    const { farm, outcome } = lab([createAt(5, 'cronjobs.batch', cron({}))], { seconds: 400 });
    expect(starts(farm.seen)).toEqual([60, 120, 180, 240, 300, 360]);
    const skew = outcome.recorded.histogram('cronjob_controller_job_creation_skew_duration_seconds')?.overall;
    expect(skew?.count).toBe(6);
    expect(skew?.sum).toBeLessThan(6);
    expect(farm.list('jobs.batch').map(({ metadata }) => metadata.name)).toHaveLength(3);
    const { status } = farm.list('cronjobs.batch')[0];
    expect(status).toMatchObject({ lastScheduleTime: '2026-01-01T00:06:00Z' });
    expect(status.active).toBeUndefined();
    expect(farm.list('jobs.batch')[0].metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe('2026-01-01T00:04:00Z');
  });

  it('does not start over a running Job when that is forbidden', () => {
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({ concurrencyPolicy: 'Forbid' }, '90'))], { seconds: 400 });
    // The run of 60 s ends at about 155 s: the one of 120 s is made up for when the next firing or the Job's end wakes the key.
    const at = starts(farm.seen);
    expect(at[0]).toBe(60);
    for (let i = 1; i < at.length; i++) expect((at[i] as number) - (at[i - 1] as number)).toBeGreaterThan(91);
  });

  it('replaces a running Job when asked to', () => {
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({ concurrencyPolicy: 'Replace' }, '500'))], { seconds: 200 });
    expect(starts(farm.seen)).toEqual([60, 120, 180]);
    expect(farm.list('jobs.batch')).toHaveLength(1);
  });

  it('starts nothing while suspended, and only what its deadline still allows after', () => {
    const script = (deadline?: number) => [
      createAt(5, 'cronjobs.batch', cron({ suspend: true, ...(deadline === undefined ? {} : { startingDeadlineSeconds: deadline }) })),
      patchAt(150, 'cronjobs.batch', 'tick', { spec: { suspend: false } }),
    ];
    expect(starts(lab(script(), { seconds: 170 }).farm.seen)).toEqual([150]);
    expect(starts(lab(script(10), { seconds: 170 }).farm.seen)).toEqual([]);
  });

  it('keeps the beat of @every, however late it wakes', () => {
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({ schedule: '@every 90s' }))], { seconds: 400 });
    expect(starts(farm.seen)).toEqual([95, 185, 275, 365]);
    expect(farm.list('cronjobs.batch')[0].status.lastScheduleTime).toBe('2026-01-01T00:06:05Z');
  });

  it('says what is wrong with a schedule that never fires, and admits none with a time zone of its own', () => {
    const { farm, answers } = lab(
      [
        createAt(5, 'cronjobs.batch', cron({ schedule: '0 0 30 2 *' })),
        createAt(6, 'cronjobs.batch', cron({ schedule: 'TZ=UTC 0 0 * * *' })),
      ],
      { seconds: 60 },
    );
    expect(farm.list('events').filter(({ reason }) => reason === 'InvalidSchedule')).toHaveLength(1);
    expect(answers.map(({ code }) => code)).toEqual([201, 422]);
    expect(JSON.stringify(answers[1])).toContain('cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  });
});
