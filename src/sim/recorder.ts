/** What hosts leave behind: counters, histograms, gauges, spans and marks. Recording never changes a run. */

import type { Duration, Instant } from './time.ts';

/** A number of occurrences, summed over hosts, kept per time bucket. */
export interface Counter {
  add(count?: number): void;
}
/** A distribution (durations in microseconds unless the metric's name says otherwise), overall and per time bucket. */
export interface Histogram {
  observe(value: number): void;
}
/** A level (queue depth, pods Running). Over hosts of one name the levels add up; the series holds the last level in each time bucket. */
export interface Gauge {
  set(value: number): void;
  add(delta: number): void;
}

export type Labels = Readonly<Record<string, string>>;

/** A host asks for its instruments once, in its constructor or `start`, and keeps them. Equal (name, labels) share an instrument. */
export interface Recorder {
  /** Metric names are Kubernetes' own where one exists (apiserver_request_duration_seconds). */
  counter(name: string, labels?: Labels): Counter;
  histogram(name: string, labels?: Labels): Histogram;
  gauge(name: string, labels?: Labels): Gauge;
  /** One step of a subject's way (subject: 'pods/<namespace>/<name>'); `wavetank trace` prints them. */
  span(subject: string, name: string, start: Instant, duration: Duration, detail?: string): void;
  /** Something the reader of a graph must see on the time axis: a fault, a heal, a phase of the scenario. */
  mark(name: string, detail?: string): void;
  /** A line of the event log (kept only when the run asks for it). */
  log(text: string): void;
  /** A record of a host's own making: `read` is called when the run is over, once, and answers plain data that crosses threads. */
  keep(name: string, read: () => unknown): void;
}
