/** Runs on threads: one long task a shard in piscina's pool. This thread only coordinates: it builds the shared memory, shows progress, passes on a wish to
 *  stop, and never waits on the barrier itself. */

import { availableParallelism, loadavg } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { RunOptions, RunOutcome, WorldSpec } from '#sim';
import { outcomeOf, placeByGroup } from '#sim';
import { Aborted, abort, barrierMemory, cancel } from './barrier.ts';
import { readBoard, sharedMemory } from './exchange.ts';
import type { HostBuilder, ShardReport, ShardTask } from './shard.ts';
import { workerFile } from './worker-file.ts';

export { type FuzzPool, fuzzPool } from './fuzz-pool.ts';
export type { HostBuilder } from './shard.ts';
export { trialPool } from './trial-pool.ts';
export { trialQueue } from './trial-queue.ts';
export { serveTrials } from './trial-server.ts';

export interface ShardedOptions extends Pick<RunOptions, 'onProgress' | 'shouldStop' | 'keepLog' | 'positions'> {
  /** Threads, at least 1. */
  readonly shards: number;
  readonly builder: HostBuilder;
  /** Shard by host; by default hosts of group 'node' are spread over shards 1 and up. */
  readonly placement?: Int32Array;
  /** Old-generation limit of each thread's heap; Node's default here is 4 GiB. */
  readonly heapMb?: number;
  /** A ring's words (a power of two), for tests of what does not fit. */
  readonly ringWords?: number;
}

/** What the threads cost. */
export interface ShardUse {
  readonly used: number;
  readonly windows: number;
  readonly events: number;
  readonly messages: number;
  /** Summed over threads. */
  readonly barrierSeconds: number;
  readonly meanWindowMs: number;
  /** The longest thread's wall time in windows: start-up and merging aside. */
  readonly runSeconds: number;
}
export interface ShardedOutcome extends RunOutcome {
  readonly shards: ShardUse;
}

const POLL_MS = 100;
/** Of all shards together. */
const OLD_SPACE_MB = 4000;

/** How often a waiting thread looks before it sleeps. Being woken takes as long as most waits last; but where others use the cores, a thread that looks for
 *  long keeps the one that it waits for from running. */
const SPINS = 50_000;
const SPINS_ALONE = 400_000;
const SPINS_WHEN_CROWDED = 50;

/** Runs a world on threads; the same digest as runInProcess. Rejects with the first failing shard's error. */
export async function runSharded(world: WorldSpec, options: ShardedOptions): Promise<ShardedOutcome> {
  const shards = options.shards;
  const placement = options.placement ?? placeByGroup(world, shards, ['node']);
  const memory = sharedMemory(barrierMemory(shards), shards, options.ringWords);
  const ports = connect(shards);
  const isAlone = (loadavg()[0] ?? 0) + shards < availableParallelism() + 1.25;
  const spins = shards > availableParallelism() ? SPINS_WHEN_CROWDED : isAlone ? SPINS_ALONE : SPINS;
  // Before it, nothing is gained by looking through the old: what lives long grows with the cluster.
  setFlagsFromString(`--initial-old-space-size=${Math.floor(OLD_SPACE_MB / shards)}`);
  const pool = new Piscina<ShardTask, ShardReport>({
    filename: workerFile('shard'),
    minThreads: shards,
    maxThreads: shards,
    resourceLimits: { maxOldGenerationSizeMb: options.heapMb ?? 8192, maxYoungGenerationSizeMb: 128 },
    execArgv: [],
  });
  let cancelledBy: string | undefined;
  const timer = setInterval(() => {
    const { events, next } = readBoard(memory.board, shards);
    options.onProgress?.({ at: Math.min(next, world.until), until: world.until, events });
    cancelledBy ??= options.shouldStop?.();
    if (cancelledBy !== undefined) cancel(memory.barrier);
  }, POLL_MS);
  try {
    const tasks = ports.map((own, shard) => {
      const task: ShardTask = {
        world,
        shard,
        shards,
        placement,
        builder: options.builder,
        memory,
        ports: own,
        spins,
        keepLog: options.keepLog ?? false,
        ...(options.positions === undefined ? {} : { positions: options.positions }),
      };
      const transferList = own.filter((port) => port !== undefined);
      return pool.run(task, { transferList }).catch((error: unknown) => {
        abort(memory.barrier);
        throw error;
      });
    });
    return join(world, shards, reportsOf(await Promise.allSettled(tasks)), cancelledBy);
  } finally {
    clearInterval(timer);
    await pool.destroy();
  }
}

function join(world: WorldSpec, used: number, reports: readonly ShardReport[], cancelledBy: string | undefined): ShardedOutcome {
  const { stoppedAt, windows } = reports[0] as ShardReport;
  const messages = reports.reduce((sum, report) => sum + report.messages, 0);
  const ended = reports.find((report) => report.ended !== undefined)?.ended ?? (stoppedAt < world.until ? cancelledBy : undefined);
  const outcome = outcomeOf(
    world,
    reports.map((report) => report.snapshot),
    { stoppedAt, windows, messages, ended },
  );
  const barrierSeconds = reports.reduce((sum, report) => sum + report.barrierSeconds, 0);
  const runSeconds = reports.reduce((most, report) => Math.max(most, report.runSeconds), 0);
  const meanWindowMs = stoppedAt / 1000 / Math.max(1, windows);
  return { ...outcome, shards: { used, windows, events: outcome.events, messages, barrierSeconds, meanWindowMs, runSeconds } };
}

/** The reports, or the error that made the others give up. Told by its message: an error's own name does not survive the way between threads. */
function reportsOf(settled: readonly PromiseSettledResult<ShardReport>[]): ShardReport[] {
  const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  const cause = errors.find((error) => error.message !== new Aborted().message) ?? errors[0];
  if (cause !== undefined) throw cause;
  return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** A port for every ordered pair: `ports[i][j]` is what shard i uses towards shard j. */
function connect(shards: number): (MessagePort | undefined)[][] {
  const ports: (MessagePort | undefined)[][] = Array.from({ length: shards }, () => new Array(shards).fill(undefined));
  for (let i = 0; i < shards; i++) {
    for (let j = i + 1; j < shards; j++) {
      const { port1, port2 } = new MessageChannel();
      (ports[i] as (MessagePort | undefined)[])[j] = port1;
      (ports[j] as (MessagePort | undefined)[])[i] = port2;
    }
  }
  return ports;
}
