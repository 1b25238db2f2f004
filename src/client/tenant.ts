/** What of the client room shares a host's connection, and what it is told. */

import type { WatchEvents } from '#api';
import type { Context, Duration, HostId, Instant, Message } from '#sim';
import { messageKind } from '#sim';
import type { Outcome, RequestSpec } from './contract.ts';
import type { Lane } from './lane.ts';

/** A timer of the client's machinery; `tenant` and `tag` say whose and which. */
export interface ClientTimer extends Message {
  readonly kind: 'ClientTimer';
  readonly tenant: number;
  readonly tag: number;
}

messageKind<ClientTimer>({
  kind: 'ClientTimer',
  digest(m, hasher) {
    hasher.int(m.tenant);
    hasher.int(m.tag);
  },
});

export const clientTimer = (tenant: number, tag: number): ClientTimer => ({ kind: 'ClientTimer', tenant, tag });

/** What of the client room shares a host's connection: gets its answers, streams and timers directly. */
export interface Tenant {
  timer(tag: number, ctx: Context): void;
  answered?(outcome: Outcome<unknown>, ctx: Context): void;
  events?(message: WatchEvents, ctx: Context): void;
  /** Called every half minute or so while there are streams. */
  checkIdle?(ctx: Context): void;
  /** The stream to `server` is gone. `wasReset`: its end was heard of at once, and there is another server to go to. */
  streamLost?(server: HostId, ctx: Context, wasReset: boolean): void;
}

/** One request on its way. */
export interface Call {
  readonly spec: RequestSpec;
  readonly continuation: unknown;
  /** Gets the outcome instead of the host. */
  readonly owner: Tenant | undefined;
  readonly lane: Lane;
  readonly processing: Duration;
  id: number;
  server: HostId;
  sentAt: Instant;
  deadline: Instant;
  attempts: number;
}
