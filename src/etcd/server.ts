/** An etcd server without network, disk or clock: raw requests in, protobuf-shaped answers out. It is the state machine that members replicate:
 *  `check` refuses what never reaches the log, `apply` executes what does, `read` answers the rest. Mirrors etcd 3.6.7. */

import {
  COMPACTED,
  type EtcdError,
  FUTURE_REVISION,
  LEASE_EXISTS,
  LEASE_NOT_FOUND,
  LEASE_TTL_TOO_LARGE,
  REQUEST_TOO_LARGE,
} from './errors.ts';
import { KvService } from './kv-service.ts';
import { LeaseTable, MAX_LEASE_TTL_SECONDS } from './lease.ts';
import { MvccStore } from './mvcc/store.ts';
import { checkKey, checkPut, checkTxn } from './request-check.ts';
import { type StreamMessage, WatchService } from './watch-service.ts';
import type { DeleteRangeWire, OpWire, Outcome, PutWire, RangeWire, TxnWire, WatchCreateWire, Wire } from './wire.ts';
import { compactWire } from './wire.ts';

/** Operations that change the state and so go through the log. */
export const WRITES = ['put', 'delete_range', 'txn', 'compact', 'lease_grant', 'lease_revoke'] as const;
export type Write = (typeof WRITES)[number];
const READS = ['range', 'lease_keep_alive', 'lease_time_to_live', 'lease_leases'] as const;
type Read = (typeof READS)[number];
const WATCHES = ['watch_create', 'watch_cancel', 'watch_progress', 'watch_close_stream'] as const;
type Watch = (typeof WATCHES)[number];
export type EtcdCall = Write | Read | Watch;
export const ETCD_CALLS: readonly string[] = [...WRITES, ...READS, ...WATCHES];

export function isWrite(call: string): call is Write {
  return (WRITES as readonly string[]).includes(call);
}
export function isWatch(call: string): call is Watch {
  return (WATCHES as readonly string[]).includes(call);
}

/** --max-request-bytes. */
const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024;

interface LeaseWire {
  ID?: number;
  TTL?: number;
  keys?: boolean;
}

export class EtcdServer {
  readonly store: MvccStore;
  readonly leases = new LeaseTable();
  private readonly kv: KvService;
  private readonly watches: WatchService;

  constructor() {
    this.store = new MvccStore(this.leases);
    this.kv = new KvService(this.store, this.leases);
    this.watches = new WatchService(this.store);
  }

  /** One call, start to end, as a group of one executes it. */
  execute(call: EtcdCall, request: Wire): Outcome {
    const err = this.check(call, request);
    if (err !== undefined) return { err };
    if (isWrite(call)) return this.apply(call, request);
    if (isWatch(call)) return this.watch(call, request);
    return this.read(call, request);
  }

  /** What the gRPC layer refuses, whatever the state. */
  check(call: EtcdCall, request: Wire): EtcdError | undefined {
    switch (call) {
      case 'put':
        return checkPut(request) ?? tooLarge(putBytes(request));
      case 'range':
      case 'delete_range':
        return checkKey(request);
      case 'txn':
        return checkTxn(request) ?? tooLarge(txnBytes(request));
      default:
        return undefined;
    }
  }

  /** Executes a committed write and tells the watchers. Deterministic: every replica that applies the same writes has the same state. */
  apply(call: Write, request: Wire): Outcome {
    const heard = this.store.log.length;
    const outcome = this.change(call, request);
    if (call !== 'compact') this.watches.notify(heard);
    return outcome;
  }

  read(call: Read, request: Wire): Outcome {
    const { ID: id = 0, keys = false } = request as LeaseWire;
    const lease = this.leases.get(id);
    switch (call) {
      case 'range':
        return this.kv.range(request as RangeWire);
      case 'lease_keep_alive':
        return this.answer({ ID: id, TTL: lease?.ttlSeconds });
      case 'lease_time_to_live':
        if (lease === undefined) return this.answer({ ID: id, TTL: -1 });
        return this.answer({ ID: id, TTL: lease.ttlSeconds, grantedTTL: lease.ttlSeconds, keys: keys ? [...lease.keys].sort() : [] });
      case 'lease_leases':
        return this.answer({ leases: this.leases.ids().map((ID) => ({ ID })) });
    }
  }

  watch(call: Watch, request: Wire): Outcome {
    const { stream, watch_id: id = 0 } = request as unknown as WatchCreateWire;
    if (call === 'watch_create') this.watches.create(request as unknown as WatchCreateWire);
    else if (call === 'watch_cancel') this.watches.cancel(stream, id);
    else if (call === 'watch_progress') this.watches.progress(stream);
    else this.watches.close(stream);
    return {};
  }

  /** The lease's term is over: its keys go in one revision. */
  expire(id: number): Outcome {
    return this.apply('lease_revoke', { ID: id });
  }

  /** The process is gone and came back: what was on disk stays, streams do not. */
  restart(): void {
    this.watches.closeAll();
    this.watches.take();
  }

  /** What the open streams heard since the last call. */
  takeWatchMessages(): StreamMessage[] {
    return this.watches.take();
  }

  private change(call: Write, request: Wire): Outcome {
    switch (call) {
      case 'put':
        return this.kv.put(request as PutWire);
      case 'delete_range':
        return this.kv.deleteRange(request as DeleteRangeWire);
      case 'txn':
        return this.kv.txn(request as TxnWire);
      case 'compact':
        return this.compact((request as { revision?: number }).revision ?? 0);
      case 'lease_grant':
        return this.grant(request as LeaseWire);
      case 'lease_revoke':
        return this.revoke(request as LeaseWire);
    }
  }

  private compact(revision: number): Outcome {
    if (revision <= this.store.compactRevision) return { err: COMPACTED };
    if (revision > this.store.revision) return { err: FUTURE_REVISION };
    this.store.compact(revision);
    return this.answer({});
  }

  private grant({ ID: id = 0, TTL: ttl = 0 }: LeaseWire): Outcome {
    if (ttl > MAX_LEASE_TTL_SECONDS) return { err: LEASE_TTL_TOO_LARGE };
    if (this.leases.get(id) !== undefined) return { err: LEASE_EXISTS };
    const lease = this.leases.grant(id, ttl, 0);
    return this.answer({ ID: id, TTL: lease.ttlSeconds });
  }

  private revoke({ ID: id = 0 }: LeaseWire): Outcome {
    if (this.leases.get(id) === undefined) return { err: LEASE_NOT_FOUND };
    this.store.begin();
    for (const key of this.leases.remove(id)) this.store.delete(key);
    this.store.end();
    return this.answer({});
  }

  private answer(fields: Wire): Outcome {
    return { resp: { header: { revision: this.store.revision }, ...compactWire(fields) } };
  }
}

function tooLarge(bytes: number): EtcdError | undefined {
  return bytes > MAX_REQUEST_BYTES ? REQUEST_TOO_LARGE : undefined;
}

function putBytes(put: PutWire): number {
  return (put.key?.length ?? 0) + (put.value?.length ?? 0);
}

function txnBytes(txn: TxnWire): number {
  let bytes = 0;
  for (const operation of [...(txn.success ?? []), ...(txn.failure ?? [])] as OpWire[]) {
    if (operation.request_put) bytes += putBytes(operation.request_put);
    else if (operation.request_txn) bytes += txnBytes(operation.request_txn);
  }
  return bytes;
}
