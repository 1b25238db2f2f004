/** A shard: a set of hosts and their events, run to a horizon in one synchronous call. It knows nothing of threads. */

import type { Outlet, Stop } from './context.ts';
import { MAX_HOSTS, ShardContext, SOURCE_WEIGHT } from './context.ts';
import { hashText, LaneHasher } from './digest.ts';
import type { Host, HostId } from './host.ts';
import { Clock } from './machine.ts';
import type { Message, MessageKind } from './message.ts';
import { kindOf } from './message.ts';
import { INCARNATION, ORDER, SOURCE, TARGET } from './queue.ts';
import type { Instruments, RecorderSnapshot } from './shard-recorder.ts';
import type { Instant } from './time.ts';
import { Topology } from './topology.ts';
import type { HostSelector, HostSpec, WorldChange, WorldSpec } from './world.ts';

/** Makes a host from its spec. On 'restart', `previous` is the host that crashed: what its program keeps (a disk's content) is taken from it. */
export type CreateHost = (spec: HostSpec, id: HostId, previous?: Host) => Host;

export interface ShardOptions {
  readonly world: WorldSpec;
  readonly shard: number;
  /** Shard by host. */
  readonly placement: Int32Array;
  readonly createHost: CreateHost;
  /** Takes what is bound for other shards; absent when there are none. */
  readonly outlet?: Outlet;
  readonly keepLog?: boolean;
  /** A test's mutation: 0 takes the source out of the order of events. */
  readonly sourceWeight?: number;
}

/** What a shard leaves behind: plain data. */
export interface ShardSnapshot {
  readonly shard: number;
  /** Two digest lanes a host; zero for hosts of other shards. */
  readonly lanes: Int32Array;
  readonly events: number;
  readonly recorded: RecorderSnapshot;
}

const DOWN = 1;
const PAUSED = 2;

interface Held {
  readonly source: HostId;
  readonly order: number;
  readonly message: Message;
}
interface Kind {
  readonly name: string;
  readonly hash: number;
  readonly spec: MessageKind<Message>;
}
/** The two words of an event's time in one, and those of its order: products spread each over the whole word. `at`: where its row begins. */
const foldInstant = (ints: Int32Array, at: number): number => (ints[at] as number) ^ Math.imul(ints[at + 1] as number, 0x9e3779b1 | 0);
const foldOrder = (ints: Int32Array, at: number): number =>
  Math.imul(ints[at + 2] as number, 0x85ebca77 | 0) ^ Math.imul(ints[at + 3] as number, 0xc2b2ae3d | 0);
/** Slots of the table of kinds: found by length and first letter, checked by name. */
const KIND_SLOTS = 256;

export class Shard {
  /** Deliveries so far. */
  events = 0;
  readonly #world: WorldSpec;
  readonly #topology: Topology;
  readonly #index: number;
  readonly #placement: Int32Array;
  readonly #createHost: CreateHost;
  readonly #context: ShardContext;
  readonly #hosts: (Host | undefined)[] = [];
  readonly #lanes: Int32Array;
  readonly #hasher = new LaneHasher();
  readonly #scratch = new Float64Array(2);
  readonly #kinds: Kind[];
  #last: Kind;
  /** DOWN and PAUSED, for all hosts. */
  readonly #flags: Uint8Array;
  /** Crashes of each host that no restart has answered yet: two outages that overlap are one, which ends with the later. */
  readonly #crashes: Uint16Array;
  readonly #held = new Map<HostId, Held[]>();
  readonly #changes: WorldChange[];
  /** Hosts by the name of the change that struck them. */
  readonly #struck = new Map<string, readonly HostId[]>();
  #nextChange = 0;
  #horizon: Instant = 0;

  constructor(options: ShardOptions) {
    const { world, shard, placement } = options;
    if (world.hosts.length > MAX_HOSTS) throw new Error(`a world has at most ${MAX_HOSTS} hosts, not ${world.hosts.length}`);
    this.#world = world;
    this.#topology = new Topology(world);
    this.#index = shard;
    this.#placement = placement;
    this.#createHost = options.createHost;
    const weight = options.sourceWeight ?? SOURCE_WEIGHT;
    this.#context = new ShardContext(world, this.#topology, shard, placement, options.outlet, options.keepLog ?? false, weight);
    this.#lanes = new Int32Array(2 * world.hosts.length);
    const none: Kind = { name: '', hash: 0, spec: { kind: '', digest() {} } };
    this.#kinds = new Array<Kind>(KIND_SLOTS).fill(none);
    this.#last = none;
    this.#flags = new Uint8Array(world.hosts.length);
    this.#crashes = new Uint16Array(world.hosts.length);
    this.#changes = sortedChanges(world);
  }

  /** Makes this shard's hosts and starts them, in host order, at instant 0. */
  start(): void {
    this.#world.hosts.forEach((spec, id) => {
      this.#hosts.push(this.#placement[id] === this.#index ? this.#createHost(spec, id) : undefined);
    });
    this.#hosts.forEach((host, id) => {
      if (host === undefined) return;
      const fresh = new LaneHasher();
      this.#lanes[2 * id] = fresh.a;
      this.#lanes[2 * id + 1] = fresh.b;
      this.#begin(id, 0);
    });
  }

  /** Earliest pending event or change of the world; Infinity when there is none. */
  nextTime(): Instant {
    return Math.min(this.#context.queue.peek(), this.#changes[this.#nextChange]?.at ?? Infinity);
  }

  /** Runs everything before `horizon`. */
  runUntil(horizon: Instant): void {
    this.#horizon = horizon;
    try {
      for (;;) {
        const change = this.#changes[this.#nextChange];
        if (change === undefined || change.at >= horizon) break;
        this.#drain(change.at);
        this.#nextChange++;
        this.#context.record.enter(change.at, this.events);
        this.#apply(change);
      }
      this.#drain(horizon);
    } catch (error) {
      throw this.#located(error);
    }
  }

  /** Takes an event from another shard. It must lie beyond what this shard has run. */
  accept(at: Instant, source: HostId, counter: number, target: HostId, incarnation: number, message: Message): void {
    if (at < this.#horizon) {
      const [from, to] = [this.#world.hosts[source]?.name, this.#world.hosts[target]?.name];
      throw new Error(
        `lookahead broken (seed ${this.#world.seed}): '${message.kind}' from ${from} to ${to} arrives at ${at} us, inside a window that ran to ${this.#horizon} us`,
      );
    }
    this.#context.accept(at, source, counter, target, incarnation, message);
  }

  /** Adds a change that nobody planned (a fault injected while somebody watches). Only a run on one shard can take one: others would not know of it. */
  change(change: WorldChange): void {
    if (change.at < this.#horizon)
      throw new Error(`a change of the world at ${change.at} us comes too late: the run is at ${this.#horizon} us`);
    let place = this.#changes.length;
    while (place > this.#nextChange && (this.#changes[place - 1] as WorldChange).at > change.at) place--;
    this.#changes.splice(place, 0, change);
  }

  /** The first host of this shard to end the run, if one did. */
  get stopped(): Stop | undefined {
    return this.#context.stopped;
  }

  /** The host itself: for tests and for whoever reads final states in process. */
  host(id: HostId): Host | undefined {
    return this.#hosts[id];
  }

  /** What the instruments show now. */
  instruments(): Instruments {
    return this.#context.record.instruments(this.events);
  }

  /** Two words over the digests of this shard's hosts so far; summed over shards they are the same on any number of them. */
  fingerprint(into: Int32Array): void {
    const lanes = this.#lanes;
    let [first, second] = [0, 0];
    for (let host = 0; host < this.#hosts.length; host++) {
      if (this.#hosts[host] === undefined) continue;
      const mixed = Math.imul((lanes[2 * host] as number) ^ Math.imul(host + 1, 0x9e3779b1 | 0), 0x85ebca6b | 0);
      first = (first + (mixed ^ (mixed >>> 15))) | 0;
      const other = Math.imul((lanes[2 * host + 1] as number) + host, 0xc2b2ae35 | 0);
      second = (second + (other ^ (other >>> 13))) | 0;
    }
    into[0] = first;
    into[1] = second;
  }

  snapshot(): ShardSnapshot {
    return { shard: this.#index, lanes: this.#lanes, events: this.events, recorded: this.#context.record.snapshot(this.events) };
  }

  /** Runs everything before `limit`, one of the recorder's time buckets after the other. */
  #drain(limit: Instant): void {
    const record = this.#context.record;
    while (record.bucketEnd < limit) {
      this.#pump(record.bucketEnd);
      record.enter(Math.max(record.bucketEnd, Math.min(this.nextTime(), limit - 1)), this.events);
    }
    this.#pump(limit);
  }

  #pump(limit: Instant): void {
    const context = this.#context;
    const queue = context.queue;
    const incarnations = context.incarnations;
    const flags = this.#flags;
    for (;;) {
      const row = queue.pop(limit);
      if (row < 0) return;
      const { fields, ints } = queue;
      const time = fields[row << 2] as number;
      const at = row << 3;
      const target = ints[at + TARGET] as number;
      const source = ints[at + SOURCE] as number;
      const incarnation = ints[at + INCARNATION] as number;
      const message = queue.messages[row] as Message;
      queue.release(row);
      if (incarnation !== incarnations[target]) continue;
      if (flags[target] !== 0) this.#divert(source, fields[(row << 2) + ORDER] as number, target, message);
      else this.#deliver(time, source, foldInstant(ints, at), foldOrder(ints, at), target, message);
    }
  }

  /** `instant` and `order`: the event's time and order for the digest. */
  #deliver(time: Instant, source: HostId, instant: number, order: number, target: HostId, message: Message): void {
    const hasher = this.#hasher;
    const lanes = this.#lanes;
    const name = message.kind;
    let kind = this.#last;
    if (kind.name !== name) {
      kind = this.#kind(name);
      this.#last = kind;
    }
    hasher.a = lanes[2 * target] as number;
    hasher.b = lanes[2 * target + 1] as number;
    hasher.fold(instant ^ kind.hash ^ Math.imul(source, 0x85ebca77 | 0), order + source);
    kind.spec.digest(message, hasher);
    lanes[2 * target] = hasher.a;
    lanes[2 * target + 1] = hasher.b;
    this.events++;
    const context = this.#context;
    context.now = time;
    context.self = target;
    context.source = source;
    (this.#hosts[target] as Host).receive(message, context);
  }

  /** Delivers what does not come from the queue. */
  #deliverAt(time: Instant, source: HostId, order: number, target: HostId, message: Message): void {
    this.#scratch[0] = time;
    this.#scratch[ORDER] = order;
    const ints = new Int32Array(this.#scratch.buffer);
    this.#deliver(time, source, foldInstant(ints, 0), foldOrder(ints, 0), target, message);
  }

  #kind(name: string): Kind {
    const slot = (name.length * 29 + name.charCodeAt(0)) & (KIND_SLOTS - 1);
    let kind = this.#kinds[slot] as Kind;
    if (kind.name !== name) kind = { name, hash: hashText(name), spec: kindOf(name) };
    this.#kinds[slot] = kind;
    return kind;
  }

  /** For a host that does not listen: lost when it is down, kept when it is paused. */
  #divert(source: HostId, order: number, target: HostId, message: Message): void {
    if (((this.#flags[target] as number) & DOWN) !== 0) return;
    const held = this.#held.get(target);
    if (held === undefined) this.#held.set(target, [{ source, order, message }]);
    else held.push({ source, order, message });
  }

  #apply(change: WorldChange): void {
    this.#context.network.apply(change);
    if (!('hosts' in change)) return;
    const struck = this.#select(change.hosts);
    if (change.as !== undefined) this.#struck.set(change.as, struck);
    for (const host of struck) {
      const own = this.#placement[host] === this.#index;
      if (change.change === 'crash') {
        this.#crashes[host] = (this.#crashes[host] as number) + 1;
        this.#crash(host, own, change.at);
        if (change.notice !== undefined) this.#notify(host, change.notice.to, change.notice.message, change.at);
      } else if (change.change === 'restart') {
        const left = Math.max(0, (this.#crashes[host] as number) - 1);
        this.#crashes[host] = left;
        if (left === 0) this.#restart(host, own, change.at);
      } else if (change.change === 'pause') this.#flags[host] = (this.#flags[host] as number) | PAUSED;
      else if (change.change === 'resume') this.#resume(host, change.at);
      else if (change.change === 'tell') this.#notify(host, change.to, change.message, change.at);
      else if (own) this.#changeMachine(host, change);
    }
  }

  /** Roles are known to the shard that runs the hosts alone: other shards strike nobody, and need not. */
  #select(selector: HostSelector): readonly HostId[] {
    const { role, struckBy, most } = selector;
    const found = struckBy === undefined ? this.#topology.select(selector) : (this.#struck.get(struckBy) ?? []);
    const holding =
      role === undefined ? found : found.filter((host) => this.#flags[host] === 0 && this.#hosts[host]?.holds?.(role) === true);
    return most === undefined ? holding : holding.slice(0, most);
  }

  #notify(host: HostId, to: HostSelector, message: Message, at: Instant): void {
    for (const peer of this.#select(to)) {
      if (peer === host || this.#hosts[peer] === undefined) continue;
      if (this.#flags[peer] === 0) this.#deliverAt(at, host, host * SOURCE_WEIGHT, peer, message);
      else this.#divert(host, host * SOURCE_WEIGHT, peer, message);
    }
  }

  #changeMachine(host: HostId, change: WorldChange): void {
    const { cpus, disks, clocks } = this.#context;
    const cpu = cpus[host];
    if (change.change === 'disk') disks[host]?.change(change.fsync, change.stallUntil, change.full);
    else if (change.change === 'cpu' && cpu !== undefined) cpu.slowdown = change.slowdown;
    else if (change.change === 'clock') {
      const clock = clocks[host] ?? new Clock({});
      clock.change(change.clock, change.at);
      clocks[host] = clock;
    }
  }

  #crash(host: HostId, own: boolean, at: Instant): void {
    if (((this.#flags[host] as number) & DOWN) !== 0) return;
    this.#flags[host] = DOWN;
    this.#bumpIncarnation(host);
    if (!own) return;
    this.#held.delete(host);
    this.#context.cpus[host]?.reset();
    this.#context.disks[host]?.reset();
    this.#context.record.forget(host);
  }

  /** A host that runs is stopped first. */
  #restart(host: HostId, own: boolean, at: Instant): void {
    this.#crash(host, own, at);
    this.#flags[host] = 0;
    this.#bumpIncarnation(host);
    if (!own) return;
    this.#hosts[host] = this.#createHost(this.#world.hosts[host] as HostSpec, host, this.#hosts[host]);
    this.#begin(host, at);
  }

  /** What arrived during the pause is delivered now, in its order. */
  #resume(host: HostId, at: Instant): void {
    this.#flags[host] = (this.#flags[host] as number) & ~PAUSED;
    const held = this.#held.get(host);
    if (held === undefined || this.#flags[host] !== 0) return;
    this.#held.delete(host);
    for (const { source, order, message } of held) this.#deliverAt(at, source, order, host, message);
  }

  #begin(host: HostId, at: Instant): void {
    const context = this.#context;
    context.now = at;
    context.self = host;
    context.source = host;
    this.#hosts[host]?.start?.(context);
  }

  #bumpIncarnation(host: HostId): void {
    this.#context.incarnations[host] = (this.#context.incarnations[host] as number) + 1;
  }

  #located(error: unknown): Error {
    const { now, self, source } = this.#context;
    const name = (host: HostId): string => this.#world.hosts[host]?.name ?? `host ${host}`;
    const text = error instanceof Error ? error.message : String(error);
    const where = `seed ${this.#world.seed}, ${now} us, event ${this.events}, ${name(self)} on a message from ${name(source)}`;
    return new Error(`${text} (${where})`, { cause: error });
  }
}

/** By instant; changes of one instant in the order of the world's list. */
function sortedChanges(world: WorldSpec): WorldChange[] {
  return [...world.changes].sort((a, b) => a.at - b.at);
}
