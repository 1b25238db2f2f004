/** Pieces from which the scenario's JSON schema (draft 2020-12) is put together. Formats are this program's own: editors ignore what they do not know. */

export type JsonSchema = { readonly [keyword: string]: unknown };

export const text = (description: string): JsonSchema => ({ type: 'string', minLength: 1, description });
export const count = (description: string, minimum = 0, maximum = 10_000_000): JsonSchema => ({
  type: 'integer',
  minimum,
  maximum,
  description,
});
export const number = (description: string, minimum = 0): JsonSchema => ({ type: 'number', minimum, description });
export const flag = (description: string): JsonSchema => ({ type: 'boolean', description });
export const duration = (description: string): JsonSchema => ({ type: ['string', 'integer'], format: 'duration-with-unit', description });
export const percent = (description: string): JsonSchema => ({ type: 'string', format: 'percent', description });
export const quantity = (description: string): JsonSchema => ({ type: ['string', 'number'], format: 'quantity', description });
export const bytes = (description: string): JsonSchema => ({ type: ['string', 'integer'], format: 'bytes', description });
/** A DNS label: what names in Kubernetes are made of. */
export const label = (description: string): JsonSchema => ({
  type: 'string',
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
  maxLength: 52,
  description,
});
export const list = (items: JsonSchema, description: string, minItems = 0): JsonSchema => ({ type: 'array', items, minItems, description });
export const mapOf = (values: JsonSchema, description: string): JsonSchema => ({
  type: 'object',
  additionalProperties: values,
  description,
});
export const stringMap = (description: string): JsonSchema => mapOf({ type: 'string' }, description);
export const oneOf = (values: readonly (string | number)[], description: string): JsonSchema => ({ enum: values, description });

/** An object whose keys are all known. */
export function fields(
  description: string,
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false, description };
}

/** A Kubernetes object or a part of one: judged by the API server, not here. */
export const kubernetes = (description: string): JsonSchema => ({ type: 'object', description });

/** A duration, or a distribution of durations. */
export const durationDistribution = (description: string): JsonSchema => ({
  anyOf: [
    duration('a constant'),
    fields(
      'each value between min and max is as likely',
      { uniform: { ...fields('bounds', { min: duration('least'), max: duration('most') }, ['min', 'max']), ascending: ['min', 'max'] } },
      ['uniform'],
    ),
    fields('exponential', { exponential: fields('', { mean: duration('mean'), min: duration('least') }, ['mean']) }, ['exponential']),
    fields(
      'normal',
      { normal: fields('', { mean: duration('mean'), sd: duration('standard deviation'), min: duration('least') }, ['mean', 'sd']) },
      ['normal'],
    ),
    fields(
      'lognormal',
      {
        lognormal: {
          ...fields('', { p50: duration('median'), p99: duration('99th percentile'), min: duration('least'), max: duration('most') }, [
            'p50',
            'p99',
          ]),
          ascending: ['p50', 'p99'],
        },
      },
      ['lognormal'],
    ),
    fields('weibull', { weibull: fields('', { scale: duration('scale'), shape: number('shape') }, ['scale', 'shape']) }, ['weibull']),
    fields(
      'quantiles',
      {
        empirical: list(
          { type: 'array', prefixItems: [{ type: 'number', minimum: 0, maximum: 1 }, duration('value')], minItems: 2, maxItems: 2 },
          'pairs of quantile and value',
          2,
        ),
      },
      ['empirical'],
    ),
  ],
  description: `${description} (a duration, or a distribution: uniform, exponential, normal, lognormal, weibull, empirical)`,
});
