/** Wall clocks of time zones, in whole seconds: what Go's time.Date, AddDate and In do, with the time zones that the JavaScript engine knows. */

const DAY = 86_400;

/** Seconds east of UTC at a moment (seconds since the Unix epoch). */
export type Offsets = (second: number) => number;

export interface WallClock {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const UTC: Offsets = () => 0;

/** undefined when there is no such zone. */
export function zoneOffsets(zone: string): Offsets | undefined {
  if (zone === '' || zone === 'UTC') return UTC;
  // biome-ignore lint/style/noRestrictedGlobals: the zones' rules are needed, not a locale's way of writing; digits alone are read.
  let format: Intl.DateTimeFormat;
  const parts = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  try {
    // biome-ignore lint/style/noRestrictedGlobals: as above.
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour12: false, ...parts });
  } catch {
    return undefined;
  }
  return (second) => {
    const [month = 0, day = 0, year = 0, hour = 0, minute = 0, rest = 0] = (format.format(second * 1000).match(/\d+/g) ?? []).map(Number);
    // Some versions of the data write midnight as 24.
    return daysSinceEpoch(year, month, day) * DAY + (hour % 24) * 3600 + minute * 60 + rest - second;
  };
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; months beyond 1 to 12 carry over into years. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const whole = year + Math.floor((month - 1) / 12);
  const inYear = ((month - 1) % 12) + 1;
  // Years begin in March, so that the leap day comes last.
  const shifted = inYear <= 2 ? whole - 1 : whole;
  const era = Math.floor(shifted / 400);
  const ofEra = shifted - era * 400;
  const ofYear = Math.floor((153 * (inYear + (inYear > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}

export function wallClock(second: number, offsets: Offsets): WallClock {
  const local = second + offsets(second);
  const days = Math.floor(local / DAY);
  const ofDay = local - days * DAY;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const year = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: year + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
    hour: Math.floor(ofDay / 3600),
    minute: Math.floor((ofDay % 3600) / 60),
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

/** time.Date: the moment of a wall clock; of an hour that comes twice or never, the one that Go answers. */
export function momentOf(offsets: Offsets, year: number, month: number, day: number, hour: number): number {
  const local = daysSinceEpoch(year, month, day) * DAY + hour * 3600;
  const offset = offsets(local);
  return offset === 0 ? local : local - offsets(local - offset);
}
