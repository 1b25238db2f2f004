/** How the metrics of requests to Services are measured (src/scenario/traffic-metrics.ts). */

import type { TRAFFIC_METRICS } from '#scenario';
import type { Labels, RecordedRun } from '#sim';
import type { Measure, Measured } from './measures.ts';

type Name = keyof typeof TRAFFIC_METRICS;

const REQUESTS = 'wavetank_requests_total';
const FAILED = 'wavetank_requests_failed_total';
const SLOW = 'wavetank_requests_slow_total';

const labelsOf = (during: string | undefined): Labels => (during === undefined ? {} : { phase: during });
const total = (recorded: RecordedRun, name: string, during: string | undefined): number =>
  recorded.counter(name, labelsOf(during))?.total ?? 0;

/** A count that nothing could raise proves nothing. */
const ofRequests =
  (measured: (recorded: RecordedRun, during: string | undefined, requests: number) => Measured): Measure =>
  ({ recorded }, during) => {
    const requests = total(recorded, REQUESTS, during);
    return requests === 0 ? { value: null, note: 'no requests' } : measured(recorded, during, requests);
  };

function reasons(recorded: RecordedRun, during: string | undefined): string {
  const sums = new Map<string, number>();
  for (const { name, labels, total: times } of recorded.counters) {
    if (name !== FAILED || times === 0 || (during !== undefined && labels['phase'] !== during)) continue;
    sums.set(labels['reason'] ?? '', (sums.get(labels['reason'] ?? '') ?? 0) + times);
  }
  return [...sums].map(([reason, times]) => `${times} ${reason}`).join(', ');
}

const count = (name: string): Measure =>
  ofRequests((recorded, during, requests) => {
    const why = name === FAILED ? reasons(recorded, during) : '';
    return { value: total(recorded, name, during), note: `of ${requests} requests${why === '' ? '' : `: ${why}`}` };
  });
const share = (name: string): Measure =>
  ofRequests((recorded, during, requests) => {
    const some = total(recorded, name, during);
    return { value: some / requests, note: `${some} of ${requests} requests` };
  });
const latency =
  (q: number): Measure =>
  ({ recorded }, during) => {
    const found = recorded.histogram('wavetank_request_seconds', labelsOf(during))?.overall;
    if (found === undefined || found.count === 0) return { value: null, note: 'no answers' };
    return { value: found.percentile(q) * 1e3, note: `${found.count} answers` };
  };

export const TRAFFIC_MEASURES: Readonly<Record<Name, Measure>> = {
  requests: ofRequests((_recorded, _during, requests) => ({ value: requests })),
  failedRequests: count(FAILED),
  failedRequestShare: share(FAILED),
  slowRequests: count(SLOW),
  slowRequestShare: share(SLOW),
  requestLatencyP50: latency(0.5),
  requestLatencyP95: latency(0.95),
  requestLatencyP99: latency(0.99),
  cpuUsed({ recorded, stoppedAt }, during, { phases }) {
    const used = recorded.gauge('wavetank_cpu_used_millicores')?.values;
    const there = recorded.gauge('wavetank_allocatable', { resource: 'cpu' })?.values;
    if (used === undefined || there === undefined) return { value: null, note: 'no container says what CPU it uses' };
    const phase = phases.find(({ name }) => name === during);
    const from = Math.floor((phase?.from ?? 0) / recorded.bucket);
    const to = Math.ceil(Math.min(phase?.to ?? stoppedAt, stoppedAt) / recorded.bucket);
    let [sum, of] = [0, 0];
    for (let bucket = from; bucket < to; bucket++) {
      sum += used[bucket] ?? 0;
      of += there[bucket] ?? 0;
    }
    return { value: of === 0 ? null : sum / of };
  },
  drainTime: ({ recorded }) => {
    const took = recorded.histogram('wavetank_drain_seconds')?.overall;
    const refused = recorded.counter('wavetank_drain_refusals_total')?.total ?? 0;
    if (took === undefined || took.count === 0) return { value: null, note: 'no drain was over at the end' };
    return { value: took.max, note: `${refused} evictions refused at first` };
  },
  evictions: ({ recorded }) => ({ value: recorded.counter('kubelet_evictions')?.total ?? 0 }),
  containerRestarts: ({ recorded }) => ({ value: recorded.counter('kubelet_restarted_containers_total')?.total ?? 0 }),
  probes: ({ recorded }) => ({
    value: recorded.counter('prober_probe_total')?.total ?? 0,
    note: `startup, readiness and liveness probes, ${recorded.counter('prober_probe_total', { result: 'failed' })?.total ?? 0} of them failed; of containers that run, up to a minute ago`,
  }),
};
