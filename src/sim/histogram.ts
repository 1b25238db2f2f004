/** Log-linear histograms (after HdrHistogram): 128 steps to each doubling from 2^-21 to 2^50, so a percentile is within 0.8 % of the value,
 *  and exact for whole numbers below 256. Fractions are kept: a metric in seconds works as well as one in microseconds. */

const STEP_BITS = 7;
const STEPS = 1 << STEP_BITS;
const LEAST_EXPONENT = -21;
const DOUBLINGS = 71;
/** Slot 0 holds zero, negatives and what is below 2^-21. */
const SLOTS = 1 + STEPS * DOUBLINGS;
/** Exponent and top seven bits of the mantissa of 2^-21, as the upper word of a double shows them. */
const FIRST = (1023 + LEAST_EXPONENT) << STEP_BITS;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** The slot of a value: the double's exponent and the top of its mantissa. */
export function slotOf(value: number): number {
  if (!(value > 0)) return 0;
  double[0] = value;
  const slot = ((words[1] as number) >>> (20 - STEP_BITS)) - FIRST + 1;
  return slot < 0 ? 0 : slot >= SLOTS ? SLOTS - 1 : slot;
}

/** The value a slot stands for: its lower edge where that is a whole step, else its middle. */
export function slotValue(slot: number): number {
  if (slot === 0) return 0;
  const exponent = ((slot - 1) >>> STEP_BITS) + LEAST_EXPONENT;
  words[0] = 0;
  words[1] = (slot - 1 + FIRST) << (20 - STEP_BITS);
  const edge = double[0] as number;
  if (exponent >= 0 && exponent <= STEP_BITS) return edge;
  words[1] = (1023 + exponent) << 20;
  return edge + (double[0] as number) / (2 * STEPS);
}

/** Counts by slot while they grow. */
export interface Counts {
  count: number;
  sum: number;
  min: number;
  max: number;
  slots: Uint32Array;
}

/** Counts at rest: pairs of slot and count, ascending. Plain data; crosses threads. */
export interface PackedCounts {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly pairs: Uint32Array;
}

export const emptyCounts = (): Counts => ({ count: 0, sum: 0, min: Infinity, max: -Infinity, slots: new Uint32Array(0) });

/** Counts one value. */
export function countValue(into: Counts, value: number): void {
  const slot = slotOf(value);
  if (slot >= into.slots.length) widen(into, slot + 1);
  into.slots[slot] = (into.slots[slot] as number) + 1;
  into.count++;
  into.sum += value;
  if (value < into.min) into.min = value;
  if (value > into.max) into.max = value;
}

/** What was counted, at rest. */
export function packCounts(counts: Counts): PackedCounts {
  let used = 0;
  for (const count of counts.slots) if (count !== 0) used++;
  const pairs = new Uint32Array(2 * used);
  let at = 0;
  for (let slot = 0; slot < counts.slots.length; slot++) {
    const count = counts.slots[slot] as number;
    if (count === 0) continue;
    pairs[at++] = slot;
    pairs[at++] = count;
  }
  return { count: counts.count, sum: counts.sum, min: counts.min, max: counts.max, pairs };
}

/** The sum of several. */
export function mergePacked(all: readonly PackedCounts[]): PackedCounts {
  if (all.length === 1) return all[0] as PackedCounts;
  const into = emptyCounts();
  for (const packed of all) addPacked(into, packed);
  return packCounts(into);
}

/** Counts once more what was counted elsewhere. */
export function addPacked(into: Counts, { count, sum, min, max, pairs }: PackedCounts): void {
  const last = pairs.length === 0 ? 0 : (pairs[pairs.length - 2] as number) + 1;
  if (last > into.slots.length) widen(into, last);
  for (let i = 0; i < pairs.length; i += 2) {
    const slot = pairs[i] as number;
    into.slots[slot] = (into.slots[slot] as number) + (pairs[i + 1] as number);
  }
  into.count += count;
  into.sum += sum;
  into.min = Math.min(into.min, min);
  into.max = Math.max(into.max, max);
}

/** The value below which a share `q` (0..1) of the samples lies; NaN without samples. Never outside what was seen. */
export function percentileOf(counts: PackedCounts, q: number): number {
  if (counts.count === 0) return Number.NaN;
  const rank = Math.max(1, Math.ceil(q * counts.count));
  let seen = 0;
  for (let i = 0; i < counts.pairs.length; i += 2) {
    seen += counts.pairs[i + 1] as number;
    if (seen >= rank) return Math.min(counts.max, Math.max(counts.min, slotValue(counts.pairs[i] as number)));
  }
  return counts.max;
}

/** How many samples are at most `bound`, as sharply as the steps allow: those of the bound's own step count. */
export function countAtMost(counts: PackedCounts, bound: number): number {
  const last = slotOf(bound);
  let seen = 0;
  for (let i = 0; i < counts.pairs.length && (counts.pairs[i] as number) <= last; i += 2) seen += counts.pairs[i + 1] as number;
  return seen;
}

/** Empties counts so that their array can be used again. */
export function clearCounts(counts: Counts): void {
  counts.slots.fill(0);
  counts.count = 0;
  counts.sum = 0;
  counts.min = Infinity;
  counts.max = -Infinity;
}

function widen(counts: Counts, atLeast: number): void {
  const slots = new Uint32Array(Math.min(SLOTS, Math.max(atLeast + STEPS, 64)));
  slots.set(counts.slots);
  counts.slots = slots;
}
