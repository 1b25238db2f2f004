/** The scenario's JSON schema, put together from the registries. Published as scenarios/schema/scenario.schema.json (`wavetank schema`). */

import { clusterSchema } from './cluster.ts';
import { DRAWN_DURATION } from './faults/recurrence.ts';
import { FAULTS } from './faults/registry.ts';
import { METRICS } from './metrics.ts';
import { bytes, count, duration, fields, type JsonSchema, mapOf, text } from './schema-pieces.ts';
import { withSharedPieces } from './shared-pieces.ts';
import { WORKLOADS } from './workloads/registry.ts';

/** A list of maps with exactly one key each, which names the kind. */
function mixOf(kinds: readonly { readonly name: string; readonly schema: JsonSchema }[], description: string): JsonSchema {
  const properties = Object.fromEntries(kinds.map((kind) => [kind.name, kind.schema]));
  return {
    type: 'array',
    items: { type: 'object', properties, additionalProperties: false, minProperties: 1, maxProperties: 1 },
    description,
  };
}

const condition: JsonSchema = {
  anyOf: [
    { type: ['string', 'number'] },
    {
      type: 'object',
      properties: { max: {}, min: {}, below: {}, above: {}, during: { type: 'string' } },
      additionalProperties: false,
      minProperties: 1,
    },
    { type: 'array', minItems: 1 },
  ],
};

export const scenarioSchema: JsonSchema = withSharedPieces({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Wavetank scenario',
  $defs: DRAWN_DURATION,
  ...fields(
    'A cluster, its work, what befalls it, and what is expected of it',
    {
      // It becomes the name of a directory.
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]*$',
        maxLength: 200,
        description: "the scenario's name (default: the file's)",
      },
      seed: count('luck of the run (default 1)', 0, 4_294_967_295),
      epoch: text('the date at simulated time 0, RFC 3339 (default 2026-01-01T00:00:00Z)'),
      duration: duration('how long the run lasts, in simulated time'),
      bucket: duration('width of the time buckets of series (default: duration / 240, at least 1s)'),
      cluster: clusterSchema,
      images: mapOf(bytes('compressed size'), 'images and their sizes; others draw a size by their name'),
      workload: mixOf(WORKLOADS, 'what users do'),
      faults: mixOf(FAULTS, 'what befalls the cluster'),
      expect: {
        type: 'object',
        properties: Object.fromEntries(
          Object.entries(METRICS).map(([name, info]) => [name, { ...condition, description: info.description }]),
        ),
        additionalProperties: false,
        description: "conditions that make the scenario a test: '< 1 s', '>= 99 %', {max: 30s, during: <phase>}, or a list of them",
      },
      notes: { type: 'array', items: text('a note'), description: 'printed with the result' },
    },
    ['duration', 'cluster'],
  ),
});
