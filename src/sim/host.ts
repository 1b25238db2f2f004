/** A host and the gifts it is given. Hosts own their state and touch the world through `ctx` alone. */

import type { Chance } from './chance.ts';
import type { Message } from './message.ts';
import type { Recorder } from './recorder.ts';
import type { Duration, Instant } from './time.ts';

/** Index of a host in the world's list. It comes from the scenario's order, never from placement. */
export type HostId = number;

/** Names a pending timer so that it can be cancelled. */
export type Timer = number;

/** A machine or a process of the simulated data centre. `receive` runs to completion; it never waits. */
export interface Host {
  /** Called once at instant 0, in host order. */
  start?(ctx: Context): void;
  receive(message: Message, ctx: Context): void;
  /** Whether it holds a role now ('leader'): faults choose by it. */
  holds?(role: string): boolean;
}

/** What a host may do. One object serves all hosts of a shard: never keep it beyond the call it was passed to. */
export interface Context {
  readonly now: Instant;
  readonly self: HostId;
  /** The host from which the message in hand came (itself, for timers and disks). */
  readonly source: HostId;
  readonly chance: Chance;
  readonly record: Recorder;
  /** Microseconds since the Unix epoch as this host's own clock shows them: the scenario's date + now, plus skew and drift. */
  clock(): number;
  /** Sends over the link to `to`. It leaves after `processing` (at least the host's egress floor) and arrives after the link's latency; it may be lost.
   *  A link delivers in order (it stands for a TCP connection). */
  send(to: HostId, message: Message, processing?: Duration): void;
  /** A message to oneself after `delay`. */
  after(delay: Duration, message: Message): Timer;
  /** Cancels a timer that has not fired; a fired one is ignored. */
  cancel(timer: Timer): void;
  /** Makes `bytes` durable on this host's disk, then delivers `done` to oneself. Requests of one host are served in order.
   *  A full disk delivers DISK_FULL (machine.ts) instead. */
  fsync(bytes: number, done: Message): void;
  /** Takes `cost` of CPU on this host's cores, first come first served; returns how long from now until the work is done (waiting included).
   *  Pass the result to `send` or `after`. */
  charge(cost: Duration): Duration;
  /** Ends the whole run at this instant (a scenario that is done before its time). `reason` lands in the result. */
  stop(reason: string): void;
}
