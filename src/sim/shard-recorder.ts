/** The recorder of one shard: instruments that cost a few nanoseconds, and a snapshot of plain data that crosses threads. */

import type { Counts, PackedCounts } from './histogram.ts';
import { addPacked, clearCounts, countValue, emptyCounts, mergePacked, packCounts } from './histogram.ts';
import type { HostId } from './host.ts';
import type { Counter, Gauge, Histogram, Labels, Recorder } from './recorder.ts';
import type { SpanColumns } from './spans.ts';
import { SpanTable } from './spans.ts';
import type { Duration, Instant } from './time.ts';

/** Time as instruments see it: the bucket of the event at hand. */
interface Ticker {
  index: number;
}

class BucketCounter implements Counter {
  total = 0;
  values = new Float64Array(16);
  readonly #ticker: Ticker;

  constructor(ticker: Ticker) {
    this.#ticker = ticker;
  }

  add(count = 1): void {
    const index = this.#ticker.index;
    if (index >= this.values.length) this.values = widened(this.values, index, 0);
    this.values[index] = (this.values[index] as number) + count;
    this.total += count;
  }
}

/** The sum of the hosts' levels; a bucket without a change is NaN until the snapshot is merged. */
class GaugeSum {
  level = 0;
  values = new Float64Array(16).fill(Number.NaN);
  readonly #ticker: Ticker;

  constructor(ticker: Ticker) {
    this.#ticker = ticker;
  }

  add(delta: number): void {
    const index = this.#ticker.index;
    if (index >= this.values.length) this.values = widened(this.values, index, Number.NaN);
    this.level += delta;
    this.values[index] = this.level;
  }
}

/** One host's share of a gauge. */
class HostGauge implements Gauge {
  #level = 0;
  readonly #sum: GaugeSum;

  constructor(sum: GaugeSum) {
    this.#sum = sum;
  }

  set(value: number): void {
    this.#sum.add(value - this.#level);
    this.#level = value;
  }

  add(delta: number): void {
    this.#sum.add(delta);
    this.#level += delta;
  }
}

/** Counts densely in the bucket at hand; buckets gone by are kept packed. */
class BucketHistogram implements Histogram {
  /** Of the buckets gone by. */
  readonly #overall: Counts = emptyCounts();
  readonly #current: Counts = emptyCounts();
  readonly #buckets: (PackedCounts | undefined)[] = [];
  readonly #ticker: Ticker;
  #index = 0;

  constructor(ticker: Ticker) {
    this.#ticker = ticker;
  }

  observe(value: number): void {
    if (this.#ticker.index !== this.#index) this.#close();
    countValue(this.#current, value);
  }

  /** Everything so far; the buckets go on as they are. */
  overall(): PackedCounts {
    return mergePacked([packCounts(this.#overall), packCounts(this.#current)]);
  }

  packed(): { overall: PackedCounts; buckets: (PackedCounts | undefined)[] } {
    this.#close();
    return { overall: packCounts(this.#overall), buckets: Array.from(this.#buckets) };
  }

  #close(): void {
    if (this.#current.count > 0) {
      const packed = packCounts(this.#current);
      this.#buckets[this.#index] = packed;
      addPacked(this.#overall, packed);
      clearCounts(this.#current);
    }
    this.#index = this.#ticker.index;
  }
}

interface Named<T> {
  readonly name: string;
  readonly labels: Labels;
  readonly of: T;
}

/** What a shard recorded: plain data, structured-cloneable. */
export interface RecorderSnapshot {
  readonly counters: readonly { name: string; labels: Labels; total: number; values: Float64Array }[];
  readonly gauges: readonly { name: string; labels: Labels; values: Float64Array }[];
  readonly histograms: readonly { name: string; labels: Labels; overall: PackedCounts; buckets: readonly (PackedCounts | undefined)[] }[];
  readonly spans: SpanColumns;
  readonly marks: readonly RecordedMark[];
  readonly log: readonly RecordedLine[];
  readonly kept: readonly KeptRecord[];
}
export type Instruments = Pick<RecorderSnapshot, 'counters' | 'gauges' | 'histograms'>;
const NO_SERIES = new Float64Array(0);
/** What a host kept in a form of its own (Recorder.keep). */
export interface KeptRecord {
  readonly host: HostId;
  readonly name: string;
  readonly data: unknown;
}
export interface RecordedMark {
  readonly at: Instant;
  readonly host: HostId;
  readonly name: string;
  readonly detail?: string;
}
export interface RecordedLine {
  readonly at: Instant;
  readonly host: HostId;
  readonly text: string;
}

/** How busy the simulation itself was: events a time bucket, the sum over all shards. */
export const TURNS_METRIC = 'wavetank_events_total';

/** The event at hand: when, and whose turn it is. */
export interface Turn {
  readonly now: Instant;
  readonly self: HostId;
}

/** One for all hosts of a shard, which says before each time bucket that it begins. */
export class ShardRecorder implements Recorder {
  /** End of the bucket at hand: before anything later, `enter`. */
  bucketEnd: Instant;
  readonly #turn: Turn;
  readonly #bucket: Duration;
  readonly #ticker: Ticker = { index: 0 };
  /** Deliveries in the buckets gone by. */
  #counted = 0;
  readonly #turnCounter: BucketCounter;
  readonly #keepLog: boolean;
  readonly #counters = new Map<string, Named<BucketCounter>>();
  readonly #gauges = new Map<string, Named<GaugeSum>>();
  readonly #hostGauges = new Map<string, { host: HostId; gauge: HostGauge }>();
  readonly #histograms = new Map<string, Named<BucketHistogram>>();
  readonly #spans = new SpanTable();
  readonly #marks: RecordedMark[] = [];
  readonly #log: RecordedLine[] = [];
  readonly #kept: { readonly host: HostId; readonly name: string; readonly read: () => unknown }[] = [];

  constructor(bucket: Duration, keepLog: boolean, turn: Turn) {
    this.#bucket = bucket;
    this.bucketEnd = bucket as number;
    this.#keepLog = keepLog;
    this.#turn = turn;
    this.#turnCounter = instrument(this.#counters, TURNS_METRIC, {}, () => new BucketCounter(this.#ticker)).of;
  }

  /** Moves on to the bucket of `now`, if that is a later one; `events`: deliveries so far. */
  enter(now: Instant, events: number): void {
    if (now < this.bucketEnd) return;
    this.#count(events);
    this.#ticker.index = Math.floor(now / this.#bucket);
    this.bucketEnd = (this.#ticker.index + 1) * this.#bucket;
  }

  #count(events: number): void {
    if (events > this.#counted) this.#turnCounter.add(events - this.#counted);
    this.#counted = events;
  }

  counter(name: string, labels: Labels = {}): Counter {
    return instrument(this.#counters, name, labels, () => new BucketCounter(this.#ticker)).of;
  }

  histogram(name: string, labels: Labels = {}): Histogram {
    return instrument(this.#histograms, name, labels, () => new BucketHistogram(this.#ticker)).of;
  }

  gauge(name: string, labels: Labels = {}): Gauge {
    const sum = instrument(this.#gauges, name, labels, () => new GaugeSum(this.#ticker)).of;
    const key = `${this.#turn.self}/${seriesKey(name, labels)}`;
    let own = this.#hostGauges.get(key);
    if (own === undefined) {
      own = { host: this.#turn.self, gauge: new HostGauge(sum) };
      this.#hostGauges.set(key, own);
    }
    return own.gauge;
  }

  span(subject: string, name: string, start: Instant, duration: Duration, detail?: string): void {
    this.#spans.add(subject, name, this.#turn.self, start, duration, detail);
  }

  mark(name: string, detail?: string): void {
    this.#marks.push({ at: this.#turn.now, host: this.#turn.self, name, detail });
  }

  log(text: string): void {
    if (this.#keepLog) this.#log.push({ at: this.#turn.now, host: this.#turn.self, text });
  }

  keep(name: string, read: () => unknown): void {
    this.#kept.push({ host: this.#turn.self, name, read });
  }

  /** A crashed host's levels are gone. */
  forget(host: HostId): void {
    for (const own of this.#hostGauges.values()) if (own.host === host) own.gauge.set(0);
  }

  /** What the instruments show now, without series, spans and marks: for whoever looks while the run goes on. `events`: deliveries so far. */
  instruments(events: number): Instruments {
    this.#count(events);
    return {
      counters: [...this.#counters.values()].map(({ name, labels, of }) => ({ name, labels, total: of.total, values: NO_SERIES })),
      gauges: [...this.#gauges.values()].map(({ name, labels, of }) => ({ name, labels, values: Float64Array.of(of.level) })),
      histograms: [...this.#histograms.values()].map(({ name, labels, of }) => ({ name, labels, overall: of.overall(), buckets: [] })),
    };
  }

  /** `events`: deliveries so far. */
  snapshot(events: number): RecorderSnapshot {
    this.#count(events);
    return {
      counters: [...this.#counters.values()].map(({ name, labels, of }) => ({ name, labels, total: of.total, values: of.values })),
      gauges: [...this.#gauges.values()].map(({ name, labels, of }) => ({ name, labels, values: of.values })),
      histograms: [...this.#histograms.values()].map(({ name, labels, of }) => ({ name, labels, ...of.packed() })),
      spans: this.#spans.columns(),
      marks: this.#marks,
      log: this.#log,
      kept: this.#kept.map(({ host, name, read }) => ({ host, name, data: read() })),
    };
  }
}

/** One string for a name and its labels, whatever order the labels were given in. */
export function seriesKey(name: string, labels: Labels): string {
  const keys = Object.keys(labels).sort();
  return keys.length === 0 ? name : `${name}{${keys.map((key) => `${key}=${labels[key]}`).join(',')}}`;
}

function instrument<T>(all: Map<string, Named<T>>, name: string, labels: Labels, make: () => T): Named<T> {
  const key = seriesKey(name, labels);
  let found = all.get(key);
  if (found === undefined) {
    found = { name, labels, of: make() };
    all.set(key, found);
  }
  return found;
}

function widened(values: Float64Array<ArrayBuffer>, index: number, fill: number): Float64Array<ArrayBuffer> {
  const wider = new Float64Array(Math.max(index + 1, values.length * 2)).fill(fill);
  wider.set(values);
  return wider;
}
