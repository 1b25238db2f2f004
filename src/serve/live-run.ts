/** A cluster that lives for as long as somebody wants it: a world on one shard, run forward piece by piece, into which messages and changes come from
 *  outside. What came in, and when, is kept: the same world with the same inputs goes the same way (snapshot.ts). */

import { performance } from 'node:perf_hooks';
import type { ApiServer } from '#apiserver';
import { type BuiltWorld, createHost } from '#experiment';
import { type Host, type HostId, type Instant, type Instruments, type Message, SECOND, Shard, type WorldChange } from '#sim';
import { Door, type DoorConfig, type DoorListener } from './door-host.ts';
import { guarded } from './guarded-server.ts';
import { type AskExtender, HttpExtender, type HttpExtenderConfig, isHttpExtender } from './http-extender.ts';
import { RecordTap } from './record-tap.ts';

/** What came in. */
export type Input =
  | { readonly at: Instant; readonly to: HostId; readonly message: Message }
  | { readonly at: Instant; readonly change: WorldChange };

/** Beyond so many inputs, or characters of bodies, a run keeps no more of them: it can then be saved no longer. */
const MOST_INPUTS = 200_000;
const MOST_CHARACTERS = 256 * 1024 * 1024;

/** Pieces of simulated time: so long that little is lost between them, so short that each takes a few milliseconds. */
const LEAST_STEP = 1;
const MOST_STEP: number = SECOND;
const STEP_MS = 4;
/** Shorter stretches of wall time are not told apart. */
const GRAIN_MS = 0.05;

export interface Outside extends DoorListener {
  /** HTTP extenders that the world's schedulers ask. */
  readonly askExtender: AskExtender;
  /** Something in the simulation threw. */
  readonly failed: (error: Error) => void;
}

export class LiveRun {
  readonly built: BuiltWorld;
  readonly door: Door;
  /** What hosts record of single pods. */
  readonly tap = new RecordTap();
  /** Host of the door. */
  readonly doorId: HostId;
  /** Everything before this instant has happened. */
  now: Instant = 0;
  /** Undefined once there was too much to keep. */
  inputs: Input[] | undefined = [];
  /** When the last input arrives. */
  lastInput: Instant = 0;
  private characters = 0;
  private counter = 0;
  private readonly shard: Shard;
  private readonly outside: Outside;
  /** Simulated microseconds a millisecond of wall time, as it went lately. */
  private rate = 2_500;

  constructor(built: BuiltWorld, outside: Outside) {
    const { world } = built;
    this.built = built;
    this.outside = outside;
    let door: Door | undefined;
    this.doorId = world.hosts.findIndex(({ program }) => program === 'door');
    this.shard = new Shard({
      world,
      shard: 0,
      placement: new Int32Array(world.hosts.length),
      createHost: (spec, id, previous) => {
        if (spec.program === 'door') return (door = new Door(spec.config as DoorConfig, outside));
        if (isHttpExtender(spec)) return new HttpExtender(spec.config as HttpExtenderConfig, id, outside.askExtender);
        const host = createHost(spec, id, previous);
        const safe = spec.program === 'apiserver' ? guarded(host as ApiServer, outside.failed) : host;
        // The first host that is started: what it and all others record is kept.
        return id === 0 && previous === undefined ? this.tapped(safe) : safe;
      },
    });
    this.shard.start();
    this.door = door as Door;
  }

  private tapped(host: Host): Host {
    const start = host.start?.bind(host);
    host.start = (ctx) => {
      this.tap.attach(ctx);
      start?.(ctx);
    };
    return host;
  }

  host(id: HostId): Host | undefined {
    return this.shard.host(id);
  }

  /** The API server to which the door speaks now. */
  get apiServer(): ApiServer {
    return this.host(this.door.server) as ApiServer;
  }

  /** Microseconds since the Unix epoch, as the cluster's own clocks show them. */
  get clock(): number {
    return this.built.world.epoch + this.now;
  }

  /** Whether something that came in has not reached its host yet. */
  get isAsked(): boolean {
    return this.lastInput >= this.now && this.counter > 0;
  }

  get events(): number {
    return this.shard.events;
  }

  /** When something happens next. */
  get next(): Instant {
    return this.shard.nextTime();
  }

  instruments(): Instruments {
    return this.shard.instruments();
  }

  /** A message from outside arrives at `at`, which is not past. */
  send(to: HostId, message: Message, at: Instant = this.now): void {
    this.put({ at: Math.max(at, this.now), to, message });
  }

  change(change: WorldChange): void {
    this.put({ at: change.at, change });
  }

  /** Inputs of an earlier run, all at once: each waits for its instant. */
  replay(inputs: readonly Input[]): void {
    for (const input of inputs) this.put(input);
  }

  private put(input: Input): void {
    this.keep(input);
    // Nobody waits for an answer to a change: the end of a fault, minutes ahead, must not make a paused cluster's time pass.
    if ('change' in input) {
      this.shard.change(input.change);
      return;
    }
    this.lastInput = Math.max(this.lastInput, input.at);
    // From a host that there is none of: its place in the order of events is its own.
    this.shard.accept(input.at, this.built.world.hosts.length, ++this.counter, input.to, 0, input.message);
  }

  private keep(input: Input): void {
    if (this.inputs === undefined) return;
    const body = 'message' in input ? (input.message as { readonly asked?: { readonly body?: unknown } }).asked?.body : undefined;
    if (body !== undefined) this.characters += JSON.stringify(body)?.length ?? 0;
    this.inputs.push(input);
    if (this.inputs.length > MOST_INPUTS || this.characters > MOST_CHARACTERS) this.inputs = undefined;
  }

  /** Runs towards `goal`, for at most about `budget` milliseconds of the machine's time, and while `goOn` says so (asked every `most` at least).
   *  True when the goal is reached. */
  runTo(goal: Instant, budget: number, goOn: () => boolean = () => true, most = MOST_STEP): boolean {
    const ends = performance.now() + budget;
    while (this.now < goal && goOn()) {
      const from = Math.max(this.now, Math.min(goal, this.shard.nextTime()));
      const step = Math.min(most, MOST_STEP, Math.max(LEAST_STEP, Math.floor(this.rate * STEP_MS)));
      const to = Math.min(goal, from + step);
      const began = performance.now();
      try {
        this.shard.runUntil(to);
        this.now = to;
      } catch (error) {
        this.outside.failed(error as Error);
      }
      const ended = performance.now();
      // A burst is believed at once, a lull by and by.
      const rate = (to - from) / Math.max(GRAIN_MS, ended - began);
      this.rate = rate < this.rate ? rate : this.rate + (rate - this.rate) / 8;
      if (ended >= ends) break;
    }
    return this.now >= goal;
  }
}
