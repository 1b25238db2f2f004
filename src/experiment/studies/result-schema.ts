/** The JSON schema of result.json, format version 1 (docs/result-format.md): fields are only ever added, so unknown ones are allowed. */

import type { JsonSchema } from '#scenario';
import { RESULT_FORMAT } from './result-format.ts';

const number = { type: 'number' } as const;
const text = { type: 'string' } as const;
const whole = { type: 'integer', minimum: 0 } as const;
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values });
const fields = (properties: Record<string, JsonSchema>, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
});
const nullable = { type: ['number', 'null'] } as const;

const distribution = fields(
  {
    count: whole,
    mean: number,
    min: number,
    p50: number,
    p90: number,
    p95: number,
    p99: number,
    max: number,
    buckets: list({ type: 'array', prefixItems: [number, whole], minItems: 2, maxItems: 2 }),
  },
  ['buckets'],
);

const family = fields(
  {
    name: text,
    type: { enum: ['counter', 'gauge', 'histogram'] },
    bounds: { ...list(number), description: 'of a histogram: upper bounds of its buckets, ascending; +Inf is understood' },
    samples: list(
      fields({ labels: mapOf(text), value: number, sum: number, counts: { ...list(whole), description: 'samples of each bucket alone' } }, [
        'value',
        'sum',
        'counts',
      ]),
    ),
  },
  ['bounds'],
);

export const resultSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Wavetank result',
  description: 'result.json: everything a run leaves for people and for other programs',
  ...fields(
    {
      format: { const: RESULT_FORMAT },
      digest: { ...text, minLength: 1, description: 'equal digests mean equal runs' },
      seed: whole,
      scenario: text,
      scenarioSource: { description: 'the scenario as it ran, after --set' },
      question: { ...text, description: "the comment at the scenario's head" },
      inputs: {
        ...fields({ scenarioFile: text, files: list(fields({ file: text, sha256: text })) }),
        description: 'files that the scenario names, as the run found them',
      },
      version: text,
      node: text,
      simulatedSeconds: number,
      wallSeconds: number,
      cpuSeconds: number,
      peakRssBytes: number,
      partial: { type: 'boolean' },
      ended: { ...text, description: 'why it is partial' },
      nodes: whole,
      podsCreated: whole,
      podsBound: whole,
      podsRunning: whole,
      containersStarted: whole,
      shards: fields({ used: whole, windows: whole, events: whole, messages: whole, barrierSeconds: number, meanWindowMs: number }),
      verdicts: list(
        fields({ metric: text, expected: text, measured: nullable, unit: text, pass: { type: 'boolean' }, note: text }, ['note']),
      ),
      metrics: mapOf(fields({ value: number, unit: text })),
      families: { ...list(family), description: "the components' own metrics as a scrape at the run's end would have found them" },
      bucketSeconds: number,
      distributions: mapOf(distribution),
      series: list(
        fields({
          name: text,
          labels: mapOf(text),
          kind: { enum: ['counter', 'gauge', 'p50', 'p95', 'p99', 'count', 'mean', 'max'] },
          unit: text,
          values: list(nullable),
        }),
      ),
      heat: list(fields({ resource: { enum: ['cpu', 'memory', 'pods'] }, atSeconds: list(number), counts: list(list(number)) })),
      marks: list(fields({ atSeconds: number, name: text, detail: text }, ['detail'])),
      notes: list(text),
      cost: { const: 'measured' },
    },
    ['question', 'inputs', 'ended', 'metrics', 'families', 'cost'],
  ),
};
