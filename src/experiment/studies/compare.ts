/** A against B, metric by metric: how far apart, how sure, how much it matters. Pairs share their seed, so both met the same arrivals and faults. */

import { mean, sampleStandardDeviation } from 'simple-statistics';
import { bootstrapInterval, type Pair } from './statistics/bootstrap.ts';
import { holm } from './statistics/holm.ts';
import { fewestPairs, signedRank } from './statistics/signed-rank.ts';
import { STUDY_METRICS, type StudyMetric, studyMetric } from './study-metrics.ts';
import type { TrialRecord } from './trial.ts';
import { studyDigest } from './trial-key.ts';
import { verdictOf } from './verdict-words.ts';

export interface MetricComparison {
  readonly metric: string;
  readonly unit: string;
  readonly description: string;
  readonly better: StudyMetric['better'];
  readonly pairs: number;
  readonly a: SideSummary;
  readonly b: SideSummary;
  /** Mean of b minus mean of a, in the metric's unit. */
  readonly difference: number;
  /** The same as a share of a's mean; null where that is 0. */
  readonly change: number | null;
  /** Confidence interval of `change`, or of `difference` where there is no change to speak of; null with fewer than three pairs. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly intervalOf: 'change' | 'difference';
  /** Wilcoxon signed-rank, two-sided. */
  readonly p: number;
  /** After Holm's correction for all metrics of this comparison. */
  readonly pCorrected: number;
  /** Cohen's d of the pairs' differences; null where they are all equal and not 0: the effect is then without bounds. */
  readonly effect: number | null;
  /** Matched-pairs rank-biserial correlation, -1 to 1. */
  readonly rankBiserial: number;
  readonly verdict: 'different' | 'no difference shown' | 'equal' | 'too few pairs';
  readonly words: string;
}

export interface SideSummary {
  readonly mean: number;
  /** Null with one value. */
  readonly sd: number | null;
  readonly values: readonly number[];
}

export interface Comparison {
  readonly format: 'wavetank-comparison/1';
  readonly version: string;
  readonly a: { readonly name: string; readonly what: string };
  readonly b: { readonly name: string; readonly what: string };
  readonly level: number;
  readonly seeds: readonly number[];
  /** Pairs of runs whose digests are equal: nothing whatever differs in them. */
  readonly equalRuns: number;
  readonly digest: string;
  readonly partial: boolean;
  readonly verdict: string;
  readonly metrics: readonly MetricComparison[];
  readonly notes: readonly string[];
}

export interface CompareRequest {
  readonly version: string;
  readonly a: { readonly name: string; readonly what: string };
  readonly b: { readonly name: string; readonly what: string };
  /** By default those that STUDY_METRICS calls headline. */
  readonly metrics?: readonly string[];
  readonly level?: number;
  readonly partial?: boolean;
  readonly notes?: readonly string[];
}

export interface RunPair {
  readonly a: TrialRecord;
  readonly b: TrialRecord;
}

/** What belongs together: the same seed. */
export function pairsOf(records: readonly TrialRecord[], a: string, b: string): readonly RunPair[] {
  const key = ({ seed, repeat }: TrialRecord): string => `${seed}/${repeat}`;
  const others = new Map(records.filter(({ arm }) => arm === b).map((record) => [key(record), record]));
  return records
    .filter(({ arm }) => arm === a)
    .flatMap((record) => {
      const other = others.get(key(record));
      return other === undefined ? [] : [{ a: record, b: other }];
    })
    .sort((x, y) => x.a.seed - y.a.seed);
}

/** Metrics that at least one pair measured on both sides. */
function measuredBy(pairs: readonly RunPair[], asked: readonly string[] | undefined): readonly string[] {
  const names =
    asked ??
    Object.entries(STUDY_METRICS)
      .filter(([, { headline }]) => headline === true)
      .map(([name]) => name);
  return names.filter((name) => pairs.some(({ a, b }) => a.metrics[name] !== undefined && b.metrics[name] !== undefined));
}

export function compare(pairs: readonly RunPair[], request: CompareRequest): Comparison {
  const level = request.level ?? 0.95;
  const names = measuredBy(pairs, request.metrics);
  const drafts = names.map((name) => draftOf(name, pairs, level));
  const corrected = holm(drafts.map(({ p }) => p));
  const fewest = fewestPairs(1 - level, drafts.filter(({ p }) => p < 1).length);
  const metrics = drafts.map((draft, i) => {
    const pCorrected = corrected[i] as number;
    const verdict = judged(draft, pCorrected, level, fewest);
    return { ...draft, pCorrected, verdict, words: verdictOf({ ...draft, pCorrected, verdict }, level) };
  });
  const equalRuns = pairs.filter(({ a, b }) => a.digest === b.digest).length;
  const notes = [...(request.notes ?? [])];
  const enough = metrics.every(({ verdict }) => verdict !== 'too few pairs');
  if (!enough)
    notes.push(
      `${pairs.length} pair${pairs.length === 1 ? '' : 's'} of runs can show no difference of ${metrics.length} metrics at ${percent(level)} confidence; ${fewest} could (--seeds ${fewest}). What differs here differs in these runs, which virtual time makes exact; whether it does in others is not shown.`,
    );
  const failures = pairs.flatMap(({ a, b }) => [a, b]).filter(({ failure }) => failure !== undefined);
  for (const { arm, seed, failure } of failures.slice(0, 5)) notes.push(`${arm}, seed ${seed}: ${failure}`);
  return {
    format: 'wavetank-comparison/1',
    version: request.version,
    a: request.a,
    b: request.b,
    level,
    seeds: pairs.map(({ a }) => a.seed),
    equalRuns,
    digest: studyDigest(pairs.flatMap(({ a, b }) => [a, b])),
    partial: request.partial ?? false,
    verdict: summaryOf(metrics, pairs.length, equalRuns, request),
    metrics,
    notes,
  };
}

type Draft = Omit<MetricComparison, 'pCorrected' | 'verdict' | 'words'>;

function draftOf(name: string, runs: readonly RunPair[], level: number): Draft {
  const info = studyMetric(name) as StudyMetric;
  const pairs: Pair[] = runs.flatMap(({ a, b }) => {
    const [left, right] = [a.metrics[name], b.metrics[name]];
    return left === undefined || right === undefined ? [] : [{ a: left, b: right }];
  });
  const differences = pairs.map(({ a, b }) => b - a);
  const a = side(pairs.map((pair) => pair.a));
  const b = side(pairs.map((pair) => pair.b));
  const { plus, minus, p } = signedRank(differences);
  const byChange = pairs.every((pair) => pair.a >= 0) && a.mean > 0;
  const statistic = byChange ? changeOf : differenceOf;
  const difference = b.mean - a.mean;
  const interval = bootstrapInterval(pairs, statistic, level, `bootstrap ${name}`);
  return {
    metric: name,
    unit: info.unit,
    description: info.description,
    better: info.better,
    pairs: pairs.length,
    a,
    b,
    difference,
    change: byChange ? difference / a.mean : null,
    interval: interval === undefined || interval.some(Number.isNaN) ? null : interval,
    intervalOf: byChange ? 'change' : 'difference',
    p,
    effect: cohen(differences),
    rankBiserial: plus + minus === 0 ? 0 : (plus - minus) / (plus + minus),
  };
}

const sum = (pairs: readonly Pair[], of: 'a' | 'b'): number => pairs.reduce((total, pair) => total + pair[of], 0);
/** Of a resample in which A has nothing at all, nothing can be said. */
const changeOf = (pairs: readonly Pair[]): number => {
  const before = sum(pairs, 'a');
  return before === 0 ? (sum(pairs, 'b') === 0 ? 0 : 1) : (sum(pairs, 'b') - before) / before;
};
const differenceOf = (pairs: readonly Pair[]): number => (sum(pairs, 'b') - sum(pairs, 'a')) / pairs.length;

function side(values: readonly number[]): SideSummary {
  return { mean: mean([...values]), sd: values.length < 2 ? null : sampleStandardDeviation([...values]), values };
}

function cohen(differences: readonly number[]): number | null {
  const middle = mean([...differences]);
  if (differences.length < 2) return middle === 0 ? 0 : null;
  const sd = sampleStandardDeviation([...differences]);
  if (sd <= 1e-12 * Math.abs(middle)) return middle === 0 ? 0 : null;
  return middle / sd;
}

/** Different only where test and interval agree. */
function judged(draft: Draft, pCorrected: number, level: number, fewest: number): MetricComparison['verdict'] {
  if (draft.difference === 0 && draft.p === 1) return 'equal';
  if (draft.pairs < fewest) return 'too few pairs';
  const [low, high] = draft.interval ?? [-1, 1];
  return pCorrected < 1 - level && (low > 0 || high < 0) ? 'different' : 'no difference shown';
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

function summaryOf(metrics: readonly MetricComparison[], pairs: number, equalRuns: number, { b }: CompareRequest): string {
  if (pairs === 0) return 'nothing was compared: no seed ran on both sides';
  if (equalRuns === pairs)
    return `no difference: in ${pairs === 1 ? 'the one pair' : `all ${pairs} pairs`} of runs everything that happened is the same (equal digests)`;
  const changed = metrics.filter(({ verdict }) => verdict === 'different');
  const same = metrics.filter(({ verdict }) => verdict === 'no difference shown' || verdict === 'equal');
  const few = metrics.filter(({ verdict }) => verdict === 'too few pairs');
  const parts: string[] = [];
  if (changed.length > 0)
    parts.push(
      `${b.name} ${ordered(changed)
        .slice(0, 4)
        .map(({ words }) => words)
        .join('; ')}`,
    );
  if (changed.length > 4) parts.push(`${changed.length - 4} more metrics differ`);
  if (few.length > 0)
    parts.push(
      `in ${pairs === 1 ? 'this pair' : `these ${pairs} pairs`} of runs: ${b.name} ${ordered(few)
        .slice(0, 3)
        .map(({ words }) => words)
        .join('; ')}`,
    );
  if (changed.length === 0 && few.length === 0) parts.push('no difference shown in any metric');
  else if (same.length > 0) {
    const nouns = same.slice(0, 3).map(({ metric }) => (studyMetric(metric) as StudyMetric).noun);
    parts.push(`${nouns.join(', ')}${same.length > 3 ? ` and ${same.length - 3} more` : ''} no different`);
  }
  return parts.join('; ');
}

/** What can be said plainly first, then the greatest change. */
function ordered(metrics: readonly MetricComparison[]): readonly MetricComparison[] {
  const rank = ({ metric, change }: MetricComparison): number =>
    (studyMetric(metric)?.verb === undefined ? 0 : 1e6) + Math.min(1e5, Math.abs(change ?? 0));
  return metrics.toSorted((x, y) => rank(y) - rank(x));
}
