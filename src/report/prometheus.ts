/** The result in Prometheus' text format 0.0.4: what a scrape at the end of the run would have said. Durations in seconds, as names promise. */

import type { FamilySample, MetricFamily, Result, Series } from '#experiment';
import { prometheusLabels } from './escape.ts';
import { secondsIn, total, unitOfDistribution } from './series.ts';

export function renderPrometheus(result: Result): string {
  const lines: string[] = [];
  family(lines, 'wavetank_run_info', 'gauge', [
    [{ scenario: result.scenario, seed: String(result.seed), digest: result.digest, version: result.version }, 1],
  ]);
  family(lines, 'wavetank_run_simulated_seconds', 'gauge', [[{}, result.simulatedSeconds]]);
  family(lines, 'wavetank_run_wall_seconds', 'gauge', [[{}, result.wallSeconds]]);
  family(lines, 'wavetank_run_peak_rss_bytes', 'gauge', [[{}, result.peakRssBytes]]);
  family(
    lines,
    'wavetank_expectation_holds',
    'gauge',
    result.verdicts.map(({ metric, expected, pass }) => [{ metric, expected }, pass ? 1 : 0]),
  );
  levels(lines, result);
  for (const one of result.families ?? []) exposed(lines, one);
  for (const [name, distribution] of Object.entries(result.distributions)) {
    const factor = secondsIn(unitOfDistribution(result, name));
    const metric = `wavetank_${metricName(name)}_seconds`;
    lines.push(`# TYPE ${metric} summary`);
    for (const [quantile, key] of [['0.5', 'p50'] as const, ['0.9', 'p90'] as const, ['0.95', 'p95'] as const, ['0.99', 'p99'] as const]) {
      lines.push(`${metric}{quantile="${quantile}"} ${distribution[key] * factor}`);
    }
    lines.push(`${metric}_sum ${distribution.mean * distribution.count * factor}`, `${metric}_count ${distribution.count}`);
  }
  return `${lines.join('\n')}\n`;
}

/** A component's own metric, as it would expose it. */
function exposed(lines: string[], { name, type, bounds = [], samples }: MetricFamily): void {
  lines.push(`# TYPE ${name} ${type}`);
  for (const sample of samples) {
    if (type === 'histogram') histogram(lines, name, bounds, sample);
    else lines.push(`${name}${prometheusLabels(Object.entries(sample.labels))} ${sample.value ?? 0}`);
  }
}

function histogram(lines: string[], name: string, bounds: readonly number[], { labels, sum = 0, counts = [] }: FamilySample): void {
  const own = Object.entries(labels);
  let seen = 0;
  for (const [i, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
    seen += counts[i] ?? 0;
    lines.push(`${name}_bucket${prometheusLabels([...own, ['le', goFloat(bound)]])} ${seen}`);
  }
  lines.push(`${name}_sum${prometheusLabels(own)} ${sum}`, `${name}_count${prometheusLabels(own)} ${seen}`);
}

/** A number as Go's client library writes a bound: with an exponent below 1e-4 and from 1e6. */
function goFloat(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value === 0 || (power >= -4 && power < 6)) return String(value);
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

/** Gauges as they stood at the end, counters as they had added up; the series of one name form one family. What the component's own family says is left to it. */
function levels(lines: string[], { series, families: own = [] }: Result): void {
  const said = new Set(own.map(({ name }) => name));
  const families = new Map<string, Series[]>();
  for (const one of series)
    if ((one.kind === 'gauge' || one.kind === 'counter') && !said.has(one.name))
      families.set(one.name, [...(families.get(one.name) ?? []), one]);
  for (const [name, all] of families) {
    const kind = all[0]?.kind === 'counter' ? 'counter' : 'gauge';
    family(
      lines,
      metricName(name),
      kind,
      all.map((one) => [one.labels, kind === 'counter' ? total(one) : (one.values.at(-1) ?? 0)]),
    );
  }
}

function family(
  lines: string[],
  name: string,
  type: 'gauge' | 'counter',
  samples: readonly (readonly [Readonly<Record<string, string>>, number])[],
): void {
  if (samples.length === 0) return;
  lines.push(`# TYPE ${name} ${type}`);
  for (const [labels, value] of samples) {
    lines.push(`${name}${prometheusLabels(Object.entries(labels).map(([key, text]) => [metricName(key), text]))} ${value}`);
  }
}

/** apiRequest/GET -> api_request_get: a legal name whatever a scenario or a queue is called. */
function metricName(name: string): string {
  const legal = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_');
  return /^[0-9]/.test(legal) || legal === '' ? `_${legal}` : legal;
}
