/** What is counted of one plan's requests, by the stretch in which they were sent. */

import type { Context, Counter, Duration, Histogram, Recorder } from '#sim';
import type { TrafficPlan } from './traffic-plan.ts';

/** Why a request failed. */
export type Failure = 'name not resolved' | 'no endpoints' | 'refused' | 'timed out';

interface StretchTally {
  readonly requests: Counter;
  readonly slow: Counter;
  readonly latency: Histogram;
}

/** Texts of failures that one plan shows on the time axis. */
const MARKS_MOST = 5;

export class TrafficTally {
  private readonly plan: TrafficPlan;
  private readonly record: Recorder;
  private readonly stretches = new Map<string, StretchTally>();
  private readonly failures = new Map<string, Counter>();
  private readonly told = new Set<string>();

  constructor(plan: TrafficPlan, record: Recorder) {
    this.plan = plan;
    this.record = record;
    // A run without a single failure says 0, not nothing.
    for (const { name } of plan.stretches) this.failed(0, name, 'refused', undefined);
  }

  private of(phase: string): StretchTally {
    let tally = this.stretches.get(phase);
    if (tally === undefined) {
      const labels = { traffic: this.plan.name, phase };
      tally = {
        requests: this.record.counter('wavetank_requests_total', labels),
        slow: this.record.counter('wavetank_requests_slow_total', labels),
        latency: this.record.histogram('wavetank_request_seconds', labels),
      };
      this.stretches.set(phase, tally);
    }
    return tally;
  }

  sent(count: number, phase: string): void {
    this.of(phase).requests.add(count);
  }

  answered(latency: Duration, count: number, phase: string): void {
    const tally = this.of(phase);
    if (latency > this.plan.slowAfter) tally.slow.add(count);
    for (let i = 0; i < count; i++) tally.latency.observe(latency / 1e6);
  }

  /** `ctx`: to say so on the time axis, the first times. */
  failed(count: number, phase: string, reason: Failure, ctx: Context | undefined, where = ''): void {
    const key = `${phase}/${reason}`;
    let counter = this.failures.get(key);
    if (counter === undefined) {
      counter = this.record.counter('wavetank_requests_failed_total', { traffic: this.plan.name, phase, reason });
      this.failures.set(key, counter);
    }
    counter.add(count);
    if (ctx === undefined || this.told.size >= MARKS_MOST || this.told.has(`${reason}${where}`)) return;
    this.told.add(`${reason}${where}`);
    ctx.record.mark('requests fail', `${this.plan.name}: ${reason}${where === '' ? '' : ` (${where})`}`);
  }
}
