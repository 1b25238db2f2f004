/** The multi-version store: revisions, key history, transactions, compaction; what etcd 3.6 has in server/storage/mvcc.
 *  Pure and synchronous. Values are kept by reference with a size in bytes, so that one store serves simulated clusters (Kubernetes objects)
 *  and recorded conformance sequences (strings). Writes stand between `begin` and `end`; a read inside a transaction sees them at once. */

import type { LeaseTable } from '../lease.ts';
import type { EtcdEvent, KeyValue } from '../protocol.ts';
import { EventLog } from './event-log.ts';
import { KeyIndex, type KeyRecord, NO_END, type OldVersion } from './key-index.ts';

/** What a stored version costs in the backend besides key and value: 17 B revision key, about 20 B of protobuf fields and 16 B of
 *  bbolt leaf element (bbolt's leafPageElementSize). */
export const VERSION_OVERHEAD_BYTES = 53;

/** The end of etcd's range in this store's terms: none or '' is the single key, '\0' is everything from the key on. */
export function rangeEndOf(key: string, rangeEnd: string | undefined): string {
  if (rangeEnd === undefined || rangeEnd === '') return `${key}\0`;
  return rangeEnd === '\0' ? NO_END : rangeEnd;
}

export class MvccStore {
  /** The revision of the last transaction that changed something; an empty store has 1. */
  revision = 1;
  /** The last compacted revision; -1 when there was none. */
  compactRevision = -1;
  /** Bytes that the kept versions fill (etcd_mvcc_db_total_size_in_use_in_bytes). */
  bytesInUse = 0;
  /** The size of the file: it does not shrink without defragmentation (etcd_mvcc_db_total_size_in_bytes). */
  bytesTotal = 0;
  /** Keys put and keys deleted since the store was made. */
  puts = 0;
  deletes = 0;
  log = new EventLog();
  private readonly leases: LeaseTable;
  private index = new KeyIndex();
  /** Keys with a history: what a compaction has to look at. */
  private historic: KeyRecord[] = [];
  private txnStart = 0;

  constructor(leases: LeaseTable) {
    this.leases = leases;
  }

  /** Keys that exist now. */
  get keys(): number {
    return this.index.live;
  }

  /** Whether the open transaction has changed something. */
  get changed(): boolean {
    return this.log.length > this.txnStart;
  }

  /** The revision that a read inside the open transaction reports. */
  get readRevision(): number {
    return this.changed ? this.revision + 1 : this.revision;
  }

  /** The key as it is now. */
  get(key: string): KeyValue | undefined {
    const latest = this.index.get(key)?.latest;
    return latest === undefined || latest.version === 0 ? undefined : latest;
  }

  /** The key as it was at `revision` (which must not be below the compacted one). */
  getAt(key: string, revision: number): KeyValue | undefined {
    const record = this.index.get(key);
    return record === undefined ? undefined : versionAt(record, revision);
  }

  /** Appends to `out` the first `limit` (0: all) keys of the range as they are, or were at `revision` > 0; returns how many there are in all. */
  range(key: string, rangeEnd: string | undefined, revision: number, limit: number, out: KeyValue[]): number {
    const past = revision > 0 && revision < this.readRevision;
    if (rangeEnd === undefined || rangeEnd === '') {
      const one = past ? this.getAt(key, revision) : this.get(key);
      if (one === undefined) return 0;
      out.push(one);
      return 1;
    }
    const end = rangeEndOf(key, rangeEnd);
    let count = 0;
    this.index.scan(key, end, (record) => {
      const kv = past ? versionAt(record, revision) : record.latest;
      if (kv === undefined || kv.version === 0) return true;
      count += 1;
      if (limit === 0 || count <= limit) out.push(kv);
      return past || count !== limit;
    });
    return past || limit === 0 || count < limit ? count : this.index.countLive(key, end);
  }

  /** How many keys the range has (count_only). */
  count(key: string, rangeEnd: string | undefined, revision: number): number {
    const past = revision > 0 && revision < this.readRevision;
    if (!past && rangeEnd !== undefined && rangeEnd !== '') return this.index.countLive(key, rangeEndOf(key, rangeEnd));
    return this.range(key, rangeEnd, revision, 0, []);
  }

  begin(): void {
    this.txnStart = this.log.length;
  }

  /** Closes the transaction; all its changes share one revision. Returns the log position of its first event. */
  end(): number {
    if (this.log.length > this.txnStart) this.revision += 1;
    const start = this.txnStart;
    this.txnStart = this.log.length;
    return start;
  }

  /** Writes a key inside a transaction and returns the version written. */
  put(key: string, value: unknown, bytes: number, lease: number): KeyValue {
    const modRevision = this.revision + 1;
    const record = this.index.get(key);
    let kv: KeyValue;
    let previous: KeyValue | undefined;
    if (record === undefined) {
      kv = { key, value, bytes, createRevision: modRevision, modRevision, version: 1, lease };
      this.index.insert({ key, latest: kv, older: undefined, isHistoric: false, isPlaced: false });
    } else {
      const { latest, key: known } = record;
      if (latest.version === 0) {
        kv = { key: known, value, bytes, createRevision: modRevision, modRevision, version: 1, lease };
        this.supersede(record, kv);
        this.index.adjustLive(record, 1);
      } else {
        previous = latest;
        // One string for all versions.
        kv = { key: known, value, bytes, createRevision: latest.createRevision, modRevision, version: latest.version + 1, lease };
        this.supersede(record, kv);
        if (latest.lease !== 0) this.leases.detach(latest.lease, key);
      }
    }
    if (lease !== 0) this.leases.attach(lease, key);
    this.grow(key.length + bytes);
    this.puts += 1;
    this.log.append({ type: 'PUT', kv, previous, name: undefined });
    return kv;
  }

  /** What lies on the disk under a key is another value from now on, and nobody was told: not a change but damage. */
  damage(key: string, value: unknown): void {
    const record = this.index.get(key);
    if (record !== undefined && record.latest.version !== 0) record.latest = { ...record.latest, value };
  }

  /** Deletes one key inside a transaction; returns what it was. */
  delete(key: string): KeyValue | undefined {
    const record = this.index.get(key);
    if (record === undefined || record.latest.version === 0) return undefined;
    const previous = record.latest;
    const kv: KeyValue = {
      key,
      value: undefined,
      bytes: 0,
      createRevision: 0,
      modRevision: this.revision + 1,
      version: 0,
      lease: 0,
    };
    this.supersede(record, kv);
    this.index.adjustLive(record, -1);
    if (previous.lease !== 0) this.leases.detach(previous.lease, key);
    this.grow(key.length);
    this.deletes += 1;
    this.log.append({ type: 'DELETE', kv, previous, name: undefined });
    return previous;
  }

  /** Deletes a range inside a transaction; returns what was deleted, in key order. */
  deleteRange(key: string, rangeEnd: string | undefined): KeyValue[] {
    const found: KeyValue[] = [];
    this.range(key, rangeEnd, 0, 0, found);
    for (const kv of found) this.delete(kv.key);
    return found;
  }

  /** Forgets all that is not visible at `revision` or later. The caller has checked that compactRevision < revision <= this.revision. */
  compact(revision: number): void {
    this.compactRevision = revision;
    let kept = 0;
    for (const record of this.historic) {
      this.compactKey(record, revision);
      if (record.older !== undefined) this.historic[kept++] = record;
      else record.isHistoric = false;
    }
    this.historic.length = kept;
    this.log.dropBelow(revision);
    this.txnStart = this.log.length;
  }

  /** The file shrinks to what is in use. */
  defragment(): void {
    this.bytesTotal = this.bytesInUse;
  }

  /** A copy that later changes of this store do not touch. Values are shared. Its leases come separately. */
  copy(leases: LeaseTable): MvccStore {
    const copy = new MvccStore(leases);
    copy.become(this);
    return copy;
  }

  /** Takes over the content of another store, which stays as it is. */
  become(other: MvccStore): void {
    this.revision = other.revision;
    this.compactRevision = other.compactRevision;
    this.bytesInUse = other.bytesInUse;
    this.bytesTotal = other.bytesTotal;
    this.log = other.log.copy();
    this.index = other.index.copy();
    this.historic = this.index.historic();
    this.txnStart = this.log.length;
  }

  private compactKey(record: KeyRecord, revision: number): void {
    const { latest } = record;
    if (latest.modRevision <= revision) {
      this.shrinkChain(record.older);
      record.older = undefined;
      if (latest.version === 0) {
        this.shrink(latest);
        this.index.remove(record.key);
      }
      return;
    }
    let newer: OldVersion | undefined;
    let kept = record.older;
    while (kept !== undefined && kept.kv.modRevision > revision) {
      newer = kept;
      kept = kept.older;
    }
    if (kept === undefined) return;
    if (kept.kv.version !== 0) {
      this.shrinkChain(kept.older);
      kept.older = undefined;
      return;
    }
    // A tombstone says at the start of a history what its absence says.
    this.shrinkChain(kept);
    if (newer === undefined) record.older = undefined;
    else newer.older = undefined;
  }

  private supersede(record: KeyRecord, kv: KeyValue): void {
    record.older = { kv: record.latest, older: record.older };
    record.latest = kv;
    if (record.isHistoric) return;
    record.isHistoric = true;
    this.historic.push(record);
  }

  private grow(bytes: number): void {
    this.bytesInUse += bytes + VERSION_OVERHEAD_BYTES;
    if (this.bytesInUse > this.bytesTotal) this.bytesTotal = this.bytesInUse;
  }

  private shrinkChain(chain: OldVersion | undefined): void {
    for (let each = chain; each !== undefined; each = each.older) this.shrink(each.kv);
  }

  private shrink(kv: KeyValue): void {
    this.bytesInUse -= kv.key.length + kv.bytes + VERSION_OVERHEAD_BYTES;
  }
}

/** The last version at or below a revision, unless the key was deleted then. */
function versionAt(record: KeyRecord, revision: number): KeyValue | undefined {
  if (record.latest.modRevision <= revision) return record.latest.version === 0 ? undefined : record.latest;
  for (let each = record.older; each !== undefined; each = each.older) {
    if (each.kv.modRevision <= revision) return each.kv.version === 0 ? undefined : each.kv;
  }
  return undefined;
}

/** Whether a watcher that reads an event late still sees the value before it: that value is read at the revision before the event. */
export function previousIsCompacted(event: EtcdEvent, compactRevision: number): boolean {
  return event.kv.modRevision - 1 < compactRevision;
}
