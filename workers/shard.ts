/** A shard's thread: builds its hosts, then runs to the end in one long task: a simulated second after the other, and each slice by slice. */

import type { MessagePort } from 'node:worker_threads';
import type { CreateHost, Instant, PositionTable, ShardSnapshot, WorldSpec } from '#sim';
import { endOf, endOfCell, lookahead, PositionWriter, Promises, Shard } from '#sim';
import { abort, Barrier } from './barrier.ts';
import type { SharedMemory } from './exchange.ts';
import { Exchange } from './exchange.ts';
import { youngGarbageCollector } from './young-garbage.ts';

/** Where a thread finds the hosts' factory: `export` of `module` is called with `argument` and returns (or promises) a CreateHost. */
export interface HostBuilder {
  /** An URL's href. */
  readonly module: string;
  readonly export: string;
  /** Anything that survives structured clone. */
  readonly argument?: unknown;
}

export interface ShardTask {
  readonly world: WorldSpec;
  readonly shard: number;
  readonly shards: number;
  readonly placement: Int32Array;
  readonly builder: HostBuilder;
  readonly memory: SharedMemory;
  readonly ports: readonly (MessagePort | undefined)[];
  readonly spins: number;
  readonly keepLog: boolean;
  /** In shared memory. */
  readonly positions?: PositionTable;
}

export interface ShardReport {
  readonly snapshot: ShardSnapshot;
  readonly messages: number;
  readonly windows: number;
  readonly barrierSeconds: number;
  /** Wall time from where all shards have made their hosts to the end. */
  readonly runSeconds: number;
  readonly stoppedAt: number;
  /** This shard's own wish to end the run, if the run ended by it. */
  readonly ended?: string;
}

export default async function runShard(task: ShardTask): Promise<ShardReport> {
  try {
    const module = (await import(task.builder.module)) as Record<string, (argument: unknown) => CreateHost | Promise<CreateHost>>;
    const build = module[task.builder.export];
    if (build === undefined) throw new Error(`${task.builder.module} has no export '${task.builder.export}'`);
    return runCells(task, await build(task.builder.argument));
  } catch (error) {
    abort(task.memory.barrier);
    throw error;
  }
}

function runCells(task: ShardTask, createHost: CreateHost): ShardReport {
  const { world, shards, placement } = task;
  const me = task.shard;
  const barrier = new Barrier(task.memory.barrier, shards, task.spins, youngGarbageCollector());
  const exchange = new Exchange(task.memory, me, shards, task.ports);
  const shard = new Shard({ world, shard: me, placement, createHost, outlet: exchange, keepLog: task.keepLog });
  const promises = new Promises(lookahead(world, placement, shards), shards, me);
  const next = new Float64Array(shards);
  shard.start();
  const positions = task.positions === undefined ? undefined : new PositionWriter(task.positions, shard, me);
  // Threads do not come up together: what a run takes is counted from where all have their hosts.
  barrier.meet();
  barrier.seconds = 0;
  const since = performance.now();
  const run: CellRun = { shard, exchange, promises, barrier, reached: 0, windows: 0 };
  // What hosts send as they start is on its way before anybody has run.
  finishCell(run, 0);
  let stoppedAt = world.until;
  let ended: string | undefined;
  for (;;) {
    exchange.postBoard(shard, barrier.cancelled);
    barrier.meet();
    if (run.reached > 0) positions?.reach(run.reached);
    const end = endOf(exchange.stops(), run.reached, world.until);
    if (end !== undefined) {
      stoppedAt = end.at;
      ended = end.host === shard.stopped?.host ? shard.stopped.reason : undefined;
      break;
    }
    if (run.reached >= world.until) break;
    if (exchange.cancelled) {
      stoppedAt = run.reached;
      break;
    }
    exchange.nextTimes(next);
    promises.begin(next);
    runCell(run, endOfCell(run.reached, Math.min(...next), world.until));
  }
  const runSeconds = (performance.now() - since) / 1000;
  return {
    snapshot: shard.snapshot(),
    messages: exchange.messages,
    windows: run.windows,
    barrierSeconds: barrier.seconds,
    runSeconds,
    stoppedAt,
    ended,
  };
}

interface CellRun {
  readonly shard: Shard;
  readonly exchange: Exchange;
  readonly promises: Promises;
  readonly barrier: Barrier;
  /** How far this shard has run. */
  reached: Instant;
  windows: number;
}

/** Runs to `end`, slice by slice, as far as the others' promises allow; returns when everything that they send before it is here. */
function runCell(run: CellRun, end: Instant): void {
  const { shard, exchange, promises, barrier } = run;
  while (run.reached < end) {
    exchange.collect(shard, promises);
    const bound = promises.bound();
    const limit = Math.min(end, bound);
    if (limit <= run.reached) {
      exchange.awaitNews(barrier);
      continue;
    }
    // Nothing before the next event needs a slice of its own.
    run.reached = Math.min(limit, Math.max(run.reached, Math.min(shard.nextTime(), limit)) + promises.slice);
    shard.runUntil(run.reached);
    run.windows++;
    exchange.post(Math.max(run.reached, Math.min(shard.nextTime(), bound)), shard, promises, barrier);
  }
  finishCell(run, end);
}

function finishCell({ shard, exchange, promises, barrier }: CellRun, end: Instant): void {
  exchange.post(Math.max(end, Math.min(shard.nextTime(), promises.bound())), shard, promises, barrier);
  for (;;) {
    exchange.collect(shard, promises);
    if (promises.areAllPast(end)) return;
    exchange.awaitNews(barrier);
  }
}
