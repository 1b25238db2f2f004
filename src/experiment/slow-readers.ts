/** Watches of an `apiLoad` that are read slowly: the reader lets the server send so many events a second and no more. When the server ends such a watch,
 *  the reader comes back a second later from the last revision it saw, as a reflector does. */

import type { ApiRequest, ApiResponse, CloseWatch, KubeObject, WatchEvents, WatchWindow } from '#api';
import type { LoadPlan } from '#scenario';
import { type Context, type HostId, type Message, messageKind, SECOND } from '#sim';

interface Read extends Message {
  readonly kind: 'SlowRead';
}
messageKind<Read>({ kind: 'SlowRead', digest() {} });
const READ: Read = { kind: 'SlowRead' };

/** Ids of these watches are apart from those of the client's own requests. */
const FIRST_ID = 2_000_000_000;

interface Reader {
  version: string;
  /** The watch that is open; 0: none is. */
  id: number;
}

export class SlowReaders {
  private readonly plan: LoadPlan;
  private readonly user: string;
  private readonly server: HostId;
  private readonly readers: Reader[];
  private nextId = FIRST_ID;

  constructor(plan: LoadPlan, index: number, user: string, servers: readonly HostId[]) {
    this.plan = plan;
    this.user = user;
    this.server = servers[index % servers.length] as HostId;
    const count = plan.slowWatchers?.count ?? 0;
    this.readers = Array.from({ length: Math.max(0, Math.ceil((count - index) / plan.clients)) }, () => ({ version: '0', id: 0 }));
  }

  start(ctx: Context): void {
    if (this.readers.length > 0) this.read(ctx);
  }

  /** False: the message is not theirs. */
  receive(message: Message, ctx: Context): boolean {
    if (message.kind === 'SlowRead') this.read(ctx);
    else if (message.kind === 'WatchEvents' && (message as WatchEvents).id >= FIRST_ID) this.heard(message as WatchEvents, ctx);
    else if (message.kind === 'ApiResponse' && (message as ApiResponse).id >= FIRST_ID) this.answered(message as ApiResponse);
    else return false;
    return true;
  }

  /** Once a second: whoever has no watch opens one, and everybody reads on. */
  private read(ctx: Context): void {
    const events = this.plan.slowWatchers?.eventsPerSecond ?? 1;
    for (const reader of this.readers) {
      if (reader.id === 0) this.open(reader, ctx);
      ctx.send(this.server, { kind: 'WatchWindow', id: reader.id, events } as WatchWindow);
    }
    ctx.after(SECOND, READ);
  }

  private open(reader: Reader, ctx: Context): void {
    reader.id = this.nextId++;
    const { resource, namespace } = this.plan;
    const request: ApiRequest = {
      kind: 'ApiRequest',
      id: reader.id,
      verb: 'watch',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      options: { resourceVersion: reader.version },
      user: this.user,
    };
    ctx.send(this.server, request);
  }

  private answered({ id, code }: ApiResponse): void {
    const reader = this.readers.find((one) => one.id === id);
    if (reader !== undefined && code >= 400) reader.id = 0;
  }

  private heard({ id, events, closed }: WatchEvents, ctx: Context): void {
    const reader = this.readers.find((one) => one.id === id);
    if (reader === undefined) {
      ctx.send(this.server, { kind: 'CloseWatch', id } as CloseWatch);
      return;
    }
    for (const { type, object } of events) reader.version = type === 'ERROR' ? '0' : versionOf(object);
    if (closed) reader.id = 0;
  }
}

const versionOf = ({ metadata }: KubeObject): string => metadata?.resourceVersion ?? '0';
