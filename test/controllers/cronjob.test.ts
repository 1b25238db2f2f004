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

  const events = (farm: ReturnType<typeof lab>['farm']): string[] =>
    farm.list('events').map(({ reason, message }) => `${reason}: ${message}`);

  it('waits for the next firing of a changed schedule instead of making up for the one just past', () => {
    const steps = [
      createAt(5, 'cronjobs.batch', cron({ schedule: '0 * * * *' })),
      patchAt(150, 'cronjobs.batch', 'tick', { spec: { schedule: '* * * * *' } }),
    ];
    expect(starts(lab(steps, { seconds: 200 }).farm.seen)).toEqual([180]);
  });

  it('keeps none that is over where the limit is 0, and says which it deletes', () => {
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({ successfulJobsHistoryLimit: 0 }))], { seconds: 100 });
    expect(farm.list('jobs.batch')).toEqual([]);
    expect(events(farm).filter((text) => text.startsWith('SuccessfulDelete: Deleted job'))).toEqual([
      expect.stringMatching(/Deleted job tick-\d+$/),
    ]);
    // It left the list as it was deleted: nobody saw it complete.
    expect(events(farm).filter((text) => text.startsWith('SawCompletedJob'))).toEqual([]);
    expect(farm.list('cronjobs.batch')[0].status).toMatchObject({ lastSuccessfulTime: expect.any(String) });
  });

  it("dates a Job by its zone's clock", () => {
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({ timeZone: 'Asia/Kolkata' }))], { seconds: 70 });
    const [job] = farm.list('jobs.batch');
    expect(job.metadata.annotations['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe('2026-01-01T05:31:00+05:30');
  });

  it('names a Job of its own that it finds, and warns of one that it did not start', () => {
    const owned = (name: string, uid: string): object => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid, controller: true }],
      },
      spec: { template: podTemplate('tick', { annotations: { 'lab/run-seconds': '500' }, spec: { restartPolicy: 'Never' } }) },
    });
    const first = lab([createAt(5, 'cronjobs.batch', cron({}, '500'))], { seconds: 30 });
    const { uid } = first.farm.list('cronjobs.batch')[0].metadata;
    const name = `tick-${Date.UTC(2026, 0, 1, 0, 1) / 60_000}`;
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({}, '500')), createAt(20, 'jobs.batch', owned(name, uid))], { seconds: 100 });
    expect(farm.list('cronjobs.batch')[0].status).toMatchObject({ active: [{ name }], lastScheduleTime: '2026-01-01T00:01:00Z' });
    expect(events(farm)).toContain(`UnexpectedJob: Saw a job that the controller did not create or forgot: ${name}`);
    expect(events(farm).filter((text) => /FailedCreate|MissingJob/.test(text))).toEqual([]);
  });
});
