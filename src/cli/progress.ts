/** How far a run is, on stderr: one line that changes on a terminal, a line every ten seconds in a pipe. */

import { performance } from 'node:perf_hooks';
import type { RunProgress } from '#experiment';

const BAR = 24;

export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  #shownAt = Number.NEGATIVE_INFINITY;
  #drawn = false;
  #before: RunProgress | undefined;

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#quiet = quiet;
  }

  show(state: RunProgress): void {
    if (this.#quiet) return;
    const now = performance.now();
    const every = this.#stream.isTTY ? 100 : 10_000;
    if (!this.#stream.isTTY && this.#shownAt === Number.NEGATIVE_INFINITY) this.#shownAt = now;
    if (now - this.#shownAt < every) return;
    this.#shownAt = now;
    const rate = this.#rate(state);
    this.#before = state;
    const share = state.untilSeconds === 0 ? 1 : state.simulatedSeconds / state.untilSeconds;
    const left = share > 0.01 ? (state.wallSeconds / share) * (1 - share) : undefined;
    const words = `${clock(state.simulatedSeconds)} of ${clock(state.untilSeconds)} simulated, ${(rate / 1e6).toFixed(2)} M events/s${left === undefined ? '' : `, ${clock(left)} left`}`;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${Math.round(share * 100)} %: ${words}\n`);
      return;
    }
    const full = Math.round(share * BAR);
    this.#stream.write(`\r\x1b[2K${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${words}`);
    this.#drawn = true;
  }

  finish(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K');
    this.#drawn = false;
  }

  /** Events a wall second since the last line. */
  #rate(state: RunProgress): number {
    const before = this.#before;
    if (before === undefined || state.wallSeconds <= before.wallSeconds) return state.events / Math.max(0.001, state.wallSeconds);
    return (state.events - before.events) / (state.wallSeconds - before.wallSeconds);
  }
}

/** 75 -> '1m15s'. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
