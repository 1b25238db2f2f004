/** A whole run in this thread: one shard, or several that exchange through arrays (the port to debug with, and what tests compare threads against). */

import type { Stop } from './context.ts';
import { combineDigests } from './digest.ts';
import type { HostId } from './host.ts';
import { gridAfter, lookahead, Pace } from './lookahead.ts';
import type { Message } from './message.ts';
import { type PositionTable, PositionWriter } from './positions.ts';
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
  /** Where to note how far the run is at whole seconds; it has a row for each shard. */
  readonly positions?: PositionTable;
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

/** A world that runs in this thread, round by round: whoever steps it may look at the clock or at Ctrl-C in between. */
export class InProcessRun {
  readonly #world: WorldSpec;
  readonly #options: RunOptions;
  readonly #boxes: Letter[][];
  readonly #shards: readonly Shard[];
  readonly #pace: Pace;
  readonly #positions: readonly PositionWriter[];
  #messages = 0;
  #windows = 0;
  #ended: Pick<Stop, 'at' | 'reason'> | undefined;

  constructor(world: WorldSpec, createHost: CreateHost, options: RunOptions = {}) {
    const count = Math.max(1, options.shards ?? 1);
    const placement = options.placement ?? Int32Array.from(world.hosts, (_, host) => host % count);
    const boxes: Letter[][] = Array.from({ length: count }, () => []);
    const outlet = {
      send: (shard: number, at: Instant, source: HostId, counter: number, target: HostId, incarnation: number, message: Message): void => {
        this.#messages++;
        boxes[shard]?.push({ at, source, counter, target, incarnation, message });
      },
    };
    const { keepLog, sourceWeight } = options;
    this.#world = world;
    this.#options = options;
    this.#boxes = boxes;
    this.#shards = boxes.map((_, shard) => new Shard({ world, shard, placement, createHost, outlet, keepLog, sourceWeight }));
    this.#pace = new Pace(lookahead(world, placement, count), count, world.until);
    for (const shard of this.#shards) shard.start();
    const table = options.positions;
    this.#positions = table === undefined ? [] : this.#shards.map((shard, index) => new PositionWriter(table, shard, index));
  }

  /** One round. False when the run is over. */
  step(): boolean {
    const pace = this.#pace;
    const until = this.#world.until;
    if (pace.reached >= until || this.#ended !== undefined) return false;
    this.#deliver();
    const before = pace.reached;
    pace.advance(this.#shards.map((shard) => shard.nextTime()));
    this.#shards.forEach((shard, i) => {
      shard.runUntil(pace.horizons[i] as number);
    });
    this.#windows++;
    if (gridAfter(before) > pace.reached && pace.reached < until) return true;
    for (const writer of this.#positions) writer.reach(pace.reached);
    this.#ended = endOf(
      this.#shards.flatMap((shard) => shard.stopped ?? []),
      pace.reached,
      until,
    );
    if (this.#ended !== undefined) return false;
    this.#options.onProgress?.({ at: pace.reached, until, events: this.#shards.reduce((sum, { events }) => sum + events, 0) });
    const reason = this.#options.shouldStop?.();
    if (reason !== undefined && pace.reached < until) this.#ended = { at: pace.reached, reason };
    return this.#ended === undefined;
  }

  outcome(): RunOutcome {
    const stoppedAt = this.#ended?.at ?? this.#world.until;
    const end = { stoppedAt, windows: this.#windows, messages: this.#messages, ended: this.#ended?.reason };
    return outcomeOf(
      this.#world,
      this.#shards.map((shard) => shard.snapshot()),
      end,
    );
  }

  #deliver(): void {
    this.#shards.forEach((shard, i) => {
      for (const { at, source, counter, target, incarnation, message } of this.#boxes[i] as Letter[])
        shard.accept(at, source, counter, target, incarnation, message);
      this.#boxes[i] = [];
    });
  }
}

/** Runs a world in this thread, to its end. */
export function runInProcess(world: WorldSpec, createHost: CreateHost, options: RunOptions = {}): RunOutcome {
  const run = new InProcessRun(world, createHost, options);
  while (run.step());
  return run.outcome();
}

/** The end that hosts asked for, once all shards have run to it: the close of the simulated second of the earliest wish. */
export function endOf(stops: readonly Stop[], reached: Instant, until: Instant): Stop | undefined {
  const first = [...stops].sort((a, b) => a.at - b.at || a.host - b.host)[0];
  if (first === undefined) return undefined;
  const at = Math.min(until, gridAfter(first.at));
  return reached < at ? undefined : { at, host: first.host, reason: first.reason };
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
