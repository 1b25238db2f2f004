/** Numbers as people read them: three or four digits that count, thousands apart, the unit behind. */

/** 12,345 · 1.24 · 0.0031; NaN and null are a dash. */
export function numberText(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 100 || Number.isInteger(value)) return grouped(Math.round(value));
  if (size >= 0.001) return String(Number(value.toPrecision(3)));
  return value.toExponential(1);
}

function grouped(value: number): string {
  const digits = String(Math.abs(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return value < 0 ? `−${digits}` : digits;
}

/** Seconds as 45.2 s, 12 min 5 s, 1 h 20 min. */
export function secondsText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 90) return `${numberText(Number(seconds.toPrecision(3)))} s`;
  const whole = Math.round(seconds);
  const parts =
    whole < 5400
      ? [[Math.floor(whole / 60), 'min'] as const, [whole % 60, 's'] as const]
      : [[Math.floor(whole / 3600), 'h'] as const, [Math.round((whole % 3600) / 60), 'min'] as const];
  return parts
    .filter(([count], i) => i === 0 || count > 0)
    .map(([count, unit]) => `${grouped(count)} ${unit}`)
    .join(' ');
}

/** Bytes in the power of 1,024 that leaves three digits or fewer. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${numberText(Number(value.toPrecision(3)))} ${units[unit]}`;
}

/** How many decimals a share needs in per cent: two, and more where it is so close to none or to all that two digits of what is left would not show. */
export function percentDecimals(share: number): number {
  const left = Math.min(Math.abs(share), Math.abs(1 - share)) * 100;
  return left > 0 && left < 0.1 ? Math.min(8, 1 - Math.floor(Math.log10(left))) : 2;
}

/** A measured value with its unit, as verdicts and distributions carry it. */
export function measureText(value: number | null, unit: string): string {
  if (value === null || Number.isNaN(value)) return '–';
  if (unit === 'bytes') return bytesText(value);
  if (unit === 'share' || unit === 'ratio') return `${Number((value * 100).toFixed(percentDecimals(value)))} %`;
  return unit === '' ? numberText(value) : `${numberText(value)} ${unit}`;
}
