/** Executes key-value requests on a store: put, range, delete_range and nested transactions with all their compares.
 *  Mirrors etcd 3.6's server/etcdserver/txn. Headers carry only what the state machine knows; the caller adds the Raft term. */

import { COMPACTED, type EtcdError, FUTURE_REVISION, KEY_NOT_FOUND, LEASE_NOT_FOUND } from './errors.ts';
import type { LeaseTable } from './lease.ts';
import type { MvccStore } from './mvcc/store.ts';
import type { KeyValue } from './protocol.ts';
import type { CompareWire, DeleteRangeWire, OpWire, Outcome, PutWire, RangeWire, SortTarget, TxnWire, Wire } from './wire.ts';
import { compactWire, wireKeyValue } from './wire.ts';

export class KvService {
  private readonly store: MvccStore;
  private readonly leases: LeaseTable;

  constructor(store: MvccStore, leases: LeaseTable) {
    this.store = store;
    this.leases = leases;
  }

  put(request: PutWire): Outcome {
    const err = this.checkPut(request);
    if (err !== undefined) return { err };
    this.store.begin();
    const resp = this.doPut(request);
    this.store.end();
    return { resp };
  }

  range(request: RangeWire): Outcome {
    const err = this.checkRange(request);
    return err === undefined ? { resp: this.doRange(request) } : { err };
  }

  deleteRange(request: DeleteRangeWire): Outcome {
    this.store.begin();
    const resp = this.doDeleteRange(request);
    this.store.end();
    return { resp };
  }

  /** All compares and checks read the state before the transaction, and only on the path that is taken. */
  txn(request: TxnWire): Outcome {
    const path: boolean[] = [];
    this.choose(request, path);
    const err = this.checkPath(request, path.values());
    if (err !== undefined) return { err };
    this.store.begin();
    const resp = this.doTxn(request, path.values());
    this.store.end();
    resp['header'] = { revision: this.store.revision };
    return { resp };
  }

  /** Notes for this transaction and each nested one on the taken path whether its compares hold. */
  private choose(txn: TxnWire, path: boolean[]): void {
    const holds = (txn.compare ?? []).every((each) => this.compare(each));
    path.push(holds);
    for (const operation of (holds ? txn.success : txn.failure) ?? []) if (operation.request_txn) this.choose(operation.request_txn, path);
  }

  private compare(compare: CompareWire): boolean {
    const found: KeyValue[] = [];
    this.store.range(compare.key ?? '', compare.range_end, 0, 0, found);
    // A missing key has no value to compare, but its numbers are 0.
    if (found.length === 0) return compare.target !== 'VALUE' && holds(compare, undefined);
    return found.every((kv) => holds(compare, kv));
  }

  /** The first fault of the taken path, in the order of its operations. */
  private checkPath(txn: TxnWire, path: Iterator<boolean, undefined>): EtcdError | undefined {
    const taken = path.next().value ? txn.success : txn.failure;
    for (const operation of taken ?? []) {
      let error: EtcdError | undefined;
      if (operation.request_put) error = this.checkPut(operation.request_put, true);
      else if (operation.request_range) error = this.checkRange(operation.request_range);
      else if (operation.request_txn) error = this.checkPath(operation.request_txn, path);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  private checkPut(put: PutWire, inTxn = false): EtcdError | undefined {
    const keyError = (put.ignore_value || put.ignore_lease) && this.store.get(put.key ?? '') === undefined ? KEY_NOT_FOUND : undefined;
    const leaseError = put.lease && this.leases.get(put.lease) === undefined ? LEASE_NOT_FOUND : undefined;
    return inTxn ? (keyError ?? leaseError) : (leaseError ?? keyError);
  }

  private checkRange(range: RangeWire): EtcdError | undefined {
    const revision = range.revision ?? 0;
    if (revision <= 0) return undefined;
    if (revision > this.store.revision) return FUTURE_REVISION;
    return revision < this.store.compactRevision ? COMPACTED : undefined;
  }

  private doTxn(txn: TxnWire, path: Iterator<boolean, undefined>): Wire {
    const succeeded = path.next().value === true;
    const responses: Wire[] = [];
    for (const operation of (succeeded ? txn.success : txn.failure) ?? []) responses.push(this.doOperation(operation, path));
    return { header: {}, ...compactWire({ succeeded, responses }) };
  }

  private doOperation(operation: OpWire, path: Iterator<boolean, undefined>): Wire {
    if (operation.request_put) return { response_put: this.doPut(operation.request_put) };
    if (operation.request_range) return { response_range: this.doRange(operation.request_range) };
    if (operation.request_delete_range) return { response_delete_range: this.doDeleteRange(operation.request_delete_range) };
    return { response_txn: this.doTxn(operation.request_txn as TxnWire, path) };
  }

  private doPut(request: PutWire): Wire {
    const key = request.key ?? '';
    const previous = this.store.get(key);
    if ((request.ignore_value || request.ignore_lease) && previous === undefined) {
      // Only a deletion earlier in the same transaction can bring this about; etcd 3.6.7 panics here, and again at every restart.
      throw new Error(`txn deletes '${key}' before a put with ignore_value or ignore_lease: a real etcd 3.6 crashes on it`);
    }
    const value = request.ignore_value ? (previous as KeyValue).value : (request.value ?? '');
    const lease = request.ignore_lease ? (previous as KeyValue).lease : (request.lease ?? 0);
    const kv = this.store.put(key, value, (value as string).length, lease);
    const resp: Wire = { header: { revision: kv.modRevision } };
    if (request.prev_kv && previous !== undefined) resp['prev_kv'] = wireKeyValue(previous);
    return resp;
  }

  private doDeleteRange(request: DeleteRangeWire): Wire {
    const deleted = this.store.deleteRange(request.key ?? '', request.range_end);
    const prev = request.prev_kv ? deleted.map((kv) => wireKeyValue(kv)) : [];
    return { header: { revision: this.store.readRevision }, ...compactWire({ deleted: deleted.length, prev_kvs: prev }) };
  }

  private doRange(request: RangeWire): Wire {
    const { key = '', range_end: rangeEnd, limit = 0, revision = 0, sort_order: order = 'NONE', sort_target: target = 'KEY' } = request;
    const header = { revision: this.store.readRevision };
    if (request.count_only) return { header, ...compactWire({ count: this.store.count(key, rangeEnd, revision) }) };
    const filters = request.min_mod_revision || request.max_mod_revision || request.min_create_revision || request.max_create_revision;
    let kvs: KeyValue[] = [];
    // Sorting and filtering need all keys; otherwise one key beyond the limit tells whether there are more.
    const fetch = order !== 'NONE' || filters ? 0 : limit > 0 ? limit + 1 : 0;
    const count = this.store.range(key, rangeEnd, revision, fetch, kvs);
    if (filters) kvs = kvs.filter((kv) => passes(request, kv));
    if (order !== 'NONE' || target !== 'KEY') {
      const sign = order === 'DESCEND' ? -1 : 1;
      kvs.sort((a, b) => sign * compareBy(target, a, b));
    }
    const more = limit > 0 && kvs.length > limit;
    if (more) kvs.length = limit;
    return { header, ...compactWire({ kvs: kvs.map((kv) => wireKeyValue(kv, request.keys_only)), more, count }) };
  }
}

function passes(request: RangeWire, kv: KeyValue): boolean {
  if (request.max_mod_revision && kv.modRevision > request.max_mod_revision) return false;
  if (request.min_mod_revision && kv.modRevision < request.min_mod_revision) return false;
  if (request.max_create_revision && kv.createRevision > request.max_create_revision) return false;
  return !(request.min_create_revision && kv.createRevision < request.min_create_revision);
}

function compareBy(target: SortTarget, a: KeyValue, b: KeyValue): number {
  switch (target) {
    case 'KEY':
      return order(a.key, b.key);
    case 'VERSION':
      return a.version - b.version;
    case 'CREATE':
      return a.createRevision - b.createRevision;
    case 'MOD':
      return a.modRevision - b.modRevision;
    case 'VALUE':
      return order(a.value as string, b.value as string);
  }
}

function order<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function holds(compare: CompareWire, kv: KeyValue | undefined): boolean {
  const result = sides(compare, kv);
  switch (compare.result) {
    case 'EQUAL':
      return result === 0;
    case 'NOT_EQUAL':
      return result !== 0;
    case 'GREATER':
      return result > 0;
    case 'LESS':
      return result < 0;
  }
}

function sides(compare: CompareWire, kv: KeyValue | undefined): number {
  switch (compare.target) {
    case 'VALUE':
      return order((kv?.value as string | undefined) ?? '', compare.value ?? '');
    case 'VERSION':
      return order(kv?.version ?? 0, compare.version ?? 0);
    case 'CREATE':
      return order(kv?.createRevision ?? 0, compare.create_revision ?? 0);
    case 'MOD':
      return order(kv?.modRevision ?? 0, compare.mod_revision ?? 0);
    case 'LEASE':
      return order(kv?.lease ?? 0, compare.lease ?? 0);
  }
}
