/** RFC 3339 times from and to microseconds since the Unix epoch, without Date: simulated rooms have no wall clock to reach for.
 *  metav1.Time prints whole seconds, metav1.MicroTime six digits. */

const DAY_SECONDS = 86_400;

/** Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, chrono-compatible low-level date algorithms). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

// The date part changes once a simulated day; most calls ask for the same one.
let cachedDay = Number.NaN;
let cachedDate = '';

function dateText(days: number): string {
  if (days === cachedDay) return cachedDate;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  cachedDay = days;
  cachedDate = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return cachedDate;
}

let cachedSecond = Number.NaN;
let cachedText = '';

function secondText(second: number): string {
  if (second === cachedSecond) return cachedText;
  const days = Math.floor(second / DAY_SECONDS);
  const rest = second - days * DAY_SECONDS;
  cachedSecond = second;
  cachedText = `${dateText(days)}T${pad(Math.floor(rest / 3600), 2)}:${pad(Math.floor(rest / 60) % 60, 2)}:${pad(rest % 60, 2)}`;
  return cachedText;
}

/** metav1.Time: '2026-01-01T00:00:00Z', truncated to the second. */
export function rfc3339(microseconds: number): string {
  return `${secondText(Math.floor(microseconds / 1_000_000))}Z`;
}

/** metav1.MicroTime: '2026-01-01T00:00:00.000000Z'. */
export function rfc3339Micro(microseconds: number): string {
  const second = Math.floor(microseconds / 1_000_000);
  return `${secondText(second)}.${pad(microseconds - second * 1_000_000, 6)}Z`;
}

const GRAMMAR = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/** Microseconds since the Unix epoch, or undefined when the text is no RFC 3339 time. Digits beyond a microsecond are dropped. */
export function parseTime(text: string): number | undefined {
  const match = GRAMMAR.exec(text);
  if (match === null) return undefined;
  const field = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(field) as [number, number, number, number, number, number];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
  const zone = match[8] ?? 'Z';
  const offset = zone.length === 1 ? 0 : (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const whole = daysFromCivil(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second - offset * 60;
  return whole * 1_000_000 + fraction;
}
