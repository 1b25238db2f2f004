/** How the containers of an entry behave, as the annotation that kubelets read (`wavetank.dev/behaviour`; times in seconds). */

import { quantityMilliValue } from '#api';
import type { Distribution } from '#sim';
import type { PodFields } from './pod-template.ts';
import {
  bytes,
  count,
  duration,
  durationDistribution,
  fields,
  flag,
  type JsonSchema,
  list,
  number,
  oneOf,
  quantity,
  text,
} from './schema-pieces.ts';
import { parseBytes, parseDuration, parseDurationDistribution, parsePercent } from './units.ts';

/** What a container does to its node's CPU: the same all the time, by the hour, or by the request. */
export type LoadFields =
  | string
  | number
  | { readonly low: string | number; readonly high: string | number; readonly period?: string; readonly peak?: string }
  | { readonly perRequest: string; readonly time?: unknown; readonly request?: string | number; readonly response?: string | number };

export interface MemoryFields {
  readonly start?: string | number;
  readonly growth?: string | number;
  readonly max?: string | number;
}

export interface CountFields {
  readonly start?: number;
  readonly growth?: number;
  readonly max?: number;
}

export type DependenceFields =
  | string
  | readonly string[]
  | {
      readonly services: readonly string[];
      readonly otherwise?: 'wait' | 'exit';
      readonly exitAfter?: string | number;
      readonly always?: boolean;
    };

export const behaviourFields: Readonly<Record<string, JsonSchema>> = {
  load: {
    anyOf: [
      quantity('CPU that each container would use'),
      fields(
        'CPU by the time of day',
        {
          low: quantity('CPU at the quietest time'),
          high: quantity('CPU at the peak'),
          period: duration('of one turn (default 24h)'),
          peak: duration('when in it the peak comes (default half of it)'),
        },
        ['low', 'high'],
      ),
      fields(
        'by the request (workload `traffic`)',
        {
          perRequest: duration('CPU time of one request'),
          time: durationDistribution('what it takes besides (default lognormal, median 5ms, p99 50ms)'),
          request: bytes('size of a request (default 0)'),
          response: bytes('size of its answer (default 0)'),
        },
        ['perRequest'],
      ),
    ],
    description: 'what the containers do to the CPU: a quantity, {low, high, period, peak} or {perRequest, time}',
  },
  memoryUse: fields('working set of each container', {
    start: bytes('what it begins with (default half of its request)'),
    growth: bytes('so much more a second'),
    max: bytes('where it stops growing'),
  }),
  diskUse: fields('what each container writes to its node\u2019s disk', {
    start: bytes('at its start'),
    growth: bytes('so much more a second'),
    max: bytes('where it stops growing'),
    volume: text('into this emptyDir instead of its own layer'),
  }),
  inodeUse: fields('files that each container makes', {
    start: count('at its start', 0),
    growth: number('so many more a second'),
    max: count('where it stops', 0),
    volume: text('in this emptyDir instead of its own layer'),
  }),
  processUse: fields('processes of each container (default 1)', {
    start: count('at its start', 1),
    growth: number('so many more a second'),
    max: count('where it stops', 1),
  }),
  log: fields(
    'what each container writes to its log, beside its start and end, HTTP probes and requests',
    {
      rate: number('lines a second'),
      lines: list(text('a line'), 'said in turns (default one that says that it is at work)', 1),
    },
    ['rate'],
  ),
  dependsOn: {
    anyOf: [
      text('a Service, or several with commas between them'),
      list(text('a Service; of another namespace: namespace/name'), 'Services', 1),
      fields(
        'Services, and what a container does without them',
        {
          services: list(text('a Service; of another namespace: namespace/name'), 'Services', 1),
          otherwise: oneOf(
            ['wait', 'exit'],
            'what its process does at its start while one has no endpoint (default wait; exit: with code 1)',
          ),
          exitAfter: duration('how long it tries before it exits (default 1s)'),
          always: flag('it loses its readiness whenever one has no endpoint later, too'),
        },
        ['services'],
      ),
    ],
    description:
      'Services without whose ready endpoints the containers do not work: a name, a list, or {services, otherwise, exitAfter, always}',
  },
  flap: fields('readiness comes and goes', { up: duration('how long it is ready'), down: duration('how long it is not') }, ['up', 'down']),
  preStop: duration('a preStop hook that sleeps: what comes between deletion and SIGTERM'),
  stop: durationDistribution('from SIGTERM to the end of a container'),
};

export function behaviourAnnotations(workload: string, pod: PodFields): Readonly<Record<string, string>> {
  const behaviour: Record<string, unknown> = {};
  if (pod.runtime !== undefined) behaviour['runSeconds'] = inSeconds(parseDurationDistribution(pod.runtime) ?? 0);
  if (pod.startup !== undefined) behaviour['readyAfterSeconds'] = inSeconds(parseDurationDistribution(pod.startup) ?? 0);
  const failures = pod.failures === undefined ? undefined : parsePercent(pod.failures);
  if (failures !== undefined) behaviour['exitCode'] = { '1': failures };
  if (pod.crashEvery !== undefined) {
    behaviour['runSeconds'] = inSeconds(parseDurationDistribution(pod.crashEvery) ?? 0);
    behaviour['exitCode'] = 1;
  }
  if (pod.load !== undefined) addLoad(behaviour, pod.load);
  if (pod.memoryUse !== undefined) {
    const { start, growth, max } = pod.memoryUse;
    behaviour['memory'] = {
      ...(start === undefined ? {} : { startBytes: parseBytes(start) }),
      ...(growth === undefined ? {} : { growthBytesPerSecond: parseBytes(growth) }),
      ...(max === undefined ? {} : { maxBytes: parseBytes(max) }),
    };
  }
  if (pod.diskUse !== undefined) {
    const { start, growth, max, volume } = pod.diskUse;
    behaviour['disk'] = {
      ...(start === undefined ? {} : { startBytes: parseBytes(start) }),
      ...(growth === undefined ? {} : { growthBytesPerSecond: parseBytes(growth) }),
      ...(max === undefined ? {} : { maxBytes: parseBytes(max) }),
      ...(volume === undefined ? {} : { volume }),
    };
  }
  if (pod.inodeUse !== undefined) {
    const { volume } = pod.inodeUse;
    behaviour['inodes'] = { ...grows(pod.inodeUse), ...(volume === undefined ? {} : { volume }) };
  }
  if (pod.processUse !== undefined) behaviour['processes'] = grows(pod.processUse);
  if (pod.log !== undefined)
    behaviour['log'] = { linesPerSecond: pod.log.rate, ...(pod.log.lines === undefined ? {} : { lines: pod.log.lines }) };
  if (pod.dependsOn !== undefined) behaviour['dependsOn'] = dependence(pod.dependsOn);
  if (pod.flap !== undefined) {
    const [upSeconds, downSeconds] = [(parseDuration(pod.flap.up) ?? 0) / 1e6, (parseDuration(pod.flap.down) ?? 0) / 1e6];
    behaviour['probes'] = { readiness: { flap: { upSeconds, downSeconds } } };
  }
  if (pod.stop !== undefined) behaviour['stopSeconds'] = inSeconds(parseDurationDistribution(pod.stop) ?? 0);
  const annotations: Record<string, string> = { 'wavetank.dev/workload': workload };
  if (Object.keys(behaviour).length > 0) annotations['wavetank.dev/behaviour'] = JSON.stringify(behaviour);
  return annotations;
}

const grows = ({ start, growth, max }: CountFields): object => ({
  ...(start === undefined ? {} : { start }),
  ...(growth === undefined ? {} : { growthPerSecond: growth }),
  ...(max === undefined ? {} : { max }),
});

function dependence(written: DependenceFields): unknown {
  if (typeof written === 'string' || Array.isArray(written)) return written;
  const { exitAfter, ...rest } = written as Exclude<DependenceFields, string | readonly string[]>;
  return exitAfter === undefined ? rest : { ...rest, exitAfterSeconds: (parseDuration(exitAfter) ?? 0) / 1e6 };
}

function addLoad(behaviour: Record<string, unknown>, load: LoadFields): void {
  if (typeof load !== 'object') behaviour['cpuMilli'] = milli(load);
  else if ('perRequest' in load) {
    const time = parseDurationDistribution(load.time);
    behaviour['perRequest'] = {
      cpuSeconds: (parseDuration(load.perRequest) ?? 0) / 1e6,
      ...(time === undefined ? {} : { seconds: inSeconds(time) }),
      ...(load.request === undefined ? {} : { requestBytes: parseBytes(load.request) }),
      ...(load.response === undefined ? {} : { responseBytes: parseBytes(load.response) }),
    };
  } else {
    const periodSeconds = (parseDuration(load.period ?? '24h') ?? 1e6) / 1e6;
    const peakSeconds = load.peak === undefined ? periodSeconds / 2 : (parseDuration(load.peak) ?? 0) / 1e6;
    behaviour['cpuMilli'] = { lowMilli: milli(load.low), highMilli: milli(load.high), periodSeconds, peakSeconds };
  }
}

const milli = (written: string | number): number => quantityMilliValue(String(written));

/** The same distribution with microseconds turned into seconds. */
export function inSeconds(distribution: Distribution): Distribution {
  return scaled(distribution, 1 / 1_000_000);
}

/** Every value of a distribution times a factor; shapes and quantiles stay. */
export function scaled(distribution: Distribution, factor: number): Distribution {
  if (typeof distribution === 'number') return distribution * factor;
  const [shape, fields] = Object.entries(distribution)[0] as [string, unknown];
  if (shape === 'empirical')
    return {
      empirical: (fields as readonly (readonly [number, number])[]).map(([quantile, value]) => [quantile, value * factor] as const),
    };
  const out: Record<string, number> = {};
  for (const [key, value] of Object.entries(fields as Record<string, number>)) out[key] = key === 'shape' ? value : value * factor;
  return { [shape]: out } as unknown as Distribution;
}
