/** `cluster.webhooks`: servers that answer admission and conversion reviews. Which requests they are asked about is said by webhook configurations, which are objects of the
 *  cluster (workload `apply`); their service, or the first label of their URL, names the server here. */

import type { KubeObject } from '#api';
import type { Distribution } from '#sim';
import { count, durationDistribution, fields, type JsonSchema, kubernetes, label, list, number, oneOf, text } from './schema-pieces.ts';
import { parseDurationDistribution } from './units.ts';

/** A JSON patch on top of the new apiVersion. Operations on what an object does not have are passed over. */
export interface ConversionPlan {
  readonly to: string;
  readonly patch: readonly object[];
}

export interface WebhookPlan {
  readonly name: string;
  readonly latency: Distribution;
  readonly cores: number;
  /** 'error': it answers 500; 'silent': never. */
  readonly answer: 'allow' | 'deny' | 'error' | 'silent';
  readonly code?: number;
  readonly message?: string;
  /** JSON patch, sent with every answer that allows. */
  readonly patch?: readonly object[];
  /** Conversion reviews: what makes an object one of a version. */
  readonly conversions?: readonly ConversionPlan[];
  /** Written to the API server before each answer, and waited for: a webhook that its own writes come back to goes round and round. */
  readonly creates?: KubeObject;
  readonly qps: number;
  readonly burst: number;
}

export const webhooksSchema: JsonSchema = list(
  fields(
    'a server that answers admission and conversion reviews',
    {
      name: label("its service's name"),
      latency: durationDistribution('from the review to the answer (default 5ms)'),
      cores: count('cores (default 2)', 1, 256),
      answer: oneOf(['allow', 'deny', 'error', 'silent'], 'what it says: error is HTTP 500, silent is nothing at all (default allow)'),
      code: count('status code of a denial (default 403)', 400, 599),
      message: text('why it denies'),
      patch: list(kubernetes('an operation of a JSON patch: op, path, value'), 'what it changes when it allows', 1),
      conversions: list(
        fields(
          'how an object becomes one of a version',
          {
            to: text('the version: group/version'),
            patch: list(
              kubernetes('an operation of a JSON patch: op, path, value or from; passed over where the object lacks the path'),
              'what changes besides apiVersion',
              1,
            ),
          },
          ['to'],
        ),
        'for conversion reviews of custom resources; versions that are not listed get the new apiVersion alone',
        1,
      ),
      creates: kubernetes('an object that it creates before each answer, with generateName'),
      qps: number('limit of its own client (default 5)'),
      burst: count('burst of its token bucket (default 10)'),
    },
    ['name'],
  ),
  'webhook servers',
);

type Written = Readonly<Record<string, unknown>>;

const conversionPlans = (written: readonly Written[]): readonly ConversionPlan[] =>
  written.map((one) => ({ to: one['to'] as string, patch: (one['patch'] as readonly object[] | undefined) ?? [] }));

export function webhookPlans(written: unknown): readonly WebhookPlan[] {
  return ((written ?? []) as readonly Written[]).map((one) => ({
    name: one['name'] as string,
    latency: parseDurationDistribution(one['latency']) ?? 5000,
    cores: (one['cores'] as number | undefined) ?? 2,
    answer: (one['answer'] as WebhookPlan['answer'] | undefined) ?? 'allow',
    ...(one['code'] === undefined ? {} : { code: one['code'] as number }),
    ...(one['message'] === undefined ? {} : { message: one['message'] as string }),
    ...(one['patch'] === undefined ? {} : { patch: one['patch'] as readonly object[] }),
    ...(one['conversions'] === undefined ? {} : { conversions: conversionPlans(one['conversions'] as readonly Written[]) }),
    ...(one['creates'] === undefined ? {} : { creates: one['creates'] as KubeObject }),
    qps: (one['qps'] as number | undefined) ?? 5,
    burst: (one['burst'] as number | undefined) ?? 10,
  }));
}
