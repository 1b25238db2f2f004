/** A run's result holds what its components would have exposed, and the text made of it is one that Prometheus reads. */

import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Result, resultSchema, runInThisProcess, runScenario } from '#experiment';
import { REPORT_FORMATS } from '#report';
import { loadScenario } from '#scenario';
import { SCHEDULER_METRICS } from '#scheduler';
import { type ReadFamily, readPrometheusText } from '../report/prometheus-text.ts';

let result: Result;
let text: string;
let families: ReadonlyMap<string, ReadFamily>;
beforeAll(async () => {
  const scenario = loadScenario('scenarios/first-light.yaml', []);
  ({ result } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' }));
  text = (REPORT_FORMATS['prometheus'] as { render: (result: object) => string }).render(JSON.parse(JSON.stringify(result)));
  families = readPrometheusText(text);
}, 60_000);

const sampleOf = (name: string, match: Readonly<Record<string, string>>): number | undefined =>
  families
    .get(name.replace(/_(bucket|sum|count)$/, ''))
    ?.samples.find((one) => one.name === name && Object.entries(match).every(([key, value]) => one.labels[key] === value))?.value;

describe("the components' metrics", () => {
  it("are the scheduler's own, with its types, labels and buckets", () => {
    const exposed = SCHEDULER_METRICS.filter(({ name }) => families.has(name));
    expect(exposed.length).toBeGreaterThanOrEqual(16);
    expect([...families.keys()].filter((name) => name.startsWith('scheduler_')).length).toBe(exposed.length);
    for (const { name, type, labels, buckets } of exposed) {
      const family = families.get(name);
      expect(family?.type).toBe(type);
      for (const sample of family?.samples ?? []) {
        const wanted = sample.name.endsWith('_bucket') && type === 'histogram' ? [...labels, 'le'] : labels;
        expect(Object.keys(sample.labels).sort()).toEqual([...wanted].sort());
      }
      if (buckets === undefined) continue;
      const first = Object.entries(family?.samples[0]?.labels ?? {}).filter(([key]) => key !== 'le');
      const bounds = (family?.samples ?? []).filter(
        (sample) => sample.name === `${name}_bucket` && first.every(([key, value]) => sample.labels[key] === value),
      );
      expect(bounds.map(({ labels: { le } }) => Number(le?.replace('+Inf', 'Infinity')))).toEqual([...buckets, Number.POSITIVE_INFINITY]);
    }
  });

  it('count what the result says elsewhere', () => {
    const scheduled = { result: 'scheduled', profile: 'default-scheduler' };
    expect(sampleOf('scheduler_schedule_attempts_total', scheduled)).toBe(result.podsBound);
    expect(sampleOf('scheduler_scheduling_attempt_duration_seconds_count', scheduled)).toBe(result.podsBound);
    const { mean, count } = result.distributions['schedulingAttempt/scheduled'] as { mean: number; count: number };
    const sum = sampleOf('scheduler_scheduling_attempt_duration_seconds_sum', scheduled) as number;
    expect(((sum / count) * 1e3) / mean).toBeCloseTo(1, 4);
    expect(sampleOf('scheduler_pod_scheduling_attempts_bucket', { le: '1' })).toBe(result.podsBound);
  });

  it("hold the API server's, etcd's and the controllers' as well", () => {
    for (const name of ['apiserver_request_duration_seconds', 'etcd_request_duration_seconds', 'etcd_disk_wal_fsync_duration_seconds'])
      expect(families.get(name)?.type).toBe('histogram');
    expect(sampleOf('workqueue_queue_duration_seconds_count', { name: 'replicaset' })).toBeGreaterThan(0);
    expect(sampleOf('kubelet_pod_start_duration_seconds_count', {})).toBeGreaterThan(0);
  });

  it("write bounds as Go's client library does", () => {
    expect(text).toMatch(/scheduler_plugin_execution_duration_seconds_bucket\{.*le="1\.5000000000000002e-05"\}/);
    expect(text).toMatch(/scheduler_scheduling_attempt_duration_seconds_bucket\{.*le="16\.384"\}/);
  });

  it("fit the result's schema", () => {
    const validate = new Ajv2020({ strict: false }).compile(resultSchema);
    validate(JSON.parse(JSON.stringify(result)));
    expect(validate.errors).toBeNull();
    expect(JSON.stringify(result.families).length).toBeLessThan(60_000);
  });
});

describe('the reader of the text format', () => {
  it.each([
    ['a 1\n', 'before its type'],
    ['# TYPE a counter\na 1\na 2\n', 'said twice'],
    ['# TYPE a counter\nb 1\n', 'not of a'],
    ['# TYPE a gauge\na{b="c"d="e"} 1\n', 'no label'],
    ['# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n', 'not cumulative'],
    ['# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n', 'do not rise to \\+Inf'],
    ['# TYPE a histogram\na_bucket{le="+Inf"} 2\na_sum 1\na_count 1\n', 'not that of the last bucket'],
  ])('refuses %j', (wrong, why) => {
    expect(() => readPrometheusText(wrong)).toThrow(new RegExp(why));
  });
});
