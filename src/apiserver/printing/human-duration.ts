/** Ages as people read them: two or three figures. Mirrors apimachinery v1.34 pkg/util/duration/duration.go (HumanDuration). */

import { parseTime } from '#api';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24;
const YEAR = 365 * DAY;

/** Two units, the second only when it is not 0. */
const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`;

export function humanDuration(microseconds: number): string {
  const seconds = Math.trunc(microseconds / 1_000_000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes < 10) return pair(minutes, 'm', seconds % MINUTE, 's');
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.floor(seconds / HOUR);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 2 * DAY) return `${hours}h`;
  if (hours < 8 * DAY) return pair(Math.floor(hours / DAY), 'd', hours % DAY, 'h');
  if (hours < 2 * YEAR) return `${Math.floor(hours / DAY)}d`;
  if (hours < 8 * YEAR) return pair(Math.floor(hours / YEAR), 'y', Math.floor(hours / DAY) % 365, 'd');
  return `${Math.floor(hours / YEAR)}y`;
}

/** How long ago an RFC 3339 time was (translateTimestampSince). */
export function since(time: unknown, now: number): string {
  if (typeof time !== 'string' || time === '') return '<unknown>';
  const at = parseTime(time);
  return at === undefined ? '<unknown>' : humanDuration(now - at);
}
