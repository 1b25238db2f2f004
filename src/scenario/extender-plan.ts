/** `cluster.extenders`: what answers for the scheduler's HTTP extenders. Each is a file of the user's own, found by the extender's URL; how often and how
 *  late it answers stands beside it. An extender that no KubeSchedulerConfiguration names is configured here, with the same fields. */

import { dirname, isAbsolute, join } from 'node:path';
import type { Distribution, Duration } from '#sim';
import { count, duration, durationDistribution, fields, flag, type JsonSchema, kubernetes, list, percent, text } from './schema-pieces.ts';
import type { Source } from './source.ts';
import { parseDuration, parseDurationDistribution, parsePercent } from './units.ts';
import type { Place } from './user-error.ts';

/** Shares of the requests, 0 to 1, between two instants. */
export interface ExtenderFailuresPlan {
  readonly timeout: number;
  readonly garbage: number;
  readonly error: number;
  readonly from?: Duration;
  readonly until?: Duration;
}

export interface ExtenderPlan {
  readonly urlPrefix: string;
  /** As a path; relative ones start where the scenario lies. */
  readonly module: string;
  readonly latency: Distribution;
  readonly failures: ExtenderFailuresPlan;
  /** Fields of an Extender of KubeSchedulerConfiguration v1, as written; for an extender that no configuration names. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly place: Place;
}

/** From request to answer, the network apart. assumed. */
export const DEFAULT_EXTENDER_LATENCY: Duration = 1_000;
export const NO_EXTENDER_FAILURES: ExtenderFailuresPlan = { timeout: 0, garbage: 0, error: 0 };

const settingsSchema: Readonly<Record<string, JsonSchema>> = {
  filterVerb: text('called to filter'),
  prioritizeVerb: text('called to prioritize'),
  preemptVerb: text('called for preemption'),
  bindVerb: text('called to bind'),
  weight: count('of its priorities'),
  nodeCacheCapable: flag('it is sent names instead of nodes (default false)'),
  managedResources: list(kubernetes('name, ignoredByScheduler'), 'it is asked only about pods that want one of these'),
  ignorable: flag('it is passed over when it fails (default false)'),
  httpTimeout: text("a duration as Go writes it: '500ms' (default 5s)"),
  enableHTTPS: flag('accepted; there is no TLS here'),
  tlsConfig: kubernetes('accepted; there is no TLS here'),
};

export const extendersSchema: JsonSchema = list(
  fields(
    'an extender',
    {
      urlPrefix: text('as the KubeSchedulerConfiguration names it: http://my-extender:8888/scheduler'),
      module: text('a file with functions filter, prioritize, preempt, bind; relative to this one'),
      latency: durationDistribution('from request to answer (default 1ms)'),
      failures: fields('how often it fails', {
        timeout: percent('of the requests are never answered'),
        garbage: percent('are answered with something that is no JSON'),
        error: percent('are answered with 500'),
        from: duration('only from then on'),
        until: duration('only until then'),
      }),
      ...settingsSchema,
    },
    ['urlPrefix', 'module'],
  ),
  'what answers for the HTTP extenders of the schedulers',
);

type Written = Readonly<Record<string, unknown>>;

/** The plans of a valid `cluster.extenders`. */
export function extenderPlans(written: unknown, source?: Source): readonly ExtenderPlan[] {
  return ((written as readonly Written[] | undefined) ?? []).map((entry, index) => {
    const module = entry['module'] as string;
    const settings = Object.fromEntries(Object.entries(entry).filter(([key]) => key in settingsSchema));
    return {
      urlPrefix: entry['urlPrefix'] as string,
      module: isAbsolute(module) || source === undefined ? module : join(dirname(source.file), module),
      latency: parseDurationDistribution(entry['latency']) ?? DEFAULT_EXTENDER_LATENCY,
      failures: failuresPlan((entry['failures'] ?? {}) as Written),
      settings,
      place: source?.placeOf(['cluster', 'extenders', index]) ?? {},
    };
  });
}

function failuresPlan(written: Written): ExtenderFailuresPlan {
  const from = parseDuration(written['from']);
  const until = parseDuration(written['until']);
  return {
    timeout: parsePercent(written['timeout']) ?? 0,
    garbage: parsePercent(written['garbage']) ?? 0,
    error: parsePercent(written['error']) ?? 0,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}
