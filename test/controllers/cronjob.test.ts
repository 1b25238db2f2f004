import { describe, expect, it } from 'vitest';
import { parseTime, rfc3339 } from '#api';
import { mostRecent, parseSchedule } from '../../src/controllers/cron-schedule.ts';
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
    const { farm } = lab([createAt(5, 'cronjobs.batch', cron({}))], { seconds: 400 });
    expect(starts(farm.seen)).toEqual([60, 120, 180, 240, 300, 360]);
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
});

describe('schedules', () => {
  const next = (text: string, after: string, zone?: string): string | undefined => {
    const at = parseSchedule(text, zone)?.next(parseTime(after) as number);
    return at === undefined ? undefined : rfc3339(at);
  };

  it.each([
    ['*/15 * * * *', '2026-01-01T00:00:00Z', undefined, '2026-01-01T00:15:00Z'],
    ['0 9 * * MON-FRI', '2026-01-02T10:00:00Z', undefined, '2026-01-05T09:00:00Z'],
    ['@daily', '2026-01-01T00:00:01Z', undefined, '2026-01-02T00:00:00Z'],
    ['@every 90m', '2026-01-01T00:00:00Z', undefined, '2026-01-01T01:30:00Z'],
    // Either day of month or day of week, when both are restricted.
    ['0 0 13 * 5', '2026-01-01T00:00:00Z', undefined, '2026-01-02T00:00:00Z'],
    ['30 9 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin', '2026-07-01T07:30:00Z'],
    // 29 March 2026: clocks go from 02:00 to 03:00.
    ['0 4 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin', '2026-03-29T02:00:00Z'],
  ])('%s after %s in %s', (text, after, zone, expected) => {
    expect(next(text, after, zone)).toBe(expected);
  });

  it('reads no nonsense', () => {
    for (const text of ['* * * *', '61 * * * *', '@every soon', 'x y z a b']) expect(parseSchedule(text, undefined)).toBeUndefined();
    expect(parseSchedule('* * * * *', 'Mars/Olympus')).toBeUndefined();
  });

  it('finds the last firing after a long absence without walking through all of them', () => {
    const schedule = parseSchedule('*/5 * * * *', undefined);
    const from = parseTime('2020-01-01T00:00:00Z') as number;
    const to = parseTime('2026-01-01T00:03:00Z') as number;
    const recent = mostRecent(schedule as never, from, to);
    expect(rfc3339(recent?.at ?? 0)).toBe('2026-01-01T00:00:00Z');
    expect(recent?.missed).toBeGreaterThan(600_000);
  });
});
