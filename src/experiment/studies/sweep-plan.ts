/** The study file of a sweep: which scenario, which of its values vary and over what, how many seeds, and when enough is known. */

import { dirname, isAbsolute, join } from 'node:path';
import {
  decodeText,
  type JsonSchema,
  type Mistake,
  nearest,
  parseSource,
  readBytes,
  readSource,
  type Source,
  scenarioFrom,
  UserError,
  validate,
} from '#scenario';
import { PROFILES, profileSet } from './sides.ts';
import { STUDY_METRICS, studyMetric } from './study-metrics.ts';
import type { Arm } from './trial.ts';

export interface Axis {
  readonly name: string;
  /** What each value sets. */
  readonly values: readonly { readonly label: string | number; readonly set: string }[];
}

export interface StopRule {
  /** Half the interval's width, as a share of the mean. */
  readonly width: number;
  readonly metrics: readonly string[];
  readonly batch: number;
}

export interface SweepPlan {
  readonly name: string;
  readonly question?: string;
  readonly axes: readonly Axis[];
  readonly arms: readonly Arm[];
  /** All that may be used; the first `atLeast` are. */
  readonly seeds: readonly number[];
  readonly atLeast: number;
  readonly repeats: number;
  readonly metrics: readonly string[];
  readonly stop?: StopRule;
}

const MOST_POINTS = 10_000;
const fields = (description: string, properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  description,
  properties,
  required,
  additionalProperties: false,
});
const whole = (description: string, minimum: number, maximum: number): JsonSchema => ({ type: 'integer', description, minimum, maximum });

const axisSchema = fields('something that varies: a path of the scenario with its values, or a range, or schedulers by profile', {
  name: { type: 'string', minLength: 1, description: 'what the report calls it (default: the last word of the path)' },
  path: { type: 'string', minLength: 1, description: 'a path of the scenario, as in --set: cluster.nodes[0].count' },
  values: { type: 'array', minItems: 1, description: 'the values, of any kind' },
  from: { type: 'number', description: 'the least of a range' },
  to: { type: 'number', description: 'the most of a range' },
  steps: whole('how many values the range has (default 5)', 2, 1000),
  scale: { enum: ['linear', 'log'], description: 'equal differences, or equal ratios (default linear)' },
  profiles: { type: 'array', minItems: 1, items: { enum: Object.keys(PROFILES) }, description: 'scheduler profiles by name' },
});

export const sweepSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Wavetank study',
  ...fields(
    'a sweep: one scenario over the values of some axes and over seeds',
    {
      name: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9 ._-]*$', maxLength: 200, description: "its name (default: the file's)" },
      scenario: { type: 'string', minLength: 1, description: 'the scenario, beside this file' },
      set: {
        type: 'object',
        additionalProperties: true,
        description: 'values of the scenario that are the same at every point: path to value',
      },
      axes: { type: 'array', minItems: 1, maxItems: 6, items: axisSchema, description: 'what varies; every combination is a point' },
      seeds: {
        anyOf: [whole('so many, from 1 on', 1, 10_000), { type: 'array', minItems: 1, items: whole('a seed', 0, 4_294_967_295) }],
        description: 'how many seeds, or which (default 5)',
      },
      repeats: whole('each seed so many times: equal digests show that nothing but the seed decides (default 1)', 1, 10),
      metrics: { type: 'array', minItems: 1, items: { type: 'string' }, description: 'what is drawn and judged (default: the chief ones)' },
      stop: fields('more seeds until the means are known well enough', {
        width: { type: 'string', format: 'percent', description: "half the 95 % interval, as a share of the mean (default '5 %')" },
        metrics: { type: 'array', minItems: 1, items: { type: 'string' }, description: 'which must be narrow (default: all)' },
        most: whole('seeds a point at most (default 50)', 2, 10_000),
        batch: whole('seeds added at a time (default 5)', 1, 1000),
      }),
      plugins: { type: 'array', items: { type: 'string', minLength: 1 }, description: 'scheduler plugins of your own, beside this file' },
    },
    ['scenario', 'axes'],
  ),
};

type Written = Readonly<Record<string, unknown>>;

/** Judges everything, each mistake at its line of the study file or of the scenario. */
export function loadSweep(file: string): SweepPlan {
  const source = readSource(file);
  if (source.value === null || source.value === undefined)
    throw UserError.at({ file }, 'is empty: a study needs at least `scenario` and `axes`');
  const mistakes = [...validate(sweepSchema, source, 'the study')];
  if (mistakes.length > 0) throw new UserError(mistakes);
  const written = source.value as Written;
  const stopWritten = written['stop'] as Written | undefined;
  const metrics = (written['metrics'] as readonly string[] | undefined) ?? headline();
  checkMetrics(source, ['metrics'], written['metrics'], mistakes);
  checkMetrics(source, ['stop', 'metrics'], stopWritten?.['metrics'], mistakes);
  const axes = (written['axes'] as readonly Written[]).map((axis, index) => axisOf(axis, index, source, mistakes));
  if (mistakes.length > 0) throw new UserError(mistakes);
  const points = axes.reduce((product, { values }) => product * values.length, 1);
  if (points > MOST_POINTS) throw UserError.at(source.placeOf(['axes']), `'axes' make ${points} points; at most ${MOST_POINTS} are run`);
  const beside = (name: string): string => (isAbsolute(name) ? name : join(dirname(file), name));
  const scenario = beside(written['scenario'] as string);
  const text = readBeside(scenario, source, ['scenario']);
  const set = Object.entries((written['set'] ?? {}) as Written).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  judgeAxes(axes, parseSource(text, scenario), set, source);
  const base = { file: scenario, text, plugins: ((written['plugins'] as readonly string[] | undefined) ?? []).map(beside), extenders: [] };
  const seeds = seedsFrom(written['seeds'], stopWritten);
  return {
    name: (written['name'] as string | undefined) ?? (file.split(/[\\/]/).at(-1) ?? file).replace(/\.ya?ml$/, ''),
    ...(source.headComment === '' ? {} : { question: source.headComment }),
    axes,
    arms: combinations(axes).map((choice) => ({
      ...base,
      name: choice.map(({ axis, label }) => `${axis} ${label}`).join(', '),
      set: [...set, ...choice.map((one) => one.set)],
      point: Object.fromEntries(choice.map(({ axis, label }) => [axis, label])),
    })),
    ...seeds,
    repeats: (written['repeats'] as number | undefined) ?? 1,
    metrics,
    ...(stopWritten === undefined ? {} : { stop: stopRule(stopWritten, metrics) }),
  };
}

const headline = (): readonly string[] => Object.entries(STUDY_METRICS).flatMap(([name, info]) => (info.headline === true ? [name] : []));

function checkMetrics(source: Source, path: readonly string[], names: unknown, mistakes: Mistake[]): void {
  ((names ?? []) as readonly string[]).forEach((name, index) => {
    if (studyMetric(name) !== undefined) return;
    const near = nearest(name, Object.keys(STUDY_METRICS));
    const advice = near === undefined ? '`wavetank compare --list-metrics` names them' : `did you mean '${near}'?`;
    mistakes.push({
      ...source.placeOf([...path, index]),
      message: `'${path.join('.')}[${index}]': there is no metric '${name}'; ${advice}`,
    });
  });
}

function axisOf(written: Written, index: number, source: Source, mistakes: Mistake[]): Axis {
  const wrong = (message: string): void => {
    mistakes.push({ ...source.placeOf(['axes', index]), message: `'axes[${index}]' ${message}` });
  };
  const { path, values, from, to, profiles } = written as {
    path?: string;
    values?: unknown[];
    from?: number;
    to?: number;
    profiles?: string[];
  };
  const ways = [values, from ?? to, profiles].filter((way) => way !== undefined).length;
  if (ways !== 1) wrong(`needs one of: 'values', 'from' with 'to', or 'profiles'; found ${ways === 0 ? 'none' : 'several'}`);
  if (profiles !== undefined && path !== undefined) wrong("has 'profiles' and 'path': profiles stand for themselves");
  if (profiles === undefined && path === undefined) wrong("lacks 'path'");
  if (values === undefined && profiles === undefined && (from === undefined || to === undefined)) wrong("needs both 'from' and 'to'");
  if (from !== undefined && to !== undefined && !(from < to)) wrong(`goes from ${from} to ${to}: 'from' must be less`);
  if (written['scale'] === 'log' && (from ?? 1) <= 0) wrong("has a log scale that begins at 0 or below: 'from' must be more than 0");
  const name = (written['name'] as string | undefined) ?? (path === undefined ? 'scheduler' : lastWord(path));
  if (profiles !== undefined) return { name, values: profiles.map((profile) => ({ label: profile, set: profileSet(profile) })) };
  const all = values ?? range(from ?? 0, to ?? 1, (written['steps'] as number | undefined) ?? 5, written['scale'] === 'log');
  return { name, values: all.map((value) => ({ label: labelOf(value), set: `${path ?? ''}=${JSON.stringify(value)}` })) };
}

const lastWord = (path: string): string =>
  path
    .replace(/\[\d+\]/g, '')
    .split('.')
    .at(-1) ?? path;
const labelOf = (value: unknown): string | number =>
  typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value);

/** Whole numbers where both ends are: counts of nodes have no halves. */
function range(from: number, to: number, steps: number, log: boolean): readonly number[] {
  const isWhole = Number.isInteger(from) && Number.isInteger(to);
  const all = Array.from({ length: steps }, (_, i) => {
    const share = i / (steps - 1);
    const value = log ? Math.exp(Math.log(from) + share * (Math.log(to) - Math.log(from))) : from + share * (to - from);
    return isWhole ? Math.round(value) : Number(value.toPrecision(6));
  });
  return [...new Set(all)];
}

function readBeside(file: string, source: Source, path: readonly string[]): string {
  try {
    return decodeText(readBytes(file), file);
  } catch (error) {
    if (!(error instanceof UserError) || error.mistakes[0]?.line !== undefined) throw error;
    throw UserError.at(source.placeOf(path), `'${path.join('.')}': ${file}: ${error.mistakes[0]?.message}`);
  }
}

/** Each value of each axis alone: what it makes wrong is a mistake of the study's line. */
function judgeAxes(axes: readonly Axis[], scenario: Source, set: readonly string[], study: Source): void {
  judgeOne(scenario, set, (place) => place ?? study.placeOf(['set'], true));
  axes.forEach((axis, index) => {
    axis.values.forEach((value, at) => {
      const list = ['values', 'profiles'].find((key) => (study.value as { axes: Written[] }).axes[index]?.[key] !== undefined);
      const path = list === undefined ? ['axes', index] : ['axes', index, list, at];
      judgeOne(scenario, [...set, value.set], (place) => place ?? study.placeOf(path));
    });
  });
}

function judgeOne(scenario: Source, set: readonly string[], placeOf: (place: Mistake | undefined) => object): void {
  try {
    scenarioFrom(scenario, set);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      error.mistakes.map((mistake) => {
        const isOurs = mistake.file === undefined || mistake.file.startsWith('--set');
        return isOurs ? { ...placeOf(undefined), message: mistake.message.replace(/^--set [^:]*: /, '') } : mistake;
      }),
    );
  }
}

interface Choice {
  readonly axis: string;
  readonly label: string | number;
  readonly set: string;
}

function combinations(axes: readonly Axis[]): readonly (readonly Choice[])[] {
  return axes.reduce<readonly (readonly Choice[])[]>(
    (before, { name, values }) => before.flatMap((choice) => values.map((value) => [...choice, { axis: name, ...value }])),
    [[]],
  );
}

function seedsFrom(written: unknown, stop: Written | undefined): Pick<SweepPlan, 'seeds' | 'atLeast'> {
  const first =
    typeof written === 'object'
      ? (written as readonly number[])
      : Array.from({ length: (written as number | undefined) ?? 5 }, (_, i) => i + 1);
  if (stop === undefined) return { seeds: first, atLeast: first.length };
  const most = (stop['most'] as number | undefined) ?? 50;
  const seeds = [...first];
  for (let seed = 1; seeds.length < most; seed++) if (!first.includes(seed)) seeds.push(seed);
  return { seeds, atLeast: Math.max(2, first.length) };
}

function stopRule(written: Written, metrics: readonly string[]): StopRule {
  return {
    width: Number(/[\d.]+/.exec((written['width'] as string | undefined) ?? '5')?.[0]) / 100,
    metrics: (written['metrics'] as readonly string[] | undefined) ?? metrics,
    batch: (written['batch'] as number | undefined) ?? 5,
  };
}
