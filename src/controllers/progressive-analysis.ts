/** Analyses of a Rollout: metrics of the new version's traffic, measured again and again, and what they come to. Follows Argo Rollouts v1.8
 *  analysis/analysis.go (assessMetricStatus: failureLimit, consecutiveErrorLimit, count). */

import type { KubeObject } from '#api';
import { quantityMilliValue } from '#api';
import type { Outcome, RequestSpec } from '#client';
import type { Duration } from '#sim';
import { HOUR, MINUTE, SECOND } from '#sim';

export interface AnalysisMetric {
  readonly name?: string;
  readonly metric: string;
  /** Whose requests; default: the strategy's own Service. */
  readonly service?: string;
  /** '>= 0.95'. */
  readonly successCondition: string;
  readonly interval?: string;
  readonly initialDelay?: string;
  /** Measurements in all; default 1. */
  readonly count?: number;
  /** So many may fail; default 0. */
  readonly failureLimit?: number;
  /** So many may come to nothing one after another; default 4. */
  readonly consecutiveErrorLimit?: number;
}

export interface Analysis {
  readonly metrics: readonly AnalysisMetric[];
}

export type AnalysisPhase = 'Running' | 'Successful' | 'Failed' | 'Error';

export interface MetricProgress {
  readonly name: string;
  readonly phase: AnalysisPhase;
  readonly successful: number;
  readonly failed: number;
  readonly errors: number;
  /** Errors since the last measurement. */
  readonly errorsInARow: number;
  readonly last?: number;
  readonly nextAt: number;
}

export interface AnalysisStatus {
  /** For which step or stage. */
  readonly of: string;
  readonly startedAt: number;
  readonly phase: AnalysisPhase;
  readonly message?: string;
  readonly metrics: readonly MetricProgress[];
}

const UNITS: Readonly<Record<string, Duration>> = { ms: SECOND / 1000, s: SECOND, m: MINUTE, h: HOUR };

/** '30s', '1m30s' or plain seconds. */
export function durationOf(text: string | number | undefined, otherwise: Duration): Duration {
  if (text === undefined) return otherwise;
  if (typeof text === 'number' || /^\d+(\.\d+)?$/.test(text)) return Number(text) * SECOND;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g)) sum += Number(count) * (UNITS[unit as string] as number);
  return sum > 0 ? sum : otherwise;
}

const nameOf = ({ name, metric }: AnalysisMetric): string => name ?? metric;

export const begin = (of: string, { metrics }: Analysis, clock: number): AnalysisStatus => ({
  of,
  startedAt: clock,
  phase: 'Running',
  metrics: metrics.map((metric) => ({
    name: nameOf(metric),
    phase: 'Running',
    successful: 0,
    failed: 0,
    errors: 0,
    errorsInARow: 0,
    nextAt: clock + durationOf(metric.initialDelay ?? metric.interval, 10 * SECOND),
  })),
});

/** Which metrics are due, by place. */
export const due = (status: AnalysisStatus, clock: number): readonly number[] =>
  status.metrics.flatMap(({ phase, nextAt }, index) => (phase === 'Running' && nextAt <= clock ? [index] : []));

export function nextAt(status: AnalysisStatus): number {
  let next = Number.POSITIVE_INFINITY;
  for (const metric of status.metrics) if (metric.phase === 'Running') next = Math.min(next, metric.nextAt);
  return next;
}

/** Asks for the requests that the pods of one version answered. */
export function query({ metric, service }: AnalysisMetric, namespace: string | undefined, usual: string, podLabels: string): RequestSpec {
  return {
    verb: 'get',
    resource: 'services.custom.metrics.k8s.io',
    namespace,
    name: service ?? usual,
    subresource: metric,
    options: { labelSelector: podLabels },
  };
}

/** The status with what was measured. */
export function measured(
  status: AnalysisStatus,
  analysis: Analysis,
  places: readonly number[],
  outcomes: readonly Outcome<unknown>[],
  clock: number,
): AnalysisStatus {
  const metrics = [...status.metrics];
  for (const [i, place] of places.entries()) {
    const spec = analysis.metrics[place];
    const before = metrics[place];
    if (spec === undefined || before === undefined) continue;
    metrics[place] = assess(before, spec, valueMeasured(outcomes[i]), clock);
  }
  const worst = metrics.find(({ phase }) => phase === 'Failed') ?? metrics.find(({ phase }) => phase === 'Error');
  const phase = worst?.phase ?? (metrics.every((metric) => metric.phase === 'Successful') ? 'Successful' : 'Running');
  return { ...status, metrics, phase, ...(worst === undefined ? {} : { message: messageOf(worst, analysis) }) };
}

function assess(before: MetricProgress, spec: AnalysisMetric, value: number | undefined, clock: number): MetricProgress {
  const isGood = value !== undefined && meets(spec.successCondition, value);
  const next = {
    ...before,
    successful: before.successful + (isGood ? 1 : 0),
    failed: before.failed + (value !== undefined && !isGood ? 1 : 0),
    errors: before.errors + (value === undefined ? 1 : 0),
    errorsInARow: value === undefined ? before.errorsInARow + 1 : 0,
    ...(value === undefined ? {} : { last: value }),
    nextAt: clock + durationOf(spec.interval, 10 * SECOND),
  };
  if (next.failed > (spec.failureLimit ?? 0)) return { ...next, phase: 'Failed' };
  if (next.errorsInARow > (spec.consecutiveErrorLimit ?? 4)) return { ...next, phase: 'Error' };
  return next.successful + next.failed >= (spec.count ?? 1) ? { ...next, phase: 'Successful' } : next;
}

function messageOf({ name, phase, failed, errorsInARow, last }: MetricProgress, { metrics }: Analysis): string {
  const spec = metrics.find((metric) => nameOf(metric) === name);
  const assessed = `Metric "${name}" assessed ${phase} due to`;
  return phase === 'Failed'
    ? `${assessed} failed (${failed}) > failureLimit (${spec?.failureLimit ?? 0}): ${last} is not ${spec?.successCondition}`
    : `${assessed} consecutiveErrors (${errorsInARow}) > consecutiveErrorLimit (${spec?.consecutiveErrorLimit ?? 4})`;
}

function valueMeasured(outcome: Outcome<unknown> | undefined): number | undefined {
  if (outcome?.code !== 200) return undefined;
  const [item] = (outcome.object as KubeObject & { readonly items?: readonly { readonly value?: string }[] }).items ?? [];
  return item?.value === undefined ? undefined : quantityMilliValue(item.value) / 1000;
}

function meets(condition: string, value: number): boolean {
  const match = /^\s*(<=|>=|<|>|==?)\s*([\d.]+)\s*$/.exec(condition);
  if (match === null) return false;
  const bound = Number(match[2]);
  switch (match[1]) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    default:
      return value === bound;
  }
}
