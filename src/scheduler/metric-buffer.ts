/** What the real recorder of fine-grained durations lets through: a buffer of 1,000 samples, emptied once a second; what comes when it is full is dropped.
 *  Mirrors pkg/scheduler/metrics/metric_recorder.go v1.34 (MetricAsyncRecorder). */

import type { Histogram, Instant } from '#sim';
import { SECOND } from '#sim';

const BUFFER = 1000;

export class MetricBuffer {
  #second = -1;
  #left = BUFFER;

  /** Observes a value so many times, as far as there is room. */
  observe(histogram: Histogram, seconds: number, times: number, now: Instant): void {
    if (this.#left === 0 && now < (this.#second + 1) * SECOND) return;
    const second = Math.floor(now / SECOND);
    if (second !== this.#second) {
      this.#second = second;
      this.#left = BUFFER;
    }
    const count = Math.min(times, this.#left);
    this.#left -= count;
    for (let i = 0; i < count; i++) histogram.observe(seconds);
  }
}
