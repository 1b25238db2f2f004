/** The door as a host of the simulated cluster: a load balancer in front of the API servers. What HTTP clients ask goes in as messages and over links as
 *  everybody's requests do; answers and watch events come back to whoever listens outside. It keeps to one server while that one answers, as a
 *  client's connection does, and goes to the next when it is lost. */

import { type ApiRequest, type ApiResponse, type StatusObject, timeout, unavailable, type WatchEvent, type WatchEvents } from '#api';
import { type Context, type Host, type HostId, type Instant, type Message, SECOND } from '#sim';
import { type Asked, DOOR_TICK, type DoorClose, type DoorRequest } from './door-messages.ts';

export interface DoorConfig {
  readonly servers: readonly HostId[];
}

/** Outside of simulated time: called while the simulation runs, so it must be quick. */
export interface DoorListener {
  answered(id: number, code: number, object: unknown): void;
  /** `closed`: the server ended the stream. */
  events(id: number, events: readonly WatchEvent[], closed: boolean): void;
}

interface Open {
  readonly asked: Asked;
  readonly since: Instant;
  server: HostId;
  /** Of a watch that was answered: the number of the next message. */
  next: number;
  isStreaming: boolean;
}

/** Longer than a server lets any request wait (--request-timeout, 60 s). */
const PATIENCE = 65 * SECOND;
/** Pings that may stay unanswered. */
const SILENCE = 3;
const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

export class Door implements Host {
  private readonly servers: readonly HostId[];
  private readonly listener: DoorListener;
  private readonly open = new Map<number, Open>();
  private current = 0;
  private unanswered = 0;

  constructor({ servers }: DoorConfig, listener: DoorListener) {
    this.servers = servers;
    this.listener = listener;
  }

  /** The server that is asked now. */
  get server(): HostId {
    return this.servers[this.current] as HostId;
  }

  /** Nothing was heard of the server for a while, or its process is gone. */
  get isCutOff(): boolean {
    return this.unanswered >= SILENCE;
  }

  /** Requests that still wait for their first answer. */
  get waiting(): number {
    let count = 0;
    for (const { isStreaming } of this.open.values()) if (!isStreaming) count++;
    return count;
  }

  /** Watches that are open. */
  get streams(): number {
    return this.open.size - this.waiting;
  }

  start(ctx: Context): void {
    ctx.after(SECOND, DOOR_TICK);
  }

  receive(message: Message, ctx: Context): void {
    switch (message.kind) {
      case 'DoorRequest': {
        const { id, asked } = message as DoorRequest;
        const open: Open = { asked, since: ctx.now, server: this.server, next: 0, isStreaming: false };
        this.open.set(id, open);
        return this.send(id, open, ctx);
      }
      case 'DoorClose':
        return this.close((message as DoorClose).id, ctx);
      case 'ApiResponse':
        return this.answered(message as ApiResponse, ctx);
      case 'WatchEvents':
        return this.events(message as WatchEvents, ctx);
      case 'Pong':
        if (ctx.source === this.server) this.unanswered = 0;
        return;
      case 'ConnectionReset':
        return this.lost(ctx.source, ctx);
      case 'DoorTick':
        return this.tick(ctx);
    }
  }

  private send(id: number, { asked, server }: Open, ctx: Context): void {
    ctx.send(server, { kind: 'ApiRequest', id, ...asked, foreign: true } as ApiRequest);
  }

  private close(id: number, ctx: Context): void {
    const open = this.open.get(id);
    if (open === undefined) return;
    this.open.delete(id);
    if (open.asked.verb === 'watch') ctx.send(open.server, { kind: 'CloseWatch', id } as Message);
  }

  private answered({ id, code, object }: ApiResponse, ctx: Context): void {
    const open = this.open.get(id);
    if (open === undefined || open.server !== ctx.source || open.isStreaming) return;
    if (open.asked.verb === 'watch' && code < 300) open.isStreaming = true;
    else this.open.delete(id);
    this.listener.answered(id, code, object);
  }

  private events({ id, sequence, events, closed }: WatchEvents, ctx: Context): void {
    const open = this.open.get(id);
    if (open === undefined || open.server !== ctx.source) return;
    if (!open.isStreaming) {
      open.isStreaming = true;
      this.listener.answered(id, 200, undefined);
    }
    // Something is missing: the client has to begin anew.
    const isBroken = sequence !== open.next++;
    if (closed || isBroken) this.open.delete(id);
    this.listener.events(id, isBroken ? [] : events, closed === true || isBroken);
  }

  private fail(id: number, status: StatusObject): void {
    this.open.delete(id);
    this.listener.answered(id, status.code, status);
  }

  /** Its streams end. What only asked is asked again elsewhere; of a write nobody knows what became of it. */
  private lost(server: HostId, ctx: Context): void {
    if (server === this.server) {
      this.current = (this.current + 1) % this.servers.length;
      this.unanswered = this.servers.length > 1 ? 0 : SILENCE;
    }
    for (const [id, open] of [...this.open]) {
      if (open.server !== server) continue;
      if (open.isStreaming) {
        this.open.delete(id);
        this.listener.events(id, [], true);
      } else if (READS.has(open.asked.verb) && this.server !== server) {
        open.server = this.server;
        this.send(id, open, ctx);
      } else this.fail(id, unavailable('the connection to the API server was lost; the request may or may not have been carried out'));
    }
  }

  private tick(ctx: Context): void {
    ctx.after(SECOND, DOOR_TICK);
    if (this.unanswered === SILENCE - 1 && this.servers.length > 1) this.lost(this.server, ctx);
    this.unanswered++;
    ctx.send(this.server, { kind: 'Ping' } as Message);
    for (const [id, { since, isStreaming }] of [...this.open])
      if (!isStreaming && ctx.now - since >= PATIENCE) this.fail(id, timeout('the API server gave no answer'));
  }
}
