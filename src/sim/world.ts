/** The world as data: which hosts there are, what joins them, and what will befall them. The same on every thread. */

import type { Distribution } from './chance.ts';
import type { HostId } from './host.ts';
import type { Message } from './message.ts';
import type { Duration, Instant } from './time.ts';

/** One host. `program` names the factory that makes it; `config` is its own business. Both must survive structured clone. */
export interface HostSpec {
  readonly name: string;
  readonly program: string;
  readonly config: unknown;
  /** Hosts of one group share link properties ('control-plane', 'node', 'client'). */
  readonly group: string;
  readonly zone: string;
  /** Every message this host originates leaves at least this long after its cause (docs/fidelity.md: R, 10 ms for kubelets). */
  readonly egressFloor?: Duration;
  /** Cores for `ctx.charge`; default 1. */
  readonly cores?: number;
  readonly disk?: DiskSpec;
  readonly clock?: ClockSpec;
}

/** Time to make data durable: `fsync` (microseconds) for one request plus `bytesPerSecond` for its size. */
export interface DiskSpec {
  readonly fsync: Distribution;
  readonly bytesPerSecond?: number;
}

/** A host's clock: `offset` microseconds ahead of the true time and drifting by `drift` microseconds per second. */
export interface ClockSpec {
  readonly offset?: number;
  readonly drift?: number;
}

/** One way between two groups of hosts. `latency` is one-way microseconds; its smallest possible value is `latencyMin`, which bounds windows. */
export interface LinkSpec {
  readonly from: string;
  readonly to: string;
  /** Only within one zone / only between zones; both when absent. */
  readonly sameZone?: boolean;
  readonly latencyMin: Duration;
  /** Added to latencyMin. */
  readonly jitter?: Distribution;
  /** Probability that a message is dropped. */
  readonly loss?: number;
  readonly bytesPerSecond?: number;
}

/** Which hosts a change strikes: all those that match every given field. */
export interface HostSelector {
  readonly hosts?: readonly HostId[];
  readonly group?: string;
  readonly zone?: string;
  /** Of these, those that hold the role at this instant (`Host.holds`). All candidates, and all that talk to them, must be on one shard. */
  readonly role?: string;
  /** Not more than so many of them, in the order of the world. */
  readonly most?: number;
  /** Those that an earlier change with this `as` struck. */
  readonly struckBy?: string;
}

/** A change of the world at an instant: how faults act. Known before the run begins, and so the same on every shard. */
export type WorldChange = {
  readonly at: Instant;
  readonly label?: string;
  /** Remembers which hosts were struck, for a later change's `struckBy`. */
  readonly as?: string;
} & (
  | { readonly change: 'partition'; readonly id: string; readonly a: HostSelector; readonly b: HostSelector; readonly oneWay?: boolean }
  | { readonly change: 'heal'; readonly id: string }
  | {
      readonly change: 'link';
      readonly id: string;
      readonly from: HostSelector;
      readonly to: HostSelector;
      readonly extraLatency?: Distribution;
      readonly loss?: number;
      /** At most so much passes, where the link lets more pass. */
      readonly bytesPerSecond?: number;
    }
  | {
      readonly change: 'disk';
      readonly hosts: HostSelector;
      readonly fsync?: Distribution;
      readonly stallUntil?: Instant;
      /** Nothing more can be written (ENOSPC): fsync answers with DISK_FULL. False: there is room again. */
      readonly full?: boolean;
    }
  | { readonly change: 'clock'; readonly hosts: HostSelector; readonly clock: ClockSpec }
  | { readonly change: 'cpu'; readonly hosts: HostSelector; readonly slowdown: number }
  /** The host stops: what is sent to it is lost, its timers are gone. `restart` makes it anew from its spec with what its program kept.
   *  A host that was stopped more than once, by outages that overlap, starts with the last of as many restarts.
   *  `notice`: only the process died; its machine's kernel tells these peers at once (a TCP reset), as a message from the host that died. */
  | {
      readonly change: 'crash';
      readonly hosts: HostSelector;
      readonly notice?: { readonly to: HostSelector; readonly message: Message };
    }
  | { readonly change: 'restart'; readonly hosts: HostSelector }
  /** The host neither receives nor fires timers until 'resume' (SIGSTOP); they are delivered then. */
  | { readonly change: 'pause'; readonly hosts: HostSelector }
  | { readonly change: 'resume'; readonly hosts: HostSelector }
  /** Something happens to hosts `to` that comes as a message from `hosts`: connections are reset while both ends live, a machine is told to go. */
  | { readonly change: 'tell'; readonly hosts: HostSelector; readonly to: HostSelector; readonly message: Message }
);

/** Everything a shard needs besides its factories. */
export interface WorldSpec {
  readonly seed: number;
  /** Microseconds since the Unix epoch at instant 0. */
  readonly epoch: number;
  readonly hosts: readonly HostSpec[];
  readonly links: readonly LinkSpec[];
  readonly changes: readonly WorldChange[];
  readonly until: Instant;
  /** Width of the time buckets of recorded series. */
  readonly bucket: Duration;
}
