/** How far `wavetank bench` is: which workload runs, how many pods of its operation have a node, and how long all that is left takes. */

import { perfWeight } from '#experiment';
import type { PerfWorkload } from '#scenario';
import { type ProgressStream, StepProgress } from './step-progress.ts';

export class BenchProgress {
  readonly #stream: ProgressStream;
  readonly #quiet: boolean;
  readonly #line: StepProgress;
  readonly #all: readonly PerfWorkload[];
  readonly #weight: number;
  /** Weight of the workloads that are done. */
  #before = 0;
  #at = 0;

  constructor(stream: ProgressStream, quiet: boolean, workloads: readonly PerfWorkload[]) {
    this.#stream = stream;
    this.#quiet = quiet;
    this.#line = new StepProgress(stream, quiet);
    this.#all = workloads;
    this.#weight = workloads.reduce((sum, each) => sum + perfWeight(each), 0);
  }

  begin(workload: PerfWorkload): void {
    this.#at += 1;
    // A line that changes says it on a terminal.
    if (!this.#quiet && this.#stream.isTTY !== true) this.#stream.write(`${this.#words(workload)}\n`);
  }

  show(workload: PerfWorkload, share: number, scheduled: number): void {
    const all = (this.#before + share * perfWeight(workload)) / Math.max(1, this.#weight);
    this.#line.show(all, () => `${this.#words(workload)}${scheduled > 0 ? `, ${scheduled} pods scheduled` : ''}`);
  }

  end(workload: PerfWorkload): void {
    this.#before += perfWeight(workload);
    this.#line.finish();
  }

  finish(): void {
    this.#line.finish();
  }

  #words({ testCase, name }: PerfWorkload): string {
    return `${this.#at} of ${this.#all.length}: ${testCase}/${name}`;
  }
}
