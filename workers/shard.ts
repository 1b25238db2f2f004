/** A shard's thread: builds its hosts, then runs windows until the end in one long task. */

import type { MessagePort } from 'node:worker_threads';
import type { CreateHost, PositionTable, ShardSnapshot, WorldSpec } from '#sim';
import { endOf, gridAfter, lookahead, Pace, PositionWriter, Shard } from '#sim';
import { abort, Barrier } from './barrier.ts';
import type { SharedMemory } from './exchange.ts';
import { Exchange } from './exchange.ts';

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
    return runWindows(task, await build(task.builder.argument));
  } catch (error) {
    abort(task.memory.barrier);
    throw error;
  }
}

function runWindows(task: ShardTask, createHost: CreateHost): ShardReport {
  const { world, shards, placement } = task;
  const me = task.shard;
  const barrier = new Barrier(task.memory.barrier, shards, task.spins);
  const exchange = new Exchange(task.memory, me, shards, task.ports);
  const shard = new Shard({ world, shard: me, placement, createHost, outlet: exchange, keepLog: task.keepLog });
  const pace = new Pace(lookahead(world, placement, shards), shards, world.until);
  const next = new Float64Array(shards);
  shard.start();
  const positions = task.positions === undefined ? undefined : new PositionWriter(task.positions, shard, me);
  // Threads do not come up together: what a run takes is counted from where all have their hosts.
  barrier.meet();
  barrier.seconds = 0;
  const since = performance.now();
  let windows = 0;
  let grid = 0;
  let stoppedAt = world.until;
  let ended: string | undefined;
  for (;;) {
    exchange.post(shard, barrier.cancelled);
    barrier.meet();
    if (pace.reached >= Math.min(grid, world.until)) {
      grid = gridAfter(pace.reached);
      if (pace.reached > 0) positions?.reach(pace.reached);
      const end = endOf(exchange.stops(), pace.reached, world.until);
      if (end !== undefined) {
        stoppedAt = end.at;
        ended = end.host === shard.stopped?.host ? shard.stopped.reason : undefined;
        break;
      }
      if (exchange.cancelled && pace.reached < world.until) {
        stoppedAt = pace.reached;
        break;
      }
    }
    if (pace.reached >= world.until) break;
    exchange.collect(shard);
    exchange.nextTimes(next);
    pace.advance(next);
    shard.runUntil(pace.horizons[me] as number);
    windows++;
  }
  const runSeconds = (performance.now() - since) / 1000;
  return {
    snapshot: shard.snapshot(),
    messages: exchange.messages,
    windows,
    barrierSeconds: barrier.seconds,
    runSeconds,
    stoppedAt,
    ended,
  };
}
