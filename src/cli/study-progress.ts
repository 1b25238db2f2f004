/** How far a study is, on stderr: trials done and under way, and how long the rest takes. */

import { performance } from 'node:perf_hooks';
import type { StudyProgress } from '#experiment';
import { clock } from './progress.ts';

const BAR = 24;
/** On a terminal ten times a second, in a pipe every ten seconds. */
const EVERY_MS = { terminal: 100, pipe: 10_000 };

export class StudyProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #quiet: boolean;
  readonly #began = performance.now();
  #shownAt: number;
  #drawn = false;
  /** Trials that were known before this process began cost it no time. */
  #head: number | undefined;

  constructor(stream: NodeJS.WriteStream, quiet: boolean) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#shownAt = stream.isTTY ? Number.NEGATIVE_INFINITY : this.#began;
  }

  show({ done, total, running, share }: StudyProgress, what = 'trials'): void {
    if (this.#quiet) return;
    this.#head ??= total === 0 ? 0 : done / total;
    const now = performance.now();
    if (now - this.#shownAt < (this.#stream.isTTY ? EVERY_MS.terminal : EVERY_MS.pipe)) return;
    this.#shownAt = now;
    const fresh = share - this.#head;
    const seconds = (now - this.#began) / 1e3;
    const left = fresh > 0.005 ? `, ${clock((seconds / fresh) * Math.max(0, 1 - share))} left` : '';
    const words = `${done} of ${total} ${what}, ${running} under way${left}`;
    if (!this.#stream.isTTY) {
      this.#stream.write(`${Math.round(share * 100)} %: ${words}\n`);
      return;
    }
    const full = Math.min(BAR, Math.round(share * BAR));
    this.#stream.write(`\r\x1b[2K${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${words}`);
    this.#drawn = true;
  }

  finish(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K');
    this.#drawn = false;
  }
}
