/** What a host is given: one Context for all hosts of a shard, re-aimed before each delivery. */

import type { Chance } from './chance.ts';
import type { Context, HostId, Timer } from './host.ts';
import { Luck } from './luck.ts';
import { Clock, Cpu, Disk } from './machine.ts';
import { DISK_FULL, type Message } from './message.ts';
import { LOST, Network } from './network.ts';
import { EventQueue } from './queue.ts';
import { ShardRecorder } from './shard-recorder.ts';
import type { Duration, Instant } from './time.ts';
import type { Topology } from './topology.ts';
import type { WorldSpec } from './world.ts';

/** Weight of the source in an event's order: (source, counter) as one number, for 2^20 hosts of 2^33 events each. */
export const SOURCE_WEIGHT = 0x2_0000_0000;
export const MAX_HOSTS = 0x10_0000;

/** Takes what is bound for another shard. */
export interface Outlet {
  send(shard: number, at: Instant, source: HostId, counter: number, target: HostId, incarnation: number, message: Message): void;
}

/** Why and when a host ended the run. */
export interface Stop {
  readonly at: Instant;
  readonly host: HostId;
  readonly reason: string;
}

export class ShardContext implements Context {
  now: Instant = 0;
  self: HostId = 0;
  source: HostId = 0;
  readonly chance: Chance;
  readonly record: ShardRecorder;
  readonly queue = new EventQueue();
  readonly network: Network;
  /** Counts a host's crashes and restarts; what was sent to another incarnation is lost. Kept for all hosts: changes are known to every shard. */
  readonly incarnations: Int32Array;
  readonly cpus: (Cpu | undefined)[] = [];
  readonly disks: (Disk | undefined)[] = [];
  readonly clocks: (Clock | undefined)[] = [];
  stopped: Stop | undefined;
  readonly #epoch: number;
  readonly #shard: number;
  readonly #placement: Int32Array;
  readonly #outlet: Outlet | undefined;
  /** The order of each host's last event. */
  readonly #orders: Float64Array;
  readonly #floors: Float64Array;
  readonly #weight: number;

  constructor(
    world: WorldSpec,
    topology: Topology,
    shard: number,
    placement: Int32Array,
    outlet: Outlet | undefined,
    keepLog: boolean,
    sourceWeight: number,
  ) {
    this.chance = new Luck(world.seed);
    this.record = new ShardRecorder(world.bucket, keepLog, this);
    this.network = new Network(world.seed, topology, (host) => world.hosts[host]?.name ?? `host ${host}`);
    this.incarnations = new Int32Array(world.hosts.length);
    this.#epoch = world.epoch;
    this.#shard = shard;
    this.#placement = placement;
    this.#outlet = outlet;
    this.#orders = Float64Array.from(world.hosts, (_, host) => host * sourceWeight);
    this.#floors = Float64Array.from(world.hosts, (host) => host.egressFloor ?? 0);
    this.#weight = sourceWeight;
    world.hosts.forEach((host, id) => {
      const own = placement[id] === shard;
      this.cpus.push(own ? new Cpu(host.cores ?? 1) : undefined);
      this.disks.push(own ? new Disk(world.seed, id, host.disk ?? { fsync: 0 }) : undefined);
      this.clocks.push(own && host.clock !== undefined ? new Clock(host.clock) : undefined);
    });
  }

  clock(): number {
    const clock = this.clocks[this.self];
    return clock === undefined ? this.#epoch + this.now : clock.read(this.#epoch, this.now);
  }

  send(to: HostId, message: Message, processing: Duration = 0): void {
    const from = this.self;
    const order = this.#nextOrder();
    if (to === from) {
      this.#push(this.now + Math.round(processing), order, message);
      return;
    }
    const counter = this.#counterOf(order);
    const floor = this.#floors[from] as number;
    const depart = this.now + (processing > floor ? Math.round(processing) : floor);
    const at = this.network.arrival(from, to, depart, counter, message);
    if (at === LOST) return;
    const shard = this.#placement[to] as number;
    const incarnation = this.incarnations[to] as number;
    if (shard === this.#shard) this.queue.push(at, order, to, from, incarnation, message);
    else this.#outlet?.send(shard, at, from, counter, to, incarnation, message);
  }

  after(delay: Duration, message: Message): Timer {
    if (!(delay >= 0)) throw new Error(`after() was given a delay of ${delay}`);
    const self = this.self;
    const order = (this.#orders[self] as number) + 1;
    this.#orders[self] = order;
    const row = this.queue.push(this.now + Math.round(delay), order, self, self, this.incarnations[self] as number, message);
    return this.queue.handle(row, order);
  }

  cancel(timer: Timer): void {
    this.queue.cancel(timer, this.self);
  }

  fsync(bytes: number, done: Message): void {
    const order = this.#nextOrder();
    const disk = this.disks[this.self] as Disk;
    this.#push(disk.write(this.now, bytes, this.#counterOf(order)), order, disk.full ? DISK_FULL : done);
  }

  charge(cost: Duration): Duration {
    return (this.cpus[this.self] as Cpu).charge(this.now, cost);
  }

  stop(reason: string): void {
    const stopped = this.stopped;
    if (stopped !== undefined && (stopped.at < this.now || stopped.host < this.self)) return;
    this.stopped = { at: this.now, host: this.self, reason };
  }

  /** An arrival from another shard. */
  accept(at: Instant, source: HostId, counter: number, target: HostId, incarnation: number, message: Message): void {
    this.queue.push(at, source * this.#weight + counter, target, source, incarnation, message);
  }

  #nextOrder(): number {
    const order = (this.#orders[this.self] as number) + 1;
    this.#orders[this.self] = order;
    return order;
  }

  /** The counter within an order of the host at hand. */
  #counterOf(order: number): number {
    return order - this.self * this.#weight;
  }

  #push(at: Instant, order: number, message: Message): void {
    const self = this.self;
    this.queue.push(at, order, self, self, this.incarnations[self] as number, message);
  }
}
