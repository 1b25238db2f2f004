/** One run from scenario to result: builds the world, has it run, judges it, and says what it took. */

import { performance } from 'node:perf_hooks';
import { bringsPods, type Scenario } from '#scenario';
import { type RunOutcome as EngineOutcome, type PositionTable, placeByGroup, type WorldSpec } from '#sim';
import { assembleResult } from './assemble-result.ts';
import { type BuiltWorld, buildWorld, type WorldOptions } from './build-world.ts';
import type { Checkpoints } from './checkpoints.ts';
import { type ExplainChoice, withJournals } from './explain-file.ts';
import type { RunOutcome } from './outcome.ts';
import type { Result } from './result.ts';

/** How far a run is. */
export interface RunProgress {
  readonly simulatedSeconds: number;
  readonly untilSeconds: number;
  readonly events: number;
  readonly wallSeconds: number;
}

/** What the thread side is asked to do; `runInThisProcess` and the pool of shards both are one. */
export interface RunnerOptions {
  readonly shards: number;
  readonly placement: Int32Array;
  readonly onProgress: (progress: { readonly at: number; readonly until: number; readonly events: number }) => void;
  /** Where shards note how far they are. */
  readonly positions?: PositionTable;
  /** Asked now and then; a text ends the run. */
  readonly shouldStop: () => string | undefined;
}
export type Runner = (world: WorldSpec, options: RunnerOptions) => Promise<EngineOutcome & { readonly barrierSeconds?: number }>;

export interface RunRequest {
  readonly seed: number;
  /** 0: all in this process. */
  readonly shards: number;
  readonly runner: Runner;
  readonly version: string;
  readonly onProgress?: (progress: RunProgress) => void;
  /** True once the user asked for the end. */
  readonly interrupted?: () => boolean;
  readonly world?: Partial<WorldOptions>;
  /** Which attempts of the scheduler can be explained afterwards; default none. */
  readonly explain?: ExplainChoice;
  /** Keeps life.json. */
  readonly checkpoints?: Checkpoints;
}

export interface FinishedRun {
  readonly result: Result;
  readonly built: BuiltWorld;
  readonly run: RunOutcome;
}

export async function runScenario(scenario: Scenario, request: RunRequest): Promise<FinishedRun> {
  const { seed, shards, runner, version, onProgress, interrupted } = request;
  const began = performance.now();
  const cpuBefore = process.cpuUsage();
  const built = buildWorld(scenario, { seed, ...request.world });
  const { checkpoints } = request;
  const positions = checkpoints?.begin(built.world.until, shards);
  let stopped = false;
  const outcome = await runner(withJournals(built.world, request.explain ?? 'none'), {
    shards,
    placement: placeByGroup(built.world, shards, ['node']),
    ...(positions === undefined ? {} : { positions }),
    onProgress: ({ at, until, events }) => {
      checkpoints?.look();
      onProgress?.({ simulatedSeconds: at / 1e6, untilSeconds: until / 1e6, events, wallSeconds: (performance.now() - began) / 1e3 });
    },
    shouldStop: () => {
      stopped ||= interrupted?.() === true;
      return stopped ? 'interrupted' : checkpoints?.mismatch?.message;
    },
  });
  checkpoints?.look();
  if (checkpoints?.mismatch !== undefined) throw checkpoints.mismatch;
  const run: RunOutcome = {
    digest: outcome.digest,
    recorded: outcome.recorded,
    stoppedAt: outcome.stoppedAt,
    ...(outcome.ended === undefined ? {} : { ended: outcome.ended }),
    interrupted: stopped && outcome.ended === 'interrupted',
    shards: {
      used: shards,
      windows: outcome.windows,
      events: outcome.events,
      messages: outcome.messages,
      barrierSeconds: outcome.barrierSeconds ?? 0,
      meanWindowMs: outcome.windows === 0 ? 0 : outcome.stoppedAt / 1e3 / outcome.windows,
    },
  };
  const cpu = process.cpuUsage(cpuBefore);
  // Of a resumed run: all attempts together.
  const spent = checkpoints?.spent ?? { wallSeconds: 0, cpuSeconds: 0 };
  // The kernel's high-water mark of the whole process, threads included, in kilobytes.
  const costs = {
    wallSeconds: spent.wallSeconds + (performance.now() - began) / 1e3,
    cpuSeconds: spent.cpuSeconds + (cpu.user + cpu.system) / 1e6,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  return { result: assembleResult(scenario, built, run, costs, version), built, run };
}

/** Why a run must not pass for a success, or undefined. Verdicts are judged elsewhere. */
export function failureOf(result: Result, scenario: Scenario): string | undefined {
  if (result.partial) return result.ended ?? 'ended early';
  // Work for a controller of one's own, or for none, need not bring any.
  if (scenario.workload.some(bringsPods) && result.podsCreated === 0)
    return 'no pod was ever created: see the refused requests among the marks';
  if (result.podsCreated > 0 && result.podsBound === 0) return `no pod was scheduled (${result.podsCreated} were created)`;
  return undefined;
}
