/** When a cron expression fires. Mirrors github.com/robfig/cron/v3 v3.0.1 spec.go, SpecSchedule.Next (an hour that comes twice fires twice, one that never comes
 *  not at all) and constantdelay.go, and kubernetes v1.34 pkg/controller/cronjob/utils.go. All times are microseconds since the Unix epoch. */

import { SECOND } from '#sim';
import { type CronFields, parseEvery, parseFields } from './cron-fields.ts';
import { momentOf, type Offsets, type WallClock, wallClock, zoneOffsets } from './zone-time.ts';

export interface Schedule {
  /** The first firing after `after`; undefined when there is none. */
  next(after: number): number | undefined;
}

const cache = new Map<string, Schedule | undefined>();

/** The schedule, or undefined when it cannot be read. A zone that does not exist is as none, as is one beside a schedule that names its own (formatSchedule).
 *  Remembered: expressions are few. */
export function parseSchedule(text: string, timeZone?: string): Schedule | undefined {
  const name = `${timeZone ?? ''} ${text}`;
  if (!cache.has(name)) cache.set(name, readSchedule(text, timeZone));
  return cache.get(name);
}

function readSchedule(text: string, timeZone: string | undefined): Schedule | undefined {
  const [, ownZone, rest] = /^(?:CRON_)?TZ=(\S*)\s+(.*)$/.exec(text) ?? [];
  const given = text.includes('TZ') ? undefined : timeZone;
  const offsets = ownZone === undefined ? (zoneOffsets(given ?? '') ?? zoneOffsets('')) : zoneOffsets(ownZone);
  const spec = rest?.trim() ?? text;
  if (offsets === undefined) return undefined;
  if (spec.startsWith('@every ')) {
    const delay = parseEvery(spec.slice('@every '.length));
    return delay === undefined ? undefined : { next: (after) => (Math.floor(after / SECOND) + delay) * SECOND };
  }
  const fields = parseFields(spec);
  if (fields === undefined) return undefined;
  return {
    next(after) {
      const second = nextFiring(fields, offsets, Math.floor(after / SECOND) + 1);
      return second === undefined ? undefined : second * SECOND;
    },
  };
}

const matchesDay = ({ dayOfMonth, dayOfWeek, isAnyDay }: CronFields, { day, weekday }: WallClock): boolean => {
  const [left, right] = [dayOfMonth[day] === true, dayOfWeek[weekday] === true];
  return isAnyDay ? left && right : left || right;
};

/** The first firing at `from` or later. Each field is stepped until it matches; one that wraps around begins the search again from the month on. */
function nextFiring(fields: CronFields, offsets: Offsets, from: number): number | undefined {
  const limit = wallClock(from, offsets).year + 5;
  let second = from;
  // Whether some field was stepped: until then the smaller fields count.
  let isStepped = false;
  const clock = (): WallClock => wallClock(second, offsets);
  const step = (whole: () => number, next: (at: WallClock) => number): WallClock => {
    if (!isStepped) second = whole();
    isStepped = true;
    second = next(clock());
    return clock();
  };
  search: for (let at = clock(); at.year <= limit; at = clock()) {
    while (fields.month[at.month] !== true) {
      const { year, month } = at;
      at = step(
        () => momentOf(offsets, year, month, 1, 0),
        (first) => sameClock(offsets, first, second, 1, 0),
      );
      if (at.month === 1) continue search;
    }
    while (!matchesDay(fields, at)) {
      const { year, month, day } = at;
      at = step(
        () => momentOf(offsets, year, month, day, 0),
        (midnight) => sameClock(offsets, midnight, second, 0, 1),
      );
      // Midnight may not exist, or come twice.
      if (at.hour !== 0) {
        second += (at.hour > 12 ? 24 - at.hour : -at.hour) * 3600;
        at = clock();
      }
      if (at.day === 1) continue search;
    }
    while (fields.hour[at.hour] !== true) {
      const { year, month, day, hour } = at;
      at = step(
        () => momentOf(offsets, year, month, day, hour),
        () => second + 3600,
      );
      if (at.hour === 0) continue search;
    }
    while (fields.minute[at.minute] !== true) {
      at = step(
        () => Math.floor(second / 60) * 60,
        () => second + 60,
      );
      if (at.minute === 0) continue search;
    }
    // The only second of a minute that fires is its first.
    const past = ((second % 60) + 60) % 60;
    if (past === 0) return second;
    isStepped = true;
    second += 60 - past;
  }
  return undefined;
}

/** AddDate: the same wall clock, months or days later. */
function sameClock(offsets: Offsets, { year, month, day, hour, minute }: WallClock, second: number, months: number, days: number): number {
  return momentOf(offsets, year, month + months, day + days, hour) + minute * 60 + (((second % 60) + 60) % 60);
}

/** mostRecentScheduleTime: the last firing in (earliest, now] if there is one, and about how many there were; undefined when a schedule never fires. */
export function mostRecent(schedule: Schedule, earliest: number, now: number): { at: number | undefined; missed: number } | undefined {
  const first = schedule.next(earliest);
  if (first === undefined) return undefined;
  if (now < first) return { at: undefined, missed: 0 };
  const second = schedule.next(first);
  if (second === undefined) return undefined;
  if (now < second) return { at: first, missed: 0 };
  // Firings are about as far apart as the first two: jump to the last one or two of them instead of walking.
  const apart = second - first;
  const missed = Math.floor((now - first) / apart) + 1;
  let at: number | undefined;
  let next = schedule.next(first + (missed - 2) * apart);
  for (; next !== undefined && next <= now; next = schedule.next(next)) at = next;
  return { at, missed };
}
