/** What a run leaves under upstream's metric names. */

import { describe, expect, it } from 'vitest';
import { SCHEDULER_METRICS } from '#scheduler';
import type { RunOutcome } from '#sim';
import { lab, nodeAt, podAt } from './lab.ts';

const total = ({ recorded }: RunOutcome, name: string, match: Record<string, string> = {}): number =>
  recorded.counter(name, match)?.total ?? 0;
const count = ({ recorded }: RunOutcome, name: string, match: Record<string, string> = {}): number =>
  recorded.histogram(name, match)?.overall.count ?? 0;
const last = ({ recorded }: RunOutcome, name: string, match: Record<string, string>): number =>
  recorded.gauge(name, match)?.values.at(-1) ?? Number.NaN;

describe('metrics', () => {
  const run = lab([nodeAt(1, 'n1', '1'), nodeAt(1, 'n2', '1'), podAt(2, 'a', '200m'), podAt(3, 'b', '200m'), podAt(4, 'big', '8')]);

  it('carry upstream names and labels, every one', () => {
    const { recorded } = run.outcome;
    const known = new Map(SCHEDULER_METRICS.map((metric) => [metric.name, metric]));
    const found = [...recorded.counters, ...recorded.gauges, ...recorded.histograms].filter(({ name }) => name.startsWith('scheduler_'));
    expect(found.length).toBeGreaterThan(20);
    for (const { name, labels } of found)
      expect(`${name} ${Object.keys(labels).sort()}`).toBe(`${name} ${[...(known.get(name)?.labels ?? ['unknown'])].sort()}`);
  });

  it('count what each plugin was asked: a filter sees the nodes that those before it left', () => {
    const of = (plugin: string, point: string): number =>
      total(run.outcome, 'scheduler_plugin_evaluation_total', { plugin, extension_point: point, profile: 'default-scheduler' });
    expect(of('NodeResourcesFit', 'PreFilter')).toBe(3);
    expect(of('NodeAffinity', 'PreFilter')).toBe(0);
    // Three pods, two nodes each; after NodeResourcesFit the big one has none left.
    expect(of('NodeResourcesFit', 'Filter')).toBe(6);
    expect(of('TaintToleration', 'Filter')).toBe(6);
    expect(of('NodeResourcesFit', 'Score')).toBe(4);
    expect(of('InterPodAffinity', 'Score')).toBe(0);
  });

  it('time extension points by status', () => {
    const of = (point: string, status = 'Success'): number =>
      count(run.outcome, 'scheduler_framework_extension_point_duration_seconds', { extension_point: point, status });
    expect([of('PreFilter'), of('Filter'), of('PreScore'), of('Score'), of('Reserve'), of('Permit'), of('Bind'), of('PostBind')]).toEqual([
      3, 3, 2, 2, 2, 2, 2, 2,
    ]);
    expect(of('PostFilter', 'Unschedulable')).toBe(1);
    expect(of('PreEnqueue')).toBe(3);
  });

  it('say who keeps pods waiting, how large the cache is, and what is under way', () => {
    expect(last(run.outcome, 'scheduler_unschedulable_pods', { plugin: 'NodeResourcesFit', profile: 'default-scheduler' })).toBe(1);
    expect(last(run.outcome, 'scheduler_cache_size', { type: 'nodes' })).toBe(2);
    expect(last(run.outcome, 'scheduler_cache_size', { type: 'pods' })).toBe(2);
    expect(last(run.outcome, 'scheduler_cache_size', { type: 'assumed_pods' })).toBe(0);
    expect(last(run.outcome, 'scheduler_goroutines', { operation: 'binding' })).toBe(0);
    expect(last(run.outcome, 'scheduler_inflight_events', { event: 'PodPopped' })).toBe(0);
    expect(count(run.outcome, 'scheduler_pod_scheduling_attempts')).toBe(2);
    expect(total(run.outcome, 'scheduler_preemption_attempts_total')).toBe(1);
    expect(count(run.outcome, 'scheduler_event_handling_duration_seconds', { event: 'UnschedulablePodAdd' })).toBe(3);
  });
});
