/** How many seats each priority level has right now: its shares of the server's, and what others lend. Mirrors apiserver v1.34
 *  pkg/util/flowcontrol/apf_controller.go (updateBorrowingLocked) and conc_alloc.go (max-min fairness over what levels lately wanted). */

import type { PriorityLevel } from './priority-levels.ts';

/** Of yesterday's wish, what is remembered each period (seatDemandSmoothingCoefficient). */
const SMOOTHING = 0.977;
const BISECTIONS = 50;

export interface Allocation {
  readonly level: PriorityLevel;
  readonly nominal: number;
  readonly least: number;
  readonly most: number;
  /** Seats now. */
  limit: number;
  /** Most seats wanted at once since the last adjustment. */
  highest: number;
  smoothed: number;
}

/** Seats by shares, before anyone lends. */
export function allocations(levels: readonly PriorityLevel[], serverSeats: number): Allocation[] {
  const shares = levels.reduce((sum, level) => sum + level.shares, 0);
  const nominal = levels.map((level) => (shares === 0 ? 0 : Math.ceil((serverSeats * level.shares) / shares)));
  const lendable = levels.map((level, i) => Math.round(((nominal[i] as number) * level.lendable) / 100));
  const pool = lendable.reduce((sum, seats) => sum + seats, 0);
  return levels.map((level, i) => ({
    level,
    nominal: nominal[i] as number,
    least: (nominal[i] as number) - (lendable[i] as number),
    most: (nominal[i] as number) + borrowable(level, nominal[i] as number, pool - (lendable[i] as number)),
    limit: nominal[i] as number,
    highest: 0,
    smoothed: 0,
  }));
}

/** What a level may take from others: all that they lend, or less where it is told so. */
const borrowable = ({ borrowing }: PriorityLevel, nominal: number, lent: number): number =>
  borrowing === undefined ? lent : Math.min(lent, Math.round((nominal * borrowing) / 100));

/** Divides the seats anew by what was wanted since the last time. */
export function adjust(levels: readonly Allocation[], serverSeats: number): void {
  let least = 0;
  for (const one of levels) {
    one.smoothed = Math.max(one.highest, SMOOTHING * one.smoothed + (1 - SMOOTHING) * one.highest);
    one.highest = 0;
    least += floorOf(one);
  }
  // When even what is wanted fits, everybody gets it and the rest is spread alike; else all get the same fraction of their wish, within bounds.
  if (least > serverSeats) {
    for (const one of levels) one.limit = one.nominal;
    return;
  }
  let low = 0;
  let high = serverSeats;
  for (let i = 0; i < BISECTIONS; i++) {
    const fraction = (low + high) / 2;
    let total = 0;
    for (const one of levels) total += seatsAt(one, fraction);
    if (total > serverSeats) high = fraction;
    else low = fraction;
  }
  for (const one of levels) one.limit = Math.round(seatsAt(one, low));
}

/** Nobody is brought below what it wants while that is within its own seats. */
const floorOf = (one: Allocation): number => Math.max(one.least, Math.min(one.nominal, one.smoothed));
const seatsAt = (one: Allocation, fraction: number): number =>
  Math.max(floorOf(one), Math.min(one.most, fraction * Math.max(1, one.smoothed, one.least)));
