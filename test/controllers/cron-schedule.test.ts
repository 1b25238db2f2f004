import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTime, rfc3339 } from '#api';
import { mostRecent, parseSchedule } from '../../src/controllers/cron-schedule.ts';

const VECTORS = readFileSync(new URL('cron-vectors.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .filter((line) => !line.startsWith('#'));

function firings(text: string, zone: string, after: string): string {
  const schedule = parseSchedule(text, zone === '' ? undefined : zone);
  if (schedule === undefined) return 'error';
  const all: string[] = [];
  for (let at = parseTime(after) as number; all.length < 4; ) {
    const next = schedule.next(at);
    if (next === undefined) return [...all, 'never'].join(' ');
    all.push(rfc3339(next));
    at = next;
  }
  return all.join(' ');
}

describe('a cron schedule', () => {
  it('fires when robfig/cron fires, through gaps, repeated hours, leap years, names, steps and nonsense', () => {
    expect(VECTORS.length).toBeGreaterThan(300);
    const answers = VECTORS.map((line) => {
      const [text = '', zone = '', after = ''] = line.split('|');
      return [text, zone, after, firings(text, zone, after)].join('|');
    });
    expect(answers).toEqual(VECTORS);
  });

  it('is read without its time zone when there is no such zone', () => {
    expect(firings('0 9 * * *', 'Mars/Olympus', '2026-01-01T00:00:00Z')).toMatch(/^2026-01-01T09:00:00Z/);
  });

  it('finds the last firing after a long absence without walking through all of them', () => {
    let asked = 0;
    const every5 = parseSchedule('*/5 * * * *');
    const schedule = {
      next(after: number) {
        asked++;
        return every5?.next(after);
      },
    };
    const recent = mostRecent(schedule, parseTime('2020-01-01T00:00:00Z') as number, parseTime('2026-01-01T00:03:00Z') as number);
    expect(rfc3339(recent?.at ?? 0)).toBe('2026-01-01T00:00:00Z');
    expect(recent?.missed).toBeGreaterThan(600_000);
    expect(asked).toBeLessThan(10);
  });

  it('finds the last firing of @every on its beat', () => {
    const schedule = parseSchedule('@every 90m');
    const [from, now] = ['2026-01-01T00:00:10Z', '2026-01-01T10:00:00Z'].map((text) => parseTime(text) as number);
    expect(rfc3339(mostRecent(schedule as never, from as number, now as number)?.at ?? 0)).toBe('2026-01-01T09:00:10Z');
  });

  it('has no last firing when it never fires', () => {
    expect(mostRecent(parseSchedule('0 0 30 2 *') as never, 0, 1e15)).toBeUndefined();
  });
});
