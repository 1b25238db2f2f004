/** What a run recorded, merged over its shards: the same, whatever the placement. Verdicts, results and traces are read from it. */

import type { PackedCounts } from './histogram.ts';
import { countAtMost, mergePacked, percentileOf } from './histogram.ts';
import type { Labels } from './recorder.ts';
import type { KeptRecord, RecordedLine, RecordedMark, RecorderSnapshot } from './shard-recorder.ts';
import { seriesKey } from './shard-recorder.ts';
import type { Span } from './spans.ts';
import type { Duration, Instant } from './time.ts';

/** A counter: what was counted in each time bucket, and in all. */
export interface RecordedCounter {
  readonly name: string;
  readonly labels: Labels;
  readonly total: number;
  readonly values: Float64Array;
}
/** A gauge: the last level in each time bucket, carried on through buckets without a change. */
export interface RecordedGauge {
  readonly name: string;
  readonly labels: Labels;
  readonly values: Float64Array;
}
/** A summary of samples. All NaN (count 0) where there were none. */
export class Samples {
  readonly #counts: PackedCounts;
  constructor(counts: PackedCounts) {
    this.#counts = counts;
  }
  get count(): number {
    return this.#counts.count;
  }
  get sum(): number {
    return this.#counts.sum;
  }
  get mean(): number {
    return this.#counts.sum / this.#counts.count;
  }
  get min(): number {
    return this.#counts.count === 0 ? Number.NaN : this.#counts.min;
  }
  get max(): number {
    return this.#counts.count === 0 ? Number.NaN : this.#counts.max;
  }
  /** `q` in 0..1. */
  percentile(q: number): number {
    return percentileOf(this.#counts, q);
  }
  /** How many are at most `bound`. */
  atMost(bound: number): number {
    return countAtMost(this.#counts, bound);
  }
}
/** A histogram: all samples, and those of each time bucket. */
export interface RecordedHistogram {
  readonly name: string;
  readonly labels: Labels;
  readonly overall: Samples;
  /** Undefined for a bucket without samples. */
  readonly buckets: readonly (Samples | undefined)[];
}

interface MergedHistogram {
  readonly name: string;
  readonly labels: Labels;
  readonly overall: readonly PackedCounts[];
  readonly buckets: readonly (readonly PackedCounts[])[];
}

/** All that was recorded. Lists are sorted by name and labels; `match` selects those that carry every given label. */
export class RecordedRun {
  readonly bucket: Duration;
  /** Number of time buckets up to the run's end. */
  readonly buckets: number;
  readonly counters: readonly RecordedCounter[];
  readonly gauges: readonly RecordedGauge[];
  readonly marks: readonly RecordedMark[];
  readonly log: readonly RecordedLine[];
  /** Records of hosts' own making, by host; those of one host in the order in which it began them. */
  readonly kept: readonly KeptRecord[];
  readonly #histograms: readonly MergedHistogram[];
  readonly #snapshots: readonly RecorderSnapshot[];

  constructor(snapshots: readonly RecorderSnapshot[], bucket: Duration, stoppedAt: Instant, worldMarks: readonly RecordedMark[]) {
    this.bucket = bucket;
    this.buckets = Math.max(1, Math.ceil(stoppedAt / bucket));
    this.#snapshots = snapshots;
    this.counters = mergeCounters(snapshots, this.buckets);
    this.gauges = mergeGauges(snapshots, this.buckets);
    this.#histograms = mergeHistograms(snapshots, this.buckets);
    this.marks = inOrder([...worldMarks, ...snapshots.flatMap((snapshot) => snapshot.marks)]);
    this.log = inOrder(snapshots.flatMap((snapshot) => snapshot.log));
    this.kept = snapshots.flatMap((snapshot) => snapshot.kept).sort((a, b) => a.host - b.host);
  }

  get histograms(): readonly RecordedHistogram[] {
    return this.#histograms.map(samplesOf);
  }

  /** Each histogram's samples, without the time buckets. */
  get distributions(): readonly { readonly name: string; readonly labels: Labels; readonly samples: Samples }[] {
    return this.#histograms.map(({ name, labels, overall }) => ({ name, labels, samples: new Samples(mergePacked(overall)) }));
  }

  /** Sum of the counters that match; undefined when none does. */
  counter(name: string, match: Labels = {}): RecordedCounter | undefined {
    const found = this.counters.filter((counter) => matches(counter, name, match));
    if (found.length === 0) return undefined;
    return { name, labels: match, total: found.reduce((sum, { total }) => sum + total, 0), values: sumOf(found, this.buckets) };
  }

  /** Sum of the gauges that match; undefined when none does. */
  gauge(name: string, match: Labels = {}): RecordedGauge | undefined {
    const found = this.gauges.filter((gauge) => matches(gauge, name, match));
    return found.length === 0 ? undefined : { name, labels: match, values: sumOf(found, this.buckets) };
  }

  /** All samples of the histograms that match; undefined when none does. */
  histogram(name: string, match: Labels = {}): RecordedHistogram | undefined {
    return this.#merged(match, (histogram) => matches(histogram, name, match));
  }

  /** As `histogram`, over all whose labels a predicate accepts. */
  histogramWhere(name: string, accepts: (labels: Labels) => boolean): RecordedHistogram | undefined {
    return this.#merged({}, (histogram) => histogram.name === name && accepts(histogram.labels));
  }

  /** The labels under which histograms of this name were recorded. */
  histogramLabels(name: string): readonly Labels[] {
    return this.#histograms.filter((histogram) => histogram.name === name).map(({ labels }) => labels);
  }

  #merged(labels: Labels, accepts: (histogram: MergedHistogram) => boolean): RecordedHistogram | undefined {
    const found = this.#histograms.filter(accepts);
    const name = found[0]?.name;
    if (name === undefined) return undefined;
    const overall = found.flatMap((histogram) => histogram.overall);
    const buckets = Array.from({ length: this.buckets }, (_, i) => found.flatMap((histogram) => histogram.buckets[i] ?? []));
    const merged: MergedHistogram = { name, labels, overall, buckets };
    return samplesOf(merged);
  }

  /** A subject's steps, by start, then host. */
  spansOf(subject: string): readonly Span[] {
    const spans: Span[] = [];
    for (const { spans: columns } of this.#snapshots) {
      const id = columns.strings.indexOf(subject);
      if (id < 0) continue;
      for (let row = 0; row < columns.count; row++) if (columns.subject[row] === id) spans.push(spanAt(columns, row));
    }
    return spans.sort((a, b) => a.start - b.start || a.host - b.host);
  }

  /** Every span, shard by shard; for writing them all out or for statistics over them. */
  *allSpans(): Iterable<Span> {
    for (const { spans: columns } of this.#snapshots) for (let row = 0; row < columns.count; row++) yield spanAt(columns, row);
  }

  /** What the shards handed over, for whoever wants the span columns as they are. */
  get snapshots(): readonly RecorderSnapshot[] {
    return this.#snapshots;
  }
}

function spanAt(columns: RecorderSnapshot['spans'], row: number): Span {
  const detail = columns.detail[row] as number;
  return {
    subject: columns.strings[columns.subject[row] as number] as string,
    name: columns.strings[columns.name[row] as number] as string,
    host: columns.host[row] as number,
    start: columns.start[row] as number,
    duration: columns.duration[row] as number,
    detail: detail < 0 ? undefined : columns.strings[detail],
  };
}

function matches(series: { name: string; labels: Labels }, name: string, match: Labels): boolean {
  if (series.name !== name) return false;
  for (const key of Object.keys(match)) if (series.labels[key] !== match[key]) return false;
  return true;
}

function samplesOf({ name, labels, overall, buckets }: MergedHistogram): RecordedHistogram {
  return {
    name,
    labels,
    overall: new Samples(mergePacked(overall)),
    buckets: buckets.map((counts) => (counts.length === 0 ? undefined : new Samples(mergePacked(counts)))),
  };
}

function sumOf(series: readonly { values: Float64Array }[], buckets: number): Float64Array {
  const sum = new Float64Array(buckets);
  for (const { values } of series) for (let i = 0; i < buckets; i++) sum[i] = (sum[i] as number) + (values[i] as number);
  return sum;
}

function inOrder<T extends { at: Instant; host: number }>(entries: T[]): T[] {
  return entries.sort((a, b) => a.at - b.at || a.host - b.host);
}

/** Groups equal series over the shards and sorts them by key. */
function group<T extends { name: string; labels: Labels }>(all: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const series of all) {
    const key = seriesKey(series.name, series.labels);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, [series]);
    else found.push(series);
  }
  return [...groups.keys()].sort().map((key) => groups.get(key) as T[]);
}

function mergeCounters(snapshots: readonly RecorderSnapshot[], buckets: number): RecordedCounter[] {
  return group(snapshots.flatMap(({ counters }) => counters)).map((same) => {
    const first = same[0] as RecordedCounter;
    const values = new Float64Array(buckets);
    for (const each of same)
      for (let i = 0; i < Math.min(buckets, each.values.length); i++) values[i] = (values[i] as number) + (each.values[i] as number);
    return { name: first.name, labels: first.labels, total: same.reduce((sum, { total }) => sum + total, 0), values };
  });
}

function mergeGauges(snapshots: readonly RecorderSnapshot[], buckets: number): RecordedGauge[] {
  return group(snapshots.flatMap(({ gauges }) => gauges)).map((same) => {
    const first = same[0] as RecordedGauge;
    const values = new Float64Array(buckets);
    for (const each of same) {
      let level = 0;
      for (let i = 0; i < buckets; i++) {
        const seen = each.values[i];
        if (seen !== undefined && !Number.isNaN(seen)) level = seen;
        values[i] = (values[i] as number) + level;
      }
    }
    return { name: first.name, labels: first.labels, values };
  });
}

function mergeHistograms(snapshots: readonly RecorderSnapshot[], buckets: number): MergedHistogram[] {
  return group(snapshots.flatMap(({ histograms }) => histograms)).map((same) => {
    const { name, labels } = same[0] as (typeof same)[number];
    return {
      name,
      labels,
      overall: same.map(({ overall }) => overall),
      buckets: Array.from({ length: buckets }, (_, i) => same.flatMap((each) => each.buckets[i] ?? [])),
    };
  });
}
