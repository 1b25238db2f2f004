/** When a cron expression fires. croner reads the five fields, names, macros and time zones (with daylight saving); `@every <duration>` is robfig/cron's own.
 *  Mirrors kubernetes v1.34 pkg/controller/cronjob/utils.go and github.com/robfig/cron/v3 ParseStandard. All times are microseconds since the Unix epoch. */

import { Cron } from 'croner';
import { rfc3339 } from '#api';
import { HOUR, MINUTE, SECOND } from '#sim';

export interface Schedule {
  /** The first firing after `after`; undefined when there is none. */
  next(after: number): number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR };

/** '1h30m' as Go's time.ParseDuration has it, whole seconds; undefined when it is none. */
function parseEvery(text: string): number | undefined {
  if (!/^(?:\d+[smh])+$/.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smh])/g)) total += Number(count) * (UNITS[unit as string] as number);
  return Math.max(SECOND, total);
}

const cache = new Map<string, Schedule | undefined>();

/** The schedule, or undefined when the text or the zone cannot be read. Remembered: expressions are few. */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule | undefined {
  const name = `${timeZone ?? ''} ${text}`;
  if (!cache.has(name)) cache.set(name, readSchedule(text, timeZone));
  return cache.get(name);
}

function readSchedule(text: string, timeZone: string | undefined): Schedule | undefined {
  if (text.startsWith('@every ')) {
    const delay = parseEvery(text.slice('@every '.length).trim());
    return delay === undefined ? undefined : { next: (after) => Math.floor(after / SECOND) * SECOND + delay };
  }
  try {
    const cron = new Cron(text, { timezone: timeZone ?? 'UTC', mode: '5-part' });
    // An unknown zone shows at the first use only.
    cron.nextRun(rfc3339(0));
    return {
      next(after) {
        const milliseconds = cron.nextRun(rfc3339(after))?.getTime();
        return milliseconds === undefined ? undefined : milliseconds * 1000;
      },
    };
  } catch {
    return undefined;
  }
}

/** mostRecentScheduleTime: the last firing in (earliest, now], and whether more than 100 were missed; undefined when there was none. */
export function mostRecent(schedule: Schedule, earliest: number, now: number): { at: number; missed: number } | undefined {
  const first = schedule.next(earliest);
  if (first === undefined || first > now) return undefined;
  const second = schedule.next(first);
  if (second === undefined || second > now) return { at: first, missed: 1 };
  // Firings are about as far apart as the first two: jump to the last one or two of them instead of walking.
  const apart = second - first;
  const missed = Math.floor((now - first) / apart) + 1;
  let at = Math.max(first, first + (missed - 2) * apart - 1);
  let latest = first;
  for (let next = schedule.next(at); next !== undefined && next <= now; next = schedule.next(at)) {
    latest = next;
    at = next;
  }
  return { at: latest, missed };
}
