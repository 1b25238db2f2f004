/** Resource quantities ('100m', '1.5Gi', 2e3), exactly: BigInt counts of nano-units.
 *  Mirrors apimachinery v1.34 pkg/api/resource/quantity.go: fractions below a nano-unit round away from zero; Value() and MilliValue() round up. */

/** A quantity as the wire carries it. */
export type QuantityText = string | number;

/** How a quantity was written, and so how it is printed. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount in nano-units with its format. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

const GRAMMAR = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const DECIMAL_SUFFIX: Readonly<Record<number, string>> = {
  [-9]: 'n',
  [-6]: 'u',
  [-3]: 'm',
  0: '',
  3: 'k',
  6: 'M',
  9: 'G',
  12: 'T',
  15: 'P',
  18: 'E',
};
const BINARY_SUFFIX = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
// An exponent beyond this is a mistake or an attack; Kubernetes caps amounts at 2^63-1 units anyway.
const EXPONENT_MAX = 100;
const NANO = 1_000_000_000n;
const MAX_UNITS = 9_223_372_036_854_775_807n;

/** Kubernetes' own words for text that is no quantity. */
export const QUANTITY_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const powerOfTen = (exponent: number): bigint => {
  let power = 1n;
  for (let i = 0; i < exponent; i++) power *= 10n;
  return power;
};

/** Divides away from zero, as inf.Dec's RoundUp. */
function divideAway(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

/** The exact amount, or undefined when the text is no quantity. Amounts above 2^63-1 units are capped, as upstream caps them. */
export function parseQuantity(text: QuantityText): Quantity | undefined {
  const match = GRAMMAR.exec(typeof text === 'number' ? String(text) : text.trim() === text ? text : '\0');
  if (match === null) return undefined;
  const [, sign, digits = '', suffix = ''] = match;
  const point = digits.indexOf('.');
  const fraction = point < 0 ? '' : digits.slice(point + 1);
  const mantissa = BigInt((point < 0 ? digits : digits.slice(0, point) + fraction) || '0');
  const binary = BINARY[suffix];
  const isExponent = suffix.length > 1 && binary === undefined;
  const exponent = isExponent ? Number(suffix.slice(1)) : binary === undefined ? (DECIMAL[suffix] ?? 0) : 0;
  if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) return undefined;
  let scaled = mantissa << BigInt(10 * (binary ?? 0));
  const scale = exponent + 9 - fraction.length;
  scaled = scale >= 0 ? scaled * powerOfTen(scale) : divideAway(scaled, powerOfTen(-scale));
  if (scaled > MAX_UNITS * NANO) scaled = MAX_UNITS * NANO;
  const format: QuantityFormat = isExponent ? 'DecimalExponent' : binary === undefined ? 'DecimalSI' : 'BinarySI';
  return { nano: sign === '-' ? -scaled : scaled, format };
}

/** The canonical text: no fraction, the largest suffix that keeps it whole (Quantity.CanonicalizeBytes). */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const units = nano / NANO;
  if (format === 'BinarySI' && (units >= 1024n || units <= -1024n)) {
    let amount = divideAway(nano, NANO);
    let power = 0;
    while (power < 6 && amount % 1024n === 0n) {
      amount /= 1024n;
      power++;
    }
    return `${amount}${BINARY_SUFFIX[power]}`;
  }
  let amount = nano;
  let exponent = -9;
  while (exponent < 18 && amount % 1000n === 0n) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
  return `${amount}${DECIMAL_SUFFIX[exponent]}`;
}

interface Rounded {
  readonly value: number;
  readonly milli: number;
}

// Clusters use few distinct quantities; the cap keeps hostile input from filling memory.
const CACHE_MAX = 10_000;
const rounded = new Map<QuantityText, Rounded>();

function roundedOf(text: QuantityText): Rounded {
  const known = rounded.get(text);
  if (known !== undefined) return known;
  const nano = parseQuantity(text)?.nano ?? 0n;
  const entry = { value: Number(divideAway(nano, NANO)), milli: Number(divideAway(nano, 1_000_000n)) };
  if (rounded.size < CACHE_MAX) rounded.set(text, entry);
  return entry;
}

/** Quantity.Value(): whole units, rounded up. Text that is no quantity counts as 0 (validation refuses it at the door). */
export function quantityValue(text: QuantityText | undefined): number {
  return text === undefined ? 0 : roundedOf(text).value;
}

/** Quantity.MilliValue(): thousandths, rounded up. */
export function quantityMilliValue(text: QuantityText | undefined): number {
  return text === undefined ? 0 : roundedOf(text).milli;
}

/** -1, 0 or 1, exactly. */
export function compareQuantities(a: QuantityText, b: QuantityText): number {
  const left = parseQuantity(a)?.nano ?? 0n;
  const right = parseQuantity(b)?.nano ?? 0n;
  return left < right ? -1 : left > right ? 1 : 0;
}
