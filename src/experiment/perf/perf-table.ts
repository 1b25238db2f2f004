/** A table of scheduler_perf workloads: what each came to in virtual time and by our own clocks, beside its threshold. Rows are plain data, so that a table
 *  can be kept, continued and drawn again. */

import type { PerfWorkload } from '#scenario';
import type { PerfResult } from './perf-bench.ts';

export interface PerfRow {
  /** The folder of the file: 'affinity', 'dra/extendedresource'. */
  readonly topic: string;
  readonly testCase: string;
  readonly workload: string;
  readonly labels: readonly string[];
  /** Pods a second; null where the file sets none. */
  readonly threshold: number | null;
  /** 'ok' strictly above the threshold, 'below', '-' without one, 'failed', 'skipped'. */
  readonly verdict: 'ok' | 'below' | '-' | 'failed' | 'skipped';
  /** Why skipped or failed. */
  readonly reason?: string;
  readonly pods?: number;
  /** Pods a second under the cost model: the bucket that the file's threshold is about. */
  readonly virtual?: number;
  /** Pods a second of our own code, while metrics were collected. */
  readonly wall?: number;
  readonly cpu?: number;
  /** The whole workload, its setting up included. */
  readonly wallSeconds?: number;
  readonly digest?: string;
}

/** Characters of a failure's text. */
const MOST_REASON = 300;

const BUCKETS = { Average: 'average', Perc50: 'p50', Perc90: 'p90', Perc95: 'p95', Perc99: 'p99' } as const;

/** What the threshold is about: the average, unless the file names a percentile. */
export function measuredRate({ workload, throughput }: PerfResult): number | undefined {
  return throughput?.[BUCKETS[workload.thresholdBucket as keyof typeof BUCKETS] ?? 'average'];
}

/** Strictly above, as upstream. A workload without a threshold passes. */
export function passesThreshold(result: PerfResult): boolean {
  return result.workload.threshold === 0 || (measuredRate(result) ?? 0) > result.workload.threshold;
}

const rounded = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value * 10) / 10);

function named(workload: PerfWorkload): Pick<PerfRow, 'topic' | 'testCase' | 'workload' | 'labels' | 'threshold'> {
  const { topic, testCase, name, labels, threshold } = workload;
  return { topic, testCase, workload: name, labels, threshold: threshold === 0 ? null : threshold };
}

export const skippedRow = (workload: PerfWorkload): PerfRow => ({ ...named(workload), verdict: 'skipped', reason: workload.skipped ?? '' });

export function measuredRow(result: PerfResult): PerfRow {
  const { workload, failure, measuredPods, wallPodsPerSecond, cpuPodsPerSecond, wallSeconds, digest } = result;
  if (failure !== undefined)
    return {
      ...named(workload),
      verdict: 'failed',
      reason: failure.length > MOST_REASON ? `${failure.slice(0, MOST_REASON)}...` : failure,
    };
  return {
    ...named(workload),
    verdict: workload.threshold === 0 ? '-' : passesThreshold(result) ? 'ok' : 'below',
    pods: measuredPods,
    virtual: rounded(measuredRate(result)),
    wall: rounded(wallPodsPerSecond),
    cpu: rounded(cpuPodsPerSecond),
    wallSeconds: rounded(wallSeconds),
    digest,
  };
}

export const rowName = ({ topic, testCase, workload }: Pick<PerfRow, 'topic' | 'testCase' | 'workload'>): string =>
  `${topic}/${testCase}/${workload}`;

function summary(rows: readonly PerfRow[]): string {
  const count = (verdict: PerfRow['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
  const ran = rows.length - count('skipped');
  return `${rows.length} workloads: ${ran} run, ${count('failed')} of them failed; ${count('ok')} above their threshold, ${count('below')} below, ${count('-')} without one; ${count('skipped')} skipped.`;
}

const shown = (value: number | null | undefined): string => (value === null || value === undefined ? '' : value.toLocaleString('en-US'));

const NOTES = '<!-- notes: written by hand, kept when the table is written again -->';
const END_OF_NOTES = '<!-- end of notes -->';

/** What people wrote into an earlier table. */
function notesIn(table: string): string {
  const begin = table.indexOf(NOTES);
  const end = table.indexOf(END_OF_NOTES);
  return begin < 0 || end < begin ? '' : table.slice(begin + NOTES.length, end).trim();
}

function belowThreshold(rows: readonly PerfRow[]): string {
  const below = rows.filter(({ verdict }) => verdict === 'below');
  const each = below.map((row) => `${row.testCase} / ${row.workload} (${shown(row.virtual ?? 0)} of ${shown(row.threshold)})`);
  return below.length === 0 ? 'None is below its threshold.' : `Below their threshold: ${each.join('; ')}.`;
}

/** Markdown. `earlier` is the table that this one takes the place of: its notes stay. */
export function drawPerfTable(rows: readonly PerfRow[], command: string, earlier = ''): string {
  const notes = notesIn(earlier);
  const lines = [
    "# Kubernetes' scheduler_perf",
    '',
    `Written by \`${command}\`. ${summary(rows)}`,
    '',
    'Virtual pods/s are what the modelled scheduler reaches under the cost model (`src/scheduler/costs.ts`), sampled as upstream samples; the threshold is',
    "the file's own for upstream's CI machines. Pods/s by the wall clock and by CPU time are those of all our code (API server, etcd, scheduler, test driver)",
    'in one thread while metrics were collected, on the machine that wrote this table and under whatever load it had. Virtual figures and digests are the same on every machine. Where all pods',
    'were scheduled at one instant there is no rate. Of the feature gates that the names speak of, SchedulerQueueingHints, SchedulerAsyncPreemption',
    'and, for failed attempts, SchedulerAsyncAPICalls are switched.',
    '',
    belowThreshold(rows),
    '',
    NOTES,
    ...(notes === '' ? [] : ['', notes, '']),
    END_OF_NOTES,
  ];
  for (const topic of [...new Set(rows.map((row) => row.topic))]) {
    lines.push('', `## ${topic}`, '', '| case / workload | pods | virtual pods/s | threshold | verdict | wall pods/s | CPU pods/s |');
    lines.push('|---|---:|---:|---:|---|---:|---:|');
    for (const row of rows.filter((one) => one.topic === topic)) {
      const verdict = row.reason === undefined ? row.verdict : `${row.verdict}: ${row.reason.replaceAll('|', '\\|')}`;
      lines.push(
        `| ${row.testCase} / ${row.workload} | ${shown(row.pods)} | ${shown(row.virtual)} | ${shown(row.threshold)} | ${verdict} | ${shown(row.wall)} | ${shown(row.cpu)} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
