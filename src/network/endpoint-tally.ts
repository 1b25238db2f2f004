/** What clients count of each endpoint they ask: what a collector of metrics takes away for autoscalers and for those who judge a new version. */

import type { EndpointRequests, Scraped } from '#api';
import type { Context } from '#sim';
import type { Latency } from './traffic-batch.ts';
import type { TrafficPlan } from './traffic-plan.ts';

interface Count {
  readonly namespace: string;
  readonly service: string;
  readonly address: string;
  sent: number;
  failed: number;
  seconds: number;
}

export class EndpointTally {
  readonly #counts = new Map<string, Count>();

  #of({ namespace, service }: TrafficPlan, address: string): Count {
    const key = `${namespace}/${service}/${address}`;
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { namespace, service, address, sent: 0, failed: 0, seconds: 0 }));
    return count;
  }

  failed(plan: TrafficPlan, address: string, count: number): void {
    const tally = this.#of(plan, address);
    tally.sent += count;
    tally.failed += count;
  }

  /** Who waited longer than he would has not been answered. */
  answered(plan: TrafficPlan, address: string, latencies: readonly Latency[]): void {
    if (latencies.length === 0) return;
    const tally = this.#of(plan, address);
    for (const [duration, count] of latencies) {
      tally.sent += count;
      if (duration > plan.timeout) tally.failed += count;
      else tally.seconds += (duration / 1e6) * count;
    }
  }

  tell(ctx: Context): void {
    const requests: EndpointRequests[] = [...this.#counts.values()].map((count) => ({ ...count }));
    const scraped: Scraped = { kind: 'Scraped', at: ctx.clock(), requests };
    ctx.send(ctx.source, scraped);
  }
}
