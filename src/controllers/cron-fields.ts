/** The five fields of a cron expression, its descriptors and `@every`. Mirrors github.com/robfig/cron/v3 v3.0.1 parser.go, ParseStandard, which Kubernetes v1.34
 *  reads schedules with: names in any case, `?` as `*`, `N/step` as `N-max/step`, no `L`, `W` or `#`. */

/** Which values of each field fire. */
export interface CronFields {
  readonly minute: readonly boolean[];
  readonly hour: readonly boolean[];
  readonly dayOfMonth: readonly boolean[];
  readonly month: readonly boolean[];
  readonly dayOfWeek: readonly boolean[];
  /** A star in one of the two days: then both must match, otherwise either. */
  readonly isAnyDay: boolean;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const MINUTES: Bounds = { min: 0, max: 59 };
const HOURS: Bounds = { min: 0, max: 23 };
const DAYS: Bounds = { min: 1, max: 31 };
const MONTHS: Bounds = {
  min: 1,
  max: 12,
  names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const WEEKDAYS: Bounds = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

/** What parseDescriptor knows, spelled as fields. */
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

interface Field {
  readonly values: boolean[];
  isStar: boolean;
}

/** undefined when the text cannot be read. */
export function parseFields(text: string): CronFields | undefined {
  const spelled = text.startsWith('@') ? DESCRIPTORS[text] : text;
  const fields = spelled?.trim().split(/\s+/) ?? [];
  if (fields.length !== 5) return undefined;
  const [minute, hour, dayOfMonth, month, dayOfWeek] = [MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS].map((bounds, index) =>
    parseField(fields[index] as string, bounds),
  );
  if (minute === undefined || hour === undefined || dayOfMonth === undefined || month === undefined || dayOfWeek === undefined)
    return undefined;
  return {
    minute: minute.values,
    hour: hour.values,
    dayOfMonth: dayOfMonth.values,
    month: month.values,
    dayOfWeek: dayOfWeek.values,
    isAnyDay: dayOfMonth.isStar || dayOfWeek.isStar,
  };
}

/** A list of ranges; empty entries of the list count for nothing. */
function parseField(text: string, bounds: Bounds): Field | undefined {
  const field: Field = { values: [], isStar: false };
  for (const range of text.split(',')) if (range !== '' && !addRange(range, bounds, field)) return undefined;
  return field;
}

function addRange(text: string, bounds: Bounds, field: Field): boolean {
  const [range = '', stepText, ...more] = text.split('/');
  const [low = '', high, ...further] = range.split('-');
  const isStar = low === '*' || low === '?';
  if (more.length > 0 || (!isStar && further.length > 0)) return false;
  const start = isStar ? bounds.min : parseValue(low, bounds);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  const end = isStar || (high === undefined && stepText !== undefined) ? bounds.max : high === undefined ? start : parseValue(high, bounds);
  if (start === undefined || end === undefined || step === undefined || step < 1) return false;
  if (start < bounds.min || end > bounds.max || start > end) return false;
  for (let value = start; value <= end; value += step) field.values[value] = true;
  // A star that is stepped over is a restriction like any other.
  if (isStar && step === 1) field.isStar = true;
  return true;
}

function parseValue(text: string, { names }: Bounds): number | undefined {
  const named = text === '' ? -1 : (names?.indexOf(text.toLowerCase()) ?? -1);
  return named >= 0 ? named : parseNumber(text);
}

const parseNumber = (text: string): number | undefined => (/^\+?\d+$/.test(text) ? Number(text) : undefined);

const UNIT_SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** The seconds of `@every <duration>` (time.ParseDuration), whole and at least one; undefined when it is none. */
export function parseEvery(text: string): number | undefined {
  const [, sign, terms = ''] = /^([+-]?)(.+)$/.exec(text) ?? [];
  if (terms === '0') return 1;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(terms)) return undefined;
  let total = 0;
  for (const [, count, unit] of terms.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(count) * (UNIT_SECONDS[unit as string] as number);
  return sign === '-' ? 1 : Math.max(1, Math.floor(total + 1e-9));
}
