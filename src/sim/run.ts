/** A whole run in this thread: one shard, or several that exchange through arrays (the port to debug with, and what tests compare threads against). */

import type { Stop } from './context.ts';
import { combineDigests } from './digest.ts';
import type { HostId } from './host.ts';
import { gridAfter, lookahead, Pace } from './lookahead.ts';
import type { Message } from './message.ts';
import { RecordedRun } from './recorded-run.ts';
import type { CreateHost, ShardSnapshot } from './shard.ts';
import { Shard } from './shard.ts';
import type { Instant } from './time.ts';
import type { WorldSpec } from './world.ts';

/** How far a run is. `at`: up to which instant all shards have run. */
export interface Progress {
  readonly at: Instant;
  readonly until: Instant;
  readonly events: number;
}

export interface RunOptions {
  /** Called at most once a simulated second; throttle by wall clock yourself. */
  readonly onProgress?: (progress: Progress) => void;
  /** Asked as often; a reason ends the run there. */
  readonly shouldStop?: () => string | undefined;
  readonly keepLog?: boolean;
  /** Shards in this thread; 0 and 1 are one shard without windows. */
  readonly shards?: number;
  /** Shard by host; by default host number modulo shards. */
  readonly placement?: Int32Array;
  /** A test's mutation, see ShardOptions. */
  readonly sourceWeight?: number;
}

export interface RunOutcome {
  /** Sixteen hex digits; equal on any number of shards, threads and any placement. */
  readonly digest: string;
  /** Deliveries. */
  readonly events: number;
  /** Messages that crossed shards. */
  readonly messages: number;
  /** Rounds between exchanges. */
  readonly windows: number;
  /** Why the run ended before `until`. */
  readonly ended?: string;
  readonly stoppedAt: Instant;
  readonly recorded: RecordedRun;
}

interface Letter {
  readonly at: Instant;
  readonly source: HostId;
  readonly counter: number;
  readonly target: HostId;
  readonly incarnation: number;
  readonly message: Message;
}

/** Runs a world in this thread. */
export function runInProcess(world: WorldSpec, createHost: CreateHost, options: RunOptions = {}): RunOutcome {
  const count = Math.max(1, options.shards ?? 1);
  const placement = options.placement ?? Int32Array.from(world.hosts, (_, host) => host % count);
  const boxes: Letter[][] = Array.from({ length: count }, () => []);
  let messages = 0;
  const outlet = {
    send(shard: number, at: Instant, source: HostId, counter: number, target: HostId, incarnation: number, message: Message): void {
      messages++;
      boxes[shard]?.push({ at, source, counter, target, incarnation, message });
    },
  };
  const { keepLog, sourceWeight } = options;
  const shards = boxes.map((_, shard) => new Shard({ world, shard, placement, createHost, outlet, keepLog, sourceWeight }));
  const pace = new Pace(lookahead(world, placement, count), count, world.until);
  for (const shard of shards) shard.start();
  let windows = 0;
  let ended: { at: Instant; reason: string } | undefined;
  while (pace.reached < world.until) {
    shards.forEach((shard, i) => {
      for (const { at, source, counter, target, incarnation, message } of boxes[i] as Letter[])
        shard.accept(at, source, counter, target, incarnation, message);
      boxes[i] = [];
    });
    const before = pace.reached;
    pace.advance(shards.map((shard) => shard.nextTime()));
    shards.forEach((shard, i) => {
      shard.runUntil(pace.horizons[i] as number);
    });
    windows++;
    if (gridAfter(before) > pace.reached && pace.reached < world.until) continue;
    ended = endOf(
      shards.flatMap((shard) => shard.stopped ?? []),
      pace.reached,
      world.until,
    );
    if (ended !== undefined) break;
    options.onProgress?.({ at: pace.reached, until: world.until, events: shards.reduce((sum, { events }) => sum + events, 0) });
    const reason = options.shouldStop?.();
    if (reason !== undefined && pace.reached < world.until) {
      ended = { at: pace.reached, reason };
      break;
    }
  }
  const stoppedAt = ended?.at ?? world.until;
  return outcomeOf(
    world,
    shards.map((shard) => shard.snapshot()),
    { stoppedAt, windows, messages, ended: ended?.reason },
  );
}

/** The end that hosts asked for, once all shards have run to it: the close of the simulated second of the earliest wish. */
export function endOf(stops: readonly Stop[], reached: Instant, until: Instant): { at: Instant; reason: string } | undefined {
  const first = [...stops].sort((a, b) => a.at - b.at || a.host - b.host)[0];
  if (first === undefined) return undefined;
  const at = Math.min(until, gridAfter(first.at));
  return reached < at ? undefined : { at, reason: first.reason };
}

/** Joins what the shards left. */
export function outcomeOf(
  world: WorldSpec,
  snapshots: readonly ShardSnapshot[],
  end: { stoppedAt: Instant; windows: number; messages: number; ended?: string },
): RunOutcome {
  const lanes = new Int32Array(2 * world.hosts.length);
  // Each lane is set on one shard and zero on the others.
  for (const snapshot of snapshots) for (let i = 0; i < lanes.length; i++) lanes[i] = (lanes[i] as number) | (snapshot.lanes[i] as number);
  const changes = world.changes.filter((change) => change.at < end.stoppedAt);
  const digest = combineDigests(lanes, (hasher) => {
    for (const change of changes) {
      hasher.number(change.at);
      hasher.string(change.change);
    }
  });
  const marks = changes.flatMap(({ at, label }) => (label === undefined ? [] : [{ at, host: -1, name: label }]));
  const recorded = new RecordedRun(
    snapshots.map((snapshot) => snapshot.recorded),
    world.bucket,
    end.stoppedAt,
    marks,
  );
  return { digest, events: snapshots.reduce((sum, { events }) => sum + events, 0), recorded, ...end };
}
