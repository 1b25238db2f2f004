/** Watch streams as the gRPC service has them: ids, filters, previous values, fragments, progress (server/etcdserver/api/v3rpc/watch.go, 3.6). */

import type { MvccStore } from './mvcc/store.ts';
import { type Watcher, WatchHub } from './mvcc/watch-hub.ts';
import type { EtcdEvent, KeyValue } from './protocol.ts';
import { compactWire, type WatchCreateWire, type Wire, wireEvent } from './wire.ts';

/** One message on one stream. */
export interface StreamMessage {
  stream: number;
  resp: Wire;
}

interface Owner {
  readonly stream: Stream;
  readonly id: number;
  readonly request: WatchCreateWire;
}
interface Stream {
  readonly number: number;
  readonly watchers: Map<number, Watcher<Owner>>;
  nextId: number;
}

/** A fragment's most: the request limit and gRPC's allowance (1.5 MiB + 512 KiB). */
const FRAGMENT_BYTES = 1.5 * 1024 * 1024 + 512 * 1024;
/** Field tags, lengths and varints of one KeyValue. */
const KEY_VALUE_FRAME_BYTES = 24;

export class WatchService {
  private readonly store: MvccStore;
  private readonly hub: WatchHub<Owner>;
  private readonly streams = new Map<number, Stream>();
  private outbox: StreamMessage[] = [];

  constructor(store: MvccStore) {
    this.store = store;
    this.hub = new WatchHub(store);
  }

  create(request: WatchCreateWire): void {
    const stream = this.open(request.stream);
    const key = request.key || '\0';
    const { range_end: end, start_revision: start = 0 } = request;
    if (end && end !== '\0' && key >= end) return this.reject(stream, 'mvcc: watcher range is empty');
    let id = request.watch_id ?? 0;
    if (id === 0) {
      while (stream.watchers.has(stream.nextId)) stream.nextId += 1;
      id = stream.nextId;
      stream.nextId += 1;
    } else if (stream.watchers.has(id)) return this.reject(stream, 'mvcc: duplicate watch ID provided on the WatchStream');
    stream.watchers.set(id, this.hub.add({ stream, id, request }, key, end, start));
    this.send(stream, { watch_id: id, created: true }, this.store.revision);
    while (this.hub.hasUnsynced) for (const watcher of this.hub.sync()) this.tell(watcher, this.store.revision);
  }

  cancel(number: number, id: number): void {
    const stream = this.streams.get(number);
    const watcher = stream?.watchers.get(id);
    if (stream === undefined || watcher === undefined) return;
    this.hub.cancel(watcher);
    stream.watchers.delete(id);
    this.send(stream, { watch_id: id, canceled: true }, this.store.revision);
  }

  /** Answered only when every watch of the stream is synced and its start is reached; a watch that compaction ended never is. */
  progress(number: number): void {
    const stream = this.streams.get(number);
    if (stream === undefined || stream.watchers.size === 0) return;
    for (const watcher of stream.watchers.values()) {
      if (watcher.state !== 'synced' || (watcher.owner.request.start_revision ?? 0) > this.store.revision) return;
    }
    this.send(stream, { watch_id: -1 }, this.store.revision);
  }

  close(number: number): void {
    const stream = this.streams.get(number);
    if (stream === undefined) return;
    for (const watcher of stream.watchers.values()) this.hub.cancel(watcher);
    this.streams.delete(number);
  }

  closeAll(): void {
    for (const number of [...this.streams.keys()]) this.close(number);
  }

  /** Tells synced watchers of the log from `position` on: the events of one transaction. */
  notify(position: number): void {
    this.hub.notify(position);
    for (const watcher of this.hub.takeDirty()) this.tell(watcher, this.store.revision);
  }

  /** Takes what the streams have to say, by stream and watch; the order within one watch is kept. */
  take(): StreamMessage[] {
    const out = this.outbox;
    this.outbox = [];
    const id = (message: StreamMessage): number => (message.resp['watch_id'] as number | undefined) ?? 0;
    return out.sort((a, b) => a.stream - b.stream || id(a) - id(b));
  }

  private open(number: number): Stream {
    let stream = this.streams.get(number);
    if (stream === undefined) {
      stream = { number, watchers: new Map(), nextId: 0 };
      this.streams.set(number, stream);
    }
    return stream;
  }

  private reject(stream: Stream, reason: string): void {
    this.send(stream, { watch_id: -1, created: true, canceled: true, cancel_reason: reason }, this.store.revision);
  }

  private tell(watcher: Watcher<Owner>, revision: number): void {
    const { stream, id, request } = watcher.owner;
    if (watcher.state === 'compacted') {
      this.send(stream, { watch_id: id, canceled: true, compact_revision: this.store.compactRevision }, 0);
      return;
    }
    const skip = request.filters ?? [];
    const kept = watcher.pending.filter((event) => !skip.includes(event.type === 'PUT' ? 'NOPUT' : 'NODELETE'));
    watcher.pending = [];
    if (kept.length === 0) return;
    const sized = kept.map((event) => {
      const previous = request.prev_kv ? this.previous(event) : undefined;
      return { wire: wireEvent(event, previous), bytes: sizeOf(event.kv) + (previous === undefined ? 0 : sizeOf(previous)) };
    });
    const fragments = request.fragment ? split(sized) : [sized];
    fragments.forEach((events, i) => {
      const fragment = i < fragments.length - 1;
      this.send(stream, { watch_id: id, events: events.map((event) => event.wire), fragment }, revision);
    });
  }

  /** The value one revision before the event; compaction may have taken it, and a creation has none. */
  private previous(event: EtcdEvent): KeyValue | undefined {
    const { key, createRevision, modRevision } = event.kv;
    if (event.type === 'PUT' && createRevision === modRevision) return undefined;
    return modRevision - 1 < this.store.compactRevision ? undefined : this.store.getAt(key, modRevision - 1);
  }

  private send(stream: Stream, fields: Wire, revision: number): void {
    this.outbox.push({ stream: stream.number, resp: { header: compactWire({ revision }), ...compactWire(fields) } });
  }
}

function sizeOf(kv: KeyValue): number {
  return kv.key.length + kv.bytes + KEY_VALUE_FRAME_BYTES;
}

/** Cuts before the event that would make a fragment too large; a single event is never cut. */
function split<T extends { bytes: number }>(events: readonly T[]): T[][] {
  const fragments: T[][] = [];
  let bytes = 0;
  for (const event of events) {
    const last = fragments[fragments.length - 1];
    if (last === undefined || bytes + event.bytes >= FRAGMENT_BYTES) {
      fragments.push([event]);
      bytes = event.bytes;
    } else {
      last.push(event);
      bytes += event.bytes;
    }
  }
  return fragments;
}
