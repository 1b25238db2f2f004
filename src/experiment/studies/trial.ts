/** A trial: one scenario, one seed, one run in one thread. Everything it needs travels with it as data, so that any thread, process or machine can do it,
 *  and what comes back is small: the metrics, the verdicts and the digest. */

import { parseSource, type Scenario, scenarioFrom } from '#scenario';
import { loadExtenders } from '../extender-files.ts';
import { loadPlugins } from '../plugin-files.ts';
import type { Result, Verdict } from '../result.ts';
import { runInThisProcess } from '../run-in-process.ts';
import { failureOf, runScenario } from '../run-scenario.ts';
import { resultOfBuild } from './build-trial.ts';
import { studyMetrics } from './study-metrics.ts';

/** What a trial runs, whatever its seed. */
export interface Arm {
  /** 'A', 'B', or the point of a sweep in words. */
  readonly name: string;
  /** The scenario's file, for messages and for files named beside it. */
  readonly file: string;
  readonly text: string;
  /** `--set` assignments on top. */
  readonly set: readonly string[];
  /** Scheduler plugins of one's own. */
  readonly plugins: readonly string[];
  readonly extenders: readonly string[];
  /** Another Wavetank that runs it: the path of its bin/wavetank.js. */
  readonly build?: string;
  /** The values of a sweep's axes here. */
  readonly point?: Readonly<Record<string, unknown>>;
}

export interface TrialSpec {
  /** Position in the study: 0, 1, ... */
  readonly index: number;
  /** The same work has the same key on every machine. */
  readonly key: string;
  readonly arm: Arm;
  readonly seed: number;
  /** The same seed again: 0 for the first time. */
  readonly repeat: number;
}

/** A line of trials.jsonl. */
export interface TrialRecord {
  readonly index: number;
  readonly key: string;
  readonly arm: string;
  readonly seed: number;
  readonly repeat: number;
  readonly point?: Readonly<Record<string, unknown>>;
  readonly digest: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly verdicts: readonly Pick<Verdict, 'metric' | 'expected' | 'measured' | 'unit' | 'pass'>[];
  /** Why the run must not pass for a success: no pod was scheduled, for example. */
  readonly failure?: string;
  readonly nodes: number;
  readonly podsCreated: number;
  readonly podsBound: number;
  readonly simulatedSeconds: number;
  /** Of this machine: in no digest and no comparison. */
  readonly wallSeconds: number;
}

export interface TrialHooks {
  /** How much of the trial is done, 0 to 1. */
  readonly onShare?: (share: number) => void;
  readonly interrupted?: () => boolean;
  /** Told the whole result, where somebody keeps it. */
  readonly onResult?: (result: Result) => void;
  readonly version: string;
}

export const scenarioOf = (arm: Arm): Scenario => scenarioFrom(parseSource(arm.text, arm.file), arm.set);

/** Runs it in this thread. Undefined: it was interrupted, and what it had so far says nothing. */
export async function runTrial(spec: TrialSpec, hooks: TrialHooks): Promise<TrialRecord | undefined> {
  const { arm, seed } = spec;
  const scenario = scenarioOf(arm);
  const result = arm.build === undefined ? await ownResult(spec, scenario, hooks) : await resultOfBuild(arm, arm.build, seed, hooks);
  if (result === undefined || hooks.interrupted?.() === true) return undefined;
  hooks.onResult?.(result);
  const failure = failureOf(result, scenario);
  return {
    index: spec.index,
    key: spec.key,
    arm: arm.name,
    seed,
    repeat: spec.repeat,
    ...(arm.point === undefined ? {} : { point: arm.point }),
    digest: result.digest,
    metrics: studyMetrics(result),
    verdicts: result.verdicts.map(({ metric, expected, measured, unit, pass }) => ({ metric, expected, measured, unit, pass })),
    ...(failure === undefined ? {} : { failure }),
    nodes: result.nodes,
    podsCreated: result.podsCreated,
    podsBound: result.podsBound,
    simulatedSeconds: result.simulatedSeconds,
    wallSeconds: Math.round(result.wallSeconds * 1e3) / 1e3,
  };
}

async function ownResult({ arm, seed }: TrialSpec, scenario: Scenario, hooks: TrialHooks): Promise<Result | undefined> {
  const plugins = await loadPlugins(arm.plugins);
  const extenders = await loadExtenders(scenario, arm.extenders);
  const { result } = await runScenario(scenario, {
    seed,
    shards: 0,
    runner: runInThisProcess,
    version: hooks.version,
    onProgress: ({ simulatedSeconds, untilSeconds }) => hooks.onShare?.(untilSeconds === 0 ? 1 : simulatedSeconds / untilSeconds),
    interrupted: () => hooks.interrupted?.() === true,
    world: { plugins: plugins.names, extenders },
  });
  return result;
}
