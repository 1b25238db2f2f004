/** How the metrics of a control plane under load are measured (src/scenario/control-plane-metrics.ts). */

import type { CONTROL_PLANE_METRICS, Phase } from '#scenario';
import type { Labels, RecordedRun } from '#sim';
import type { Measure, Measured } from './measures.ts';

type Name = keyof typeof CONTROL_PLANE_METRICS;

const LATENCY = 'wavetank_load_request_seconds';

const labelsOf = (during: string | undefined): Labels => (during === undefined ? {} : { phase: during });
const total = (recorded: RecordedRun, name: string, labels: Labels): number => recorded.counter(name, labels)?.total ?? 0;

function samples(name: string, q: number): Measure {
  return ({ recorded }, during) => {
    const found = recorded.histogram(name, labelsOf(during))?.overall;
    if (found === undefined || found.count === 0) return { value: null, note: 'no samples' };
    return { value: (q >= 1 ? found.max : found.percentile(q)) * 1e3, note: `${found.count} samples` };
  };
}

/** A share of the load's requests; null without any. */
function share(part: (recorded: RecordedRun, labels: Labels) => number, of: (recorded: RecordedRun, labels: Labels) => number): Measure {
  return ({ recorded }, during) => {
    const labels = labelsOf(during);
    const all = of(recorded, labels);
    const some = part(recorded, labels);
    return all === 0 ? { value: null, note: 'no requests' } : { value: some / all, note: `${some} of ${all} requests` };
  };
}

const sent = (recorded: RecordedRun, labels: Labels): number => total(recorded, 'wavetank_load_sent_total', labels);
const answered = (recorded: RecordedRun, labels: Labels): number => total(recorded, 'wavetank_load_answered_total', labels);
const failed = (recorded: RecordedRun, labels: Labels): number => total(recorded, 'wavetank_load_failed_total', labels);

/** Seconds of the phases with this name, or of all phases that carry load, within the run. */
function seconds(phases: readonly Phase[], during: string | undefined, stoppedAt: number): number {
  const meant = phases.filter(({ name }) => during === undefined || name === during);
  const from = Math.min(...meant.map((phase) => phase.from));
  const to = Math.max(...meant.map((phase) => Math.min(phase.to, stoppedAt)));
  return Math.max(1e-6, (to - from) / 1e6);
}

const answers =
  (match: (code: number) => boolean): Measure =>
  ({ recorded, stoppedAt }) => {
    let count = 0;
    for (const { name, labels, total: times } of recorded.counters)
      if (name === 'apiserver_request_total' && match(Number(labels['code']))) count += times;
    return { value: count / Math.max(1e-6, stoppedAt / 1e6), note: `${count} answers` };
  };

const marks =
  (name: string, less: number): Measure =>
  ({ recorded }): Measured => ({ value: Math.max(0, recorded.marks.filter((mark) => mark.name === name).length - less) });

/** As users see it: until the end of the last bucket after the loss that was not good. */
const restoreTime: Measure = ({ recorded, stoppedAt }) => {
  const { bucket, buckets, marks: all } = recorded;
  const lost = all.find(({ name, detail = '' }) => name === 'etcd panic' && detail.endsWith('its disk is lost'))?.at;
  if (lost === undefined) return { value: null, note: "no member's disk was lost" };
  const good = recorded.counter('wavetank_load_answered_total')?.values ?? [];
  const bad = recorded.counter('wavetank_load_failed_total')?.values ?? [];
  const isBad = (at: number): boolean => (good[at] ?? 0) === 0 || (bad[at] ?? 0) > 0.01 * (good[at] ?? 0);
  const asked = recorded.counter('wavetank_load_sent_total')?.values ?? [];
  let last = Math.min(buckets, Math.floor(stoppedAt / bucket)) - 1;
  while (last > 0 && (asked[last] ?? 0) === 0) last -= 1;
  // The load may end within that one.
  if (isBad(last)) last -= 1;
  if (isBad(last)) return { value: null, note: 'requests were not answered to the end' };
  while (last * bucket > lost && !isBad(last)) last -= 1;
  return { value: Math.max(0, (last + 1) * bucket - lost) / 1e6, note: `in steps of ${bucket / 1e6} s` };
};

export const CONTROL_PLANE_MEASURES: Readonly<Record<Name, Measure>> = {
  loadLatencyP50: samples(LATENCY, 0.5),
  loadLatencyP95: samples(LATENCY, 0.95),
  loadLatencyP99: samples(LATENCY, 0.99),
  loadLatencyMax: samples(LATENCY, 1),
  loadAnswered: ({ recorded, stoppedAt }, during, { phases }) => ({
    value: answered(recorded, labelsOf(during)) / seconds(phases, during, stoppedAt),
  }),
  loadFailed: share(failed, (recorded, labels) => failed(recorded, labels) + answered(recorded, labels)),
  loadUnanswered: share((recorded, labels) => sent(recorded, labels) - failed(recorded, labels) - answered(recorded, labels), sent),
  watchLatencyP50: samples('wavetank_load_watch_seconds', 0.5),
  watchLatencyP99: samples('wavetank_load_watch_seconds', 0.99),
  watchersEnded: ({ recorded }) => ({
    value: recorded.counters.reduce((sum, { name, total: times }) => sum + (name === 'apiserver_terminated_watchers_total' ? times : 0), 0),
  }),
  throttled: answers((code) => code === 429),
  serverErrors: answers((code) => code >= 500),
  etcdFsyncP99: ({ recorded }) => {
    const found = recorded.histogram('etcd_disk_wal_fsync_duration_seconds')?.overall;
    return { value: found === undefined || found.count === 0 ? null : found.percentile(0.99) * 1e3 };
  },
  etcdElections: (run, during, scenario) =>
    marks('etcd leader', scenario.cluster.etcd.filter(({ members }) => members > 1).length)(run, during, scenario),
  restoreTime,
  restoreLost: ({ recorded }) => {
    const found = recorded.histogram('wavetank_etcd_restore_lost_seconds')?.overall;
    return found === undefined || found.count === 0 ? { value: null, note: 'nothing was restored' } : { value: found.max };
  },
  etcdAlarms: marks('etcd alarm', 0),
};
