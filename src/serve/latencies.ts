/** Queues and latencies of a cluster that runs, from what its hosts record: levels as they are, latencies of what was answered since the last look. */

import { type Instruments, slotValue } from '#sim';
import type { LiveRun } from './live-run.ts';

type Histograms = Instruments['histograms'];

/** Counts by slot, of all histograms of one name. */
function countsOf(histograms: Histograms, name: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const one of histograms) {
    if (one.name !== name || one.labels['verb'] === 'WATCH') continue;
    const { pairs } = one.overall;
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const slot = pairs[i] as number;
      counts.set(slot, (counts.get(slot) ?? 0) + (pairs[i + 1] as number));
    }
  }
  return counts;
}

/** In milliseconds; null when nothing came. */
function percentile(counts: ReadonlyMap<number, number>, before: ReadonlyMap<number, number>, share: number): number | null {
  const fresh = [...counts].map(([slot, count]) => [slot, count - (before.get(slot) ?? 0)] as const).filter(([, count]) => count > 0);
  const total = fresh.reduce((sum, [, count]) => sum + count, 0);
  if (total <= 0) return null;
  let seen = 0;
  for (const [slot, count] of fresh.sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= share * total) return Math.round(slotValue(slot) * 1e6) / 1e3;
  }
  return null;
}

const HISTOGRAMS = { apiServer: 'apiserver_request_duration_seconds', etcd: 'etcd_request_duration_seconds' } as const;

export class Latencies {
  private readonly before = new Map<string, ReadonlyMap<number, number>>();

  since(run: LiveRun): object {
    const { gauges, histograms } = run.instruments();
    const latency: Record<string, { readonly p50: number | null; readonly p99: number | null }> = {};
    for (const [key, name] of Object.entries(HISTOGRAMS)) {
      const counts = countsOf(histograms, name);
      const before = this.before.get(name) ?? new Map<number, number>();
      latency[key] = { p50: percentile(counts, before, 0.5), p99: percentile(counts, before, 0.99) };
      this.before.set(name, counts);
    }
    const queues: Record<string, number> = {};
    for (const { name, labels, values } of gauges)
      if (name === 'scheduler_pending_pods') {
        const queue = labels['queue'] ?? '';
        queues[queue] = (queues[queue] ?? 0) + (values[values.length - 1] ?? 0);
      }
    return { queues, latencyMs: latency };
  }
}
