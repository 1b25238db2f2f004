/** The JSON schemas of what studies leave (docs/result-format.md): version 1 of each, in which fields are only ever added, so unknown ones are allowed. */

import type { JsonSchema } from '#scenario';

const number = { type: 'number' } as const;
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const whole = { type: 'integer', minimum: 0 } as const;
const nullable = { type: ['number', 'null'] } as const;
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const mapOf = (values: JsonSchema): JsonSchema => ({ type: 'object', additionalProperties: values });
const fields = (properties: Record<string, JsonSchema>, optional: readonly string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((key) => !optional.includes(key)),
});
const schema = (title: string, description: string, shape: JsonSchema): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title,
  description,
  ...shape,
});

const about = { version: text, digest: { ...text, description: 'of all trials' }, partial: flag, notes: list(text) };
const verdict = fields({ metric: text, expected: text, measured: nullable, unit: text, pass: flag, note: text }, ['note']);

const side = fields({ mean: number, sd: nullable, values: list(number) });
const interval = { type: ['array', 'null'], items: number, minItems: 2, maxItems: 2 } as const;

export const comparisonSchema = schema(
  'Wavetank comparison',
  'comparison.json: A against B over paired seeds',
  fields({
    format: { const: 'wavetank-comparison/1' },
    ...about,
    a: fields({ name: text, what: text }),
    b: fields({ name: text, what: text }),
    level: { ...number, description: 'of the intervals: 0.95' },
    seeds: list(whole),
    equalRuns: whole,
    verdict: text,
    metrics: list(
      fields({
        metric: text,
        unit: text,
        description: text,
        better: { enum: ['lower', 'higher', 'neither'] },
        pairs: whole,
        a: side,
        b: side,
        difference: { ...number, description: 'mean of B minus mean of A' },
        change: { ...nullable, description: "the same as a share of A's mean" },
        interval,
        intervalOf: { enum: ['change', 'difference'] },
        p: number,
        pCorrected: number,
        effect: nullable,
        rankBiserial: number,
        verdict: { enum: ['different', 'no difference shown', 'equal', 'too few pairs'] },
        words: text,
      }),
    ),
    failIf: list(fields({ rule: text, holds: flag, words: text })),
  }),
);

const axisValue = { type: ['string', 'number'] } as const;

export const sweepResultSchema = schema(
  'Wavetank sweep, its result',
  'sweep.json: a scenario over the values of some axes and over seeds',
  fields(
    {
      format: { const: 'wavetank-sweep/1' },
      ...about,
      name: text,
      question: text,
      axes: { ...list(fields({ name: text, values: list(axisValue) })), minItems: 1 },
      metrics: list(fields({ name: text, unit: text, description: text })),
      points: list(
        fields({
          point: mapOf(axisValue),
          seeds: list(whole),
          metrics: mapOf(fields({ n: whole, mean: number, low: nullable, high: nullable, min: number, max: number })),
          held: whole,
          runs: whole,
          unlike: list(whole),
        }),
      ),
    },
    ['question'],
  ),
);

export const capacitySchema = schema(
  'Wavetank capacity',
  'capacity.json: how many nodes it takes, and what they cost',
  fields({
    format: { const: 'wavetank-capacity/1' },
    ...about,
    scenario: text,
    file: text,
    seeds: list(whole),
    expectations: list(text),
    answers: list(
      fields(
        {
          how: text,
          nodes: text,
          count: nullable,
          costPerHour: nullable,
          saved: nullable,
          cpuUtilisation: nullable,
          memoryUtilisation: nullable,
          cpuPeak: nullable,
          nodeHours: { ...nullable, description: 'of one run' },
          holds: { ...flag, description: 'false: what is expected does not hold with it' },
          note: text,
        },
        ['nodeHours', 'holds'],
      ),
    ),
    headroom: {
      type: ['object', 'null'],
      properties: { pod: text, curve: list(fields({ nodes: whole, pods: number })) },
      required: ['pod', 'curve'],
    },
    fortySaved: text,
    catalogue: {
      type: ['object', 'null'],
      properties: { date: text, source: text, currency: text },
      required: ['date', 'source', 'currency'],
    },
    runs: whole,
  }),
);

const change = fields({
  metric: text,
  unit: text,
  before: number,
  after: number,
  change: nullable,
  kind: { enum: ['worse', 'better', 'other'] },
});

export const ciSchema = schema(
  'Wavetank ci',
  'ci.json: a folder of scenarios as a test suite',
  fields({
    format: { const: 'wavetank-ci/1' },
    ...about,
    folder: text,
    tolerance: number,
    gone: list(text),
    scenarios: list(
      fields(
        {
          name: text,
          file: text,
          status: { enum: ['passed', 'failed', 'regressed', 'not run'] },
          seed: whole,
          digest: text,
          verdicts: list(verdict),
          failure: text,
          baseline: { enum: ['same', 'changed', 'new', 'none'] },
          changes: list(change),
          regressions: list(change),
          simulatedSeconds: number,
          wallSeconds: number,
        },
        ['digest', 'failure'],
      ),
    ),
  }),
);

export const gpuStudySchema = schema(
  'Wavetank gpu-study',
  'what `wavetank gpu-study --json` prints of a policy; of several an array of these',
  fields(
    {
      format: { const: 'wavetank-gpu-study/1' },
      policy: text,
      allocation: { ...number, description: 'cards in use, percent of all, at the end' },
      fragmentation: { ...number, description: 'fragmented, percent of idle cards, at the end' },
      arrived: { ...number, description: 'percent of all cards' },
      placed: whole,
      dropped: whole,
      partial: { ...flag, description: 'stopped before all pods had arrived' },
      curve: list(fields({ arrived: number, allocation: number, fragmentationAmount: number, fragmentationRatio: number })),
      about: fields({ version: text, nodes: text, pods: text, seed: whole, arrivals: whole }),
    },
    ['partial'],
  ),
);
