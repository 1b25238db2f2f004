/** SchedulingThroughput as scheduler_perf samples it (v1.36 util.go, throughputCollector): pods newly scheduled each second, the first second with any dropped,
 *  seconds without any filled with the mean of the interval they belong to. Samples leave as marks, beside the wall clock of our own code. */

import type { Pod } from '#api';
import type { InformerEvent } from '#client';
import type { Context, Instant } from '#sim';
import { carries } from './pod-waits.ts';

export const SAMPLE_MARK = 'bench sample';
export const BEGIN_MARK = 'bench collecting begins';
export const END_MARK = 'bench collecting ends';

/** Readings of our own clocks. */
export interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export class SchedulingCollector {
  #namespaces: ReadonlySet<string> | undefined;
  #labels: Readonly<Record<string, string>> = {};
  #scheduled = 0;
  #before = -1;
  #skipped = 0;
  #total = 0;
  #first: Instant = 0;
  #last: Instant = 0;

  see({ object, previous, type }: InformerEvent<Pod>, now: Instant): void {
    if (type === 'delete' || !this.#isCounted(object)) return;
    if ((object.spec?.nodeName ?? '') !== '' && (previous?.spec?.nodeName ?? '') === '') {
      if (this.#total === 0) this.#first = now;
      this.#last = now;
      this.#scheduled++;
      this.#total++;
    }
  }

  #isCounted(pod: Pod): boolean {
    const namespaces = this.#namespaces;
    if (namespaces === undefined || (namespaces.size > 0 && !namespaces.has(pod.metadata?.namespace ?? ''))) return false;
    return carries(pod, this.#labels);
  }

  /** No namespaces: all of them. */
  start(namespaces: readonly string[], labels: Readonly<Record<string, string>>, ctx: Context, spent: Spent): void {
    this.#namespaces = new Set(namespaces);
    this.#labels = labels;
    this.#scheduled = 0;
    this.#before = -1;
    this.#skipped = 0;
    this.#total = 0;
    ctx.record.mark(BEGIN_MARK, `${spent.wallMs} ${spent.cpuMs}`);
  }

  /** Takes this second's sample; false when nothing is being collected. */
  sample(ctx: Context): boolean {
    if (this.#namespaces === undefined) return false;
    const fresh = this.#scheduled;
    if (this.#before < 0) {
      if (fresh > 0) this.#before = 0;
      this.#scheduled = 0;
      return true;
    }
    if (fresh === 0) {
      this.#skipped++;
      return true;
    }
    const rate = fresh / (1 + this.#skipped);
    for (let i = 0; i <= this.#skipped; i++) ctx.record.mark(SAMPLE_MARK, String(rate));
    this.#skipped = 0;
    this.#scheduled = 0;
    return true;
  }

  stop(ctx: Context, spent: Spent): void {
    if (this.#namespaces === undefined) return;
    this.sample(ctx);
    this.#namespaces = undefined;
    ctx.record.mark(END_MARK, `${spent.wallMs} ${spent.cpuMs} ${this.#total} ${this.#last - this.#first}`);
  }
}
