/** How far a command is whose work comes in steps, on stderr: a line that changes on a terminal, a line every ten seconds in a pipe, and how long the rest takes. */

import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { clock } from './progress.ts';

const BAR = 24;
/** On a terminal ten times a second, in a pipe every ten seconds. */
const EVERY_MS = { terminal: 100, pipe: 10_000 };
/** Longest stretch of work without a turn of the event loop: Ctrl-C is heard in between. */
const SLICE_MS = 40;
/** Below this much progress a forecast says nothing. */
const LEAST_SHARE = 0.005;

/** What of a stream is used, so that a test can bring its own. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };

export class StepProgress {
  readonly #stream: ProgressStream;
  readonly #quiet: boolean;
  readonly #now: () => number;
  readonly #began: number;
  #shownAt: number;
  #turnedAt: number;
  #drawn = false;
  /** What was done before this process began cost it no time. */
  #head: number | undefined;

  constructor(stream: ProgressStream, quiet: boolean, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#now = now;
    this.#began = now();
    this.#turnedAt = this.#began;
    this.#shownAt = stream.isTTY === true ? Number.NEGATIVE_INFINITY : this.#began;
  }

  /** `share` of all the work is done, 0 to 1; `words` are made only when they are shown. */
  show(share: number, words: () => string): void {
    if (this.#quiet) return;
    this.#head ??= share;
    const isTerminal = this.#stream.isTTY === true;
    const now = this.#now();
    if (now - this.#shownAt < (isTerminal ? EVERY_MS.terminal : EVERY_MS.pipe)) return;
    this.#shownAt = now;
    const fresh = share - this.#head;
    const seconds = (now - this.#began) / 1e3;
    const left = fresh > LEAST_SHARE ? `, ${clock((seconds / fresh) * Math.max(0, 1 - share))} left` : '';
    if (!isTerminal) {
      this.#stream.write(`${Math.round(share * 100)} %: ${words()}${left}\n`);
      return;
    }
    const full = Math.min(BAR, Math.round(share * BAR));
    this.#stream.write(`\r\x1b[2K${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${words()}${left}`);
    this.#drawn = true;
  }

  /** To be awaited between steps that are one long calculation together. */
  async turn(): Promise<void> {
    const now = this.#now();
    if (now - this.#turnedAt < SLICE_MS) return;
    await setImmediate();
    this.#turnedAt = this.#now();
  }

  /** Takes the line away, before others are printed. */
  finish(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K');
    this.#drawn = false;
  }
}
