/** Nanoseconds as Go writes a duration: '1h30m0s', '1.5ms', '0s'. Mirrors time.Duration.String. */

const UNITS: readonly (readonly [name: string, nanoseconds: bigint])[] = [
  ['s', 1_000_000_000n],
  ['ms', 1_000_000n],
  ['µs', 1_000n],
  ['ns', 1n],
];

function withFraction(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const rest =
    digits === 0
      ? ''
      : String(value % unit)
          .padStart(digits, '0')
          .replace(/0+$/, '');
  return `${value / unit}${rest === '' ? '' : `.${rest}`}`;
}

export function durationText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s';
  const sign = nanoseconds < 0n ? '-' : '';
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const second = 1_000_000_000n;
  if (size < second) {
    const [name, unit] = UNITS.find(([, each]) => size >= each) as (typeof UNITS)[number];
    return `${sign}${withFraction(size, unit)}${name}`;
  }
  const [hours, minutes] = [size / (3600n * second), (size / (60n * second)) % 60n];
  const rest = `${withFraction(size % (60n * second), second)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${rest}`;
  return minutes > 0n ? `${sign}${minutes}m${rest}` : `${sign}${rest}`;
}
