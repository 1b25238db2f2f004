/** Amounts as a scenario writes them: always with their unit. Each parser returns undefined for what it does not understand. */

import { parseQuantity, quantityValue } from '#api';
import type { Distribution } from '#sim';

const DURATION_UNITS: Readonly<Record<string, number>> = {
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/** '250ms', '1.5 s', '1h30m', '0'. Microseconds; at most 100 years. */
export function parseDuration(text: unknown): number | undefined {
  if (text === 0 || text === '0') return 0;
  if (typeof text !== 'string') return undefined;
  const part = /(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|h|d)(?![a-zµ])\s*/y;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (found === null) return undefined;
    total += Number(found[1]) * (DURATION_UNITS[found[2] ?? ''] ?? Number.NaN);
    at = part.lastIndex;
  }
  return at === 0 || !(total <= 3.2e15) ? undefined : Math.round(total);
}

/** '10 %' or '0.1 %'; a share in [0, 1]. */
export function parsePercent(text: unknown): number | undefined {
  const found = typeof text === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) : null;
  const share = found === null ? Number.NaN : Number(found[1]) / 100;
  return share >= 0 && share <= 1 ? share : undefined;
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 * 1024,
  GiB: 1024 * 1024 * 1024,
};

/** '120MiB', '8 GB', or a Kubernetes quantity ('64Mi'). Whole bytes. */
export function parseBytes(text: unknown): number | undefined {
  if (typeof text === 'number') return Number.isSafeInteger(text) && text >= 0 ? text : undefined;
  if (typeof text !== 'string') return undefined;
  const found = /^\s*(\d+(?:\.\d+)?)\s*([kKMGT]i?B|B)\s*$/.exec(text);
  if (found !== null) return Math.round(Number(found[1]) * (BYTE_UNITS[found[2] ?? ''] ?? Number.NaN));
  const quantity = parseQuantity(text.trim());
  return quantity === undefined || quantity.nano < 0n ? undefined : quantityValue(text.trim());
}

/** A quantity of Kubernetes that is not negative. */
export function isQuantity(text: unknown): boolean {
  if (typeof text !== 'string' && typeof text !== 'number') return false;
  if (typeof text === 'number' && !Number.isFinite(text)) return false;
  const quantity = parseQuantity(text);
  return quantity !== undefined && quantity.nano >= 0n;
}

/** A duration or a distribution of durations, in microseconds: '30s', {exponential: {mean: 5m}}, {lognormal: {p50: 1s, p99: 20s}}. */
export function parseDurationDistribution(written: unknown): Distribution | undefined {
  if (typeof written !== 'object' || written === null) return parseDuration(written);
  const entries = Object.entries(written as Record<string, unknown>);
  const [shape, fields] = entries[0] ?? [];
  if (entries.length !== 1 || shape === undefined) return undefined;
  if (shape === 'empirical') {
    const points = (fields as readonly (readonly [number, unknown])[]).map(
      ([quantile, value]) => [quantile, parseDuration(value)] as const,
    );
    return points.some(([, value]) => value === undefined) ? undefined : { empirical: points as readonly (readonly [number, number])[] };
  }
  const parsed: Record<string, number> = {};
  for (const [key, value] of Object.entries(fields as Record<string, unknown>)) {
    const number = key === 'shape' ? (value as number) : parseDuration(value);
    if (number === undefined) return undefined;
    parsed[key] = number;
  }
  return { [shape]: parsed } as unknown as Distribution;
}
