/** What a sweep found: each metric at each point, with how well it is known; and when a point needs no more seeds. */

import { mean, sampleStandardDeviation } from 'simple-statistics';
import { studentQuantile } from './statistics/student.ts';
import { studyMetric } from './study-metrics.ts';
import type { StopRule, SweepPlan } from './sweep-plan.ts';
import type { TrialRecord, TrialSpec } from './trial.ts';
import { studyDigest, trialsOf } from './trial-key.ts';

export interface Estimate {
  readonly n: number;
  readonly mean: number;
  /** 95 % interval of the mean (Student); null with one value. */
  readonly low: number | null;
  readonly high: number | null;
  readonly min: number;
  readonly max: number;
}

export interface SweepPoint {
  readonly point: Readonly<Record<string, string | number>>;
  readonly seeds: readonly number[];
  readonly metrics: Readonly<Record<string, Estimate>>;
  /** Runs whose expectations all held. */
  readonly held: number;
  readonly runs: number;
  /** Seeds that were run again and gave another digest: there must be none. */
  readonly unlike: readonly number[];
}

export interface SweepResult {
  readonly format: 'wavetank-sweep/1';
  readonly name: string;
  readonly question?: string;
  readonly version: string;
  readonly axes: readonly { readonly name: string; readonly values: readonly (string | number)[] }[];
  readonly metrics: readonly { readonly name: string; readonly unit: string; readonly description: string }[];
  readonly points: readonly SweepPoint[];
  readonly digest: string;
  readonly partial: boolean;
  readonly notes: readonly string[];
}

/** What a sweep is drawn from: the plan without its scenarios. */
export type SweepDrawing = Pick<SweepPlan, 'name' | 'question' | 'axes' | 'metrics' | 'stop'>;

export function sweepResult(plan: SweepDrawing, records: readonly TrialRecord[], version: string, partial: boolean): SweepResult {
  const points = pointsOf(plan, records);
  const measured = plan.metrics.filter((name) => points.some((point) => point.metrics[name] !== undefined));
  const notes: string[] = [];
  const wide = plan.stop === undefined ? [] : points.filter((point) => !isNarrow(point, plan.stop as StopRule));
  if (plan.stop !== undefined)
    notes.push(
      wide.length === 0
        ? `every interval is within ±${Number((plan.stop.width * 100).toPrecision(3))} % of its mean`
        : `${wide.length} of ${points.length} points stayed wider than ±${Number((plan.stop.width * 100).toPrecision(3))} %`,
    );
  const unlike = points.flatMap(({ unlike }) => unlike);
  if (unlike.length > 0) notes.push(`NOT DETERMINISTIC: ${unlike.length} repeated runs gave another digest`);
  const failure = records.find((record) => record.failure !== undefined);
  if (failure !== undefined) notes.push(`${failure.arm}, seed ${failure.seed}: ${failure.failure}`);
  return {
    format: 'wavetank-sweep/1',
    name: plan.name,
    ...(plan.question === undefined ? {} : { question: plan.question }),
    version,
    axes: plan.axes.map(({ name, values }) => ({ name, values: values.map(({ label }) => label) })),
    metrics: measured.map((name) => {
      const { unit, description } = studyMetric(name) as { unit: string; description: string };
      return { name, unit, description };
    }),
    points,
    digest: studyDigest(records),
    partial,
    notes,
  };
}

function pointsOf(plan: SweepDrawing, records: readonly TrialRecord[]): readonly SweepPoint[] {
  const groups = new Map<string, TrialRecord[]>();
  for (const record of records) groups.set(record.arm, [...(groups.get(record.arm) ?? []), record]);
  return [...groups.values()]
    .toSorted((a, b) => (a[0]?.index ?? 0) - (b[0]?.index ?? 0))
    .map((all) => {
      const first = all.filter(({ repeat }) => repeat === 0);
      const digests = new Map(first.map(({ seed, digest }) => [seed, digest]));
      return {
        point: (first[0]?.point ?? all[0]?.point ?? {}) as SweepPoint['point'],
        seeds: first.map(({ seed }) => seed),
        metrics: Object.fromEntries(
          plan.metrics.flatMap((name) => {
            const values = first.flatMap(({ metrics }) => (metrics[name] === undefined ? [] : [metrics[name] as number]));
            return values.length === 0 ? [] : [[name, estimate(values)]];
          }),
        ),
        held: first.filter(({ verdicts, failure }) => failure === undefined && verdicts.every(({ pass }) => pass)).length,
        runs: first.length,
        unlike: all
          .filter(({ seed, repeat, digest }) => repeat > 0 && digests.has(seed) && digests.get(seed) !== digest)
          .map(({ seed }) => seed),
      };
    });
}

export function estimate(values: readonly number[]): Estimate {
  const middle = mean([...values]);
  const n = values.length;
  const half = n < 2 ? null : (studentQuantile(0.975, n - 1) * sampleStandardDeviation([...values])) / Math.sqrt(n);
  return {
    n,
    mean: middle,
    low: half === null ? null : middle - half,
    high: half === null ? null : middle + half,
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

/** Whether the means that the rule looks at are known well enough. What nobody measured there, nobody waits for. */
export function isNarrow({ metrics }: Pick<SweepPoint, 'metrics'>, { width, metrics: names }: StopRule): boolean {
  return names.every((name) => {
    const found = metrics[name];
    if (found === undefined) return true;
    return found.high !== null && found.high - found.mean <= width * Math.abs(found.mean) + 1e-12;
  });
}

/** All trials that a sweep may come to. */
export const sweepTrials = (plan: SweepPlan): readonly TrialSpec[] => trialsOf(plan.arms, plan.seeds, plan.repeats);

/** The trials of the next round: at first the seeds that every point has, then a batch more for points that are not narrow. Empty: enough is known.
 *  It looks at whole rounds only, so the same trials are run however many workers there are. */
export function nextRound(plan: SweepPlan, specs: readonly TrialSpec[], records: readonly TrialRecord[]): readonly TrialSpec[] {
  const done = new Set(records.map(({ key }) => key));
  const upTo = (count: number, arms?: ReadonlySet<string>): readonly TrialSpec[] => {
    const seeds = new Set(plan.seeds.slice(0, count));
    return specs.filter(({ key, seed, arm }) => !done.has(key) && seeds.has(seed) && (arms === undefined || arms.has(arm.name)));
  };
  if (records.length === 0) return upTo(plan.atLeast);
  const { stop } = plan;
  if (stop === undefined) return [];
  const points = pointsOf(plan, records);
  const wanting = points.filter((point) => !isNarrow(point, stop) && point.runs < plan.seeds.length);
  if (wanting.length === 0) return [];
  const names = plan.arms.map(({ name, point }) => ({ name, key: JSON.stringify(point) }));
  return wanting.flatMap((point) => {
    const key = JSON.stringify(point.point);
    return upTo(point.runs + stop.batch, new Set(names.filter((one) => one.key === key).map(({ name }) => name)));
  });
}
