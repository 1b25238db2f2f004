/** The keys in order: what etcd's treeIndex (server/storage/mvcc/index.go, 3.6) answers, as sorted chunks.
 *  A chunk splits when full, so inserting moves a few hundred pointers and never sorts; each chunk counts its live keys, so counting a
 *  range does not visit it. Keys order by code unit, which is byte order for the ASCII and latin-1 keys that are stored. */

import type { KeyValue } from '../protocol.ts';

/** A version that a later one has superseded. */
export interface OldVersion {
  readonly kv: KeyValue;
  older: OldVersion | undefined;
}

/** One key with the versions that compaction has left. A deletion is a KeyValue of version 0 (etcd's tombstone). */
export interface KeyRecord {
  readonly key: string;
  latest: KeyValue;
  /** Older versions, newest first; absent while there are none. A chain, because most keys have few and an array grows by sixteen. */
  older: OldVersion | undefined;
  /** Whether it has been superseded since it was last without history. */
  isHistoric: boolean;
  /** Whether it has its place in the order. */
  isPlaced: boolean;
}

interface Chunk {
  records: KeyRecord[];
  live: number;
}

const CHUNK_MAX = 512;

/** Sorts after every stored key: the end of a range that has none. */
export const NO_END = '\uffff\uffff';

export class KeyIndex {
  private readonly byKey = new Map<string, KeyRecord>();
  private readonly chunks: Chunk[] = [];
  /** New records that are not in order yet: whoever needs the order sorts them in. Found in memory one after the other, they are then compared far faster
   *  than each on its own among a million. */
  private recent: KeyRecord[] = [];
  /** Keys that are not deleted. */
  live = 0;
  // A guarded write looks its key up twice in a row; among 300,000 keys each look-up is a cache miss.
  private lastKey = '';
  private lastRecord: KeyRecord | undefined;

  get(key: string): KeyRecord | undefined {
    if (key !== this.lastKey) {
      this.lastRecord = this.byKey.get(key);
      this.lastKey = key;
    }
    return this.lastRecord;
  }

  /** Adds a record whose key is not yet there and whose latest version is live. */
  insert(record: KeyRecord): void {
    this.byKey.set(record.key, record);
    this.lastKey = record.key;
    this.lastRecord = record;
    this.live += 1;
    this.recent.push(record);
  }

  /** Brings all records into order. */
  private settle(): Chunk[] {
    const { recent, chunks } = this;
    if (recent.length === 0) return chunks;
    this.recent = [];
    recent.sort((a, b) => (a.key < b.key ? -1 : 1));
    for (let i = 0; i < recent.length; i += 1) this.place(recent[i] as KeyRecord);
    return chunks;
  }

  private place(record: KeyRecord): void {
    const { chunks } = this;
    const live = record.latest.version === 0 ? 0 : 1;
    record.isPlaced = true;
    if (chunks.length === 0) {
      chunks.push({ records: [record], live });
      return;
    }
    const at = this.chunkOf(record.key);
    const chunk = chunks[at] as Chunk;
    const { records } = chunk;
    const position = lowerBound(records, record.key);
    const full = records.length === CHUNK_MAX;
    if (full && position === CHUNK_MAX && at === chunks.length - 1) {
      // Ever-growing keys would leave half-empty chunks behind if they were split.
      chunks.push({ records: [record], live });
      return;
    }
    if (position === records.length) records.push(record);
    else records.splice(position, 0, record);
    chunk.live += live;
    if (full) this.split(at);
  }

  /** Removes a record whose latest version is a tombstone. */
  remove(key: string): void {
    this.byKey.delete(key);
    if (key === this.lastKey) this.lastRecord = undefined;
    const chunks = this.settle();
    const at = this.chunkOf(key);
    const { records } = chunks[at] as Chunk;
    records.splice(lowerBound(records, key), 1);
    if (records.length === 0) chunks.splice(at, 1);
  }

  /** Notes that a present key was deleted (-1) or came back (+1). A record that has no place yet is counted when it gets one. */
  adjustLive(record: KeyRecord, delta: 1 | -1): void {
    this.live += delta;
    if (record.isPlaced) (this.chunks[this.chunkOf(record.key)] as Chunk).live += delta;
  }

  /** Visits the records of [key, end) in order until `visit` answers false. */
  scan(key: string, end: string, visit: (record: KeyRecord) => boolean): void {
    const chunks = this.settle();
    if (chunks.length === 0) return;
    let at = this.chunkOf(key);
    let position = lowerBound((chunks[at] as Chunk).records, key);
    for (; at < chunks.length; at += 1, position = 0) {
      const { records } = chunks[at] as Chunk;
      for (; position < records.length; position += 1) {
        const record = records[position] as KeyRecord;
        if (record.key >= end || !visit(record)) return;
      }
    }
  }

  /** How many keys of [key, end) are live now. */
  countLive(key: string, end: string): number {
    const chunks = this.settle();
    if (chunks.length === 0) return 0;
    let at = this.chunkOf(key);
    let position = lowerBound((chunks[at] as Chunk).records, key);
    let count = 0;
    for (; at < chunks.length; at += 1, position = 0) {
      const chunk = chunks[at] as Chunk;
      const { records } = chunk;
      if (position === 0 && (records[records.length - 1] as KeyRecord).key < end) {
        count += chunk.live;
        continue;
      }
      for (; position < records.length; position += 1) {
        const record = records[position] as KeyRecord;
        if (record.key >= end) return count;
        if (record.latest.version !== 0) count += 1;
      }
    }
    return count;
  }

  copy(): KeyIndex {
    const copy = new KeyIndex();
    copy.live = this.live;
    for (const { records, live } of this.settle()) {
      const copied = records.map(
        ({ key, latest, older, isHistoric }): KeyRecord => ({ key, latest, older: copyChain(older), isHistoric, isPlaced: true }),
      );
      copy.chunks.push({ records: copied, live });
      for (const record of copied) copy.byKey.set(record.key, record);
    }
    return copy;
  }

  /** The records that have a history. */
  historic(): KeyRecord[] {
    return this.settle().flatMap(({ records }) => records.filter(({ isHistoric }) => isHistoric));
  }

  private split(at: number): void {
    const chunk = this.chunks[at] as Chunk;
    const upper = chunk.records.splice(chunk.records.length >> 1);
    let live = 0;
    for (const record of upper) if (record.latest.version !== 0) live += 1;
    chunk.live -= live;
    this.chunks.splice(at + 1, 0, { records: upper, live });
  }

  /** The last chunk whose first key is not above `key`, or the first chunk. */
  private chunkOf(key: string): number {
    const { chunks } = this;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((chunks[middle] as Chunk).records[0] as KeyRecord).key <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function copyChain(chain: OldVersion | undefined): OldVersion | undefined {
  let first: OldVersion | undefined;
  let last: OldVersion | undefined;
  for (let each = chain; each !== undefined; each = each.older) {
    const copy: OldVersion = { kv: each.kv, older: undefined };
    if (last === undefined) first = copy;
    else last.older = copy;
    last = copy;
  }
  return first;
}

function lowerBound(records: readonly KeyRecord[], key: string): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle] as KeyRecord).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
