/** How long an attempt keeps the scheduling thread busy: what the real scheduler would need, a fixed time, or what our own code needed. */

import type { Duration } from '#sim';

/** 'model': from the calibration (costs.ts). 'measured': this program's own CPU time, which no two runs share. A number: microseconds an attempt. */
export type CostMode = 'model' | 'measured' | number;

/** CPU time used so far, microseconds. Comes from outside: code in simulated time cannot read a clock. */
export type CpuClock = () => number;

export class CostMeter {
  readonly #mode: CostMode;
  readonly #clock: CpuClock;
  #since = 0;
  #isFirst = true;

  constructor(mode: CostMode = 'model', clock?: CpuClock) {
    if (mode === 'measured' && clock === undefined) throw new Error("cost 'measured' needs a clock for CPU time");
    this.#mode = mode;
    this.#clock = clock ?? (() => 0);
  }

  /** An attempt begins. */
  begin(): void {
    this.#isFirst = true;
    this.resume();
  }

  /** It goes on after waiting for somebody else. */
  resume(): void {
    if (this.#mode === 'measured') this.#since = this.#clock();
  }

  /** What has passed since begin, resume or the last reading; `modelled` is the real scheduler's share. At least 1. */
  read(modelled: Duration): Duration {
    if (this.#mode === 'model') return modelled;
    if (this.#mode === 'measured') {
      const now = this.#clock();
      const spent = Math.max(1, Math.round(now - this.#since));
      this.#since = now;
      return spent;
    }
    const cost = this.#isFirst ? this.#mode : 0;
    this.#isFirst = false;
    return cost;
  }
}
