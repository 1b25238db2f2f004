/** result.json: everything a run leaves for people. Reports, exports and comparisons are drawn from it alone. Format version 1. */

import type { RunInputs } from './run-inputs.ts';

/** One `expect` entry, judged. */
export interface Verdict {
  readonly metric: string;
  /** As the scenario wrote it: '< 1000', '>= 0.99'. */
  readonly expected: string;
  readonly measured: number | null;
  readonly unit: string;
  readonly pass: boolean;
  /** What the number is, in a sentence; where it was measured; what it rests on ('assumed' costs). */
  readonly note?: string;
}

/** A distribution in summary: durations in milliseconds unless the unit says otherwise. */
export interface Distribution {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** The shape, where the run kept it: [upper bound, samples up to it and above the bound before]. */
  readonly buckets?: readonly (readonly [upTo: number, count: number])[];
}

/** A metric over time: `values[i]` is for the bucket that starts at `i * bucketSeconds`. A bucket without samples is null. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: 'counter' | 'gauge' | 'p50' | 'p95' | 'p99' | 'count' | 'mean' | 'max';
  readonly unit: string;
  readonly values: readonly (number | null)[];
}

/** A metric of a component as a scrape at the run's end would have found it, under its own name; components of one name and label are added up. */
export interface MetricFamily {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of a histogram: the upper bounds of its buckets, ascending; +Inf is understood. */
  readonly bounds?: readonly number[];
  readonly samples: readonly FamilySample[];
}

export interface FamilySample {
  readonly labels: Readonly<Record<string, string>>;
  /** Of a counter or gauge. */
  readonly value?: number;
  /** Of a histogram. */
  readonly sum?: number;
  /** Of a histogram: samples of each bucket alone, that above the last bound at the end; zeros at the end are left out. */
  readonly counts?: readonly number[];
}

/** Distribution over nodes at some instants: for the heat chart (rows: deciles of utilisation, columns: time). */
export interface UtilisationHeat {
  readonly resource: 'cpu' | 'memory' | 'pods';
  readonly atSeconds: readonly number[];
  /** counts[t][d]: nodes whose requested share is in decile d (0: under 10 %, ..., 10: full or above) at atSeconds[t]. */
  readonly counts: readonly (readonly number[])[];
}

export interface MeasuredMetric {
  readonly value: number;
  readonly unit: string;
}

export interface Result {
  readonly format: 'wavetank-result/1';
  readonly digest: string;
  readonly seed: number;
  /** The scenario's name. */
  readonly scenario: string;
  /** The scenario as it ran, after --set, and the text of its head comment. */
  readonly scenarioSource: unknown;
  readonly question?: string;
  /** Files that the scenario names, as the run found them. */
  readonly inputs?: RunInputs;
  readonly version: string;
  readonly node: string;
  readonly simulatedSeconds: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly partial: boolean;
  /** Why it is partial or ended early. */
  readonly ended?: string;
  readonly nodes: number;
  readonly podsCreated: number;
  readonly podsBound: number;
  readonly podsRunning: number;
  readonly containersStarted: number;
  readonly shards: {
    readonly used: number;
    /** How often the first shard ran; on several threads this depends on timing, as the seconds do. */
    readonly windows: number;
    readonly events: number;
    readonly messages: number;
    readonly barrierSeconds: number;
    readonly meanWindowMs: number;
  };
  readonly verdicts: readonly Verdict[];
  /** Every metric of `expect` that could be measured, over the whole run; results of older versions lack it. */
  readonly metrics?: Readonly<Record<string, MeasuredMetric>>;
  /** The components' own metrics by Kubernetes' and etcd's names; results of older versions lack them. */
  readonly families?: readonly MetricFamily[];
  readonly bucketSeconds: number;
  readonly distributions: Readonly<Record<string, Distribution>>;
  readonly series: readonly Series[];
  readonly heat: readonly UtilisationHeat[];
  /** Faults, phases: what must stand on the time axis. */
  readonly marks: readonly { readonly atSeconds: number; readonly name: string; readonly detail?: string }[];
  /** Lifted limits, assumed costs, and other things a reader must know before trusting a number. */
  readonly notes: readonly string[];
  /** Scheduling attempts took our own CPU time: the digest belongs to this run alone. */
  readonly cost?: 'measured';
}
