/** Go's durations, as metav1.Duration reads and prints them ('15s', '1m30s', '250ms'). Whole microseconds. */

const UNITS: Readonly<Record<string, number>> = { ns: 0.001, us: 1, µs: 1, ms: 1000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 };
const PART = /(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g;

/** Of a text that checkShape has found to be a duration. */
export function goDuration(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(PART)) total += Number(amount) * (UNITS[unit as string] as number);
  return Math.round(text.startsWith('-') ? -total : total);
}

/** time.Duration.String. */
export function goDurationText(microseconds: number): string {
  if (microseconds === 0) return '0s';
  const sign = microseconds < 0 ? '-' : '';
  const all = Math.abs(microseconds);
  if (all < 1000) return `${sign}${all}µs`;
  if (all < 1_000_000) return `${sign}${all / 1000}ms`;
  const hours = Math.floor(all / 3_600_000_000);
  const minutes = Math.floor((all % 3_600_000_000) / 60_000_000);
  const seconds = (all % 60_000_000) / 1_000_000;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}
