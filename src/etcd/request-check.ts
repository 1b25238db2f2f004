/** What etcd's gRPC layer refuses before a request is proposed (server/etcdserver/api/v3rpc/key.go, 3.6). */

import { DUPLICATE_KEY, EMPTY_KEY, type EtcdError, KEY_NOT_FOUND, LEASE_PROVIDED, TOO_MANY_OPERATIONS, VALUE_PROVIDED } from './errors.ts';
import type { DeleteRangeWire, OpWire, PutWire, RangeWire, TxnWire } from './wire.ts';

/** --max-txn-ops. */
const MAX_TXN_OPERATIONS = 128;

export function checkPut(put: PutWire): EtcdError | undefined {
  if (!put.key) return EMPTY_KEY;
  if (put.ignore_value && put.value) return VALUE_PROVIDED;
  if (put.ignore_lease && put.lease) return LEASE_PROVIDED;
  return undefined;
}

export function checkKey(request: RangeWire | DeleteRangeWire): EtcdError | undefined {
  return request.key ? undefined : EMPTY_KEY;
}

/** Shape first (sizes and keys, depth first), then keys that two operations of one path would write. */
export function checkTxn(txn: TxnWire): EtcdError | undefined {
  return checkShape(txn, MAX_TXN_OPERATIONS) ?? writes(txn.success).error ?? writes(txn.failure).error;
}

function checkShape(txn: TxnWire, most: number): EtcdError | undefined {
  const { compare = [], success = [], failure = [] } = txn;
  const operations = Math.max(compare.length, success.length, failure.length);
  if (operations > most) return TOO_MANY_OPERATIONS;
  for (const each of compare) if (!each.key) return EMPTY_KEY;
  for (const operation of [...success, ...failure]) {
    const error = checkOperation(operation, most - operations);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkOperation(operation: OpWire, most: number): EtcdError | undefined {
  if (operation.request_range) return checkKey(operation.request_range);
  if (operation.request_put) return checkPut(operation.request_put);
  if (operation.request_delete_range) return checkKey(operation.request_delete_range);
  if (operation.request_txn) return checkShape(operation.request_txn, most);
  return KEY_NOT_FOUND;
}

interface Interval {
  readonly begin: string;
  readonly end: string;
}
interface Writes {
  readonly puts: Set<string>;
  readonly deletes: Interval[];
  readonly error?: EtcdError;
}

/** The overlap check takes range_end literally: '\0' is an end below every key here, not 'to the last key' (a trap of the real one). */
function covers(intervals: readonly Interval[], key: string): boolean {
  return intervals.some(({ begin, end }) => begin < `${key}\0` && end > key);
}

/** What the operations of one path may write; nested transactions count with both their paths, which exclude each other. */
function writes(operations: readonly OpWire[] | undefined): Writes {
  const puts = new Set<string>();
  const deletes: Interval[] = [];
  const clash: Writes = { puts, deletes, error: DUPLICATE_KEY };
  for (const { request_delete_range: each } of operations ?? []) {
    if (each) deletes.push({ begin: each.key ?? '', end: each.range_end ? each.range_end : `${each.key ?? ''}\0` });
  }
  for (const { request_txn: nested } of operations ?? []) {
    if (!nested) continue;
    const taken = writes(nested.success);
    const other = writes(nested.failure);
    const error = taken.error ?? other.error;
    if (error !== undefined) return { puts, deletes, error };
    for (const key of taken.puts) {
      if (puts.has(key) || covers(deletes, key)) return clash;
      puts.add(key);
    }
    for (const key of other.puts) {
      if ((puts.has(key) && !taken.puts.has(key)) || covers(deletes, key)) return clash;
      puts.add(key);
    }
    deletes.push(...taken.deletes, ...other.deletes);
  }
  for (const { request_put: put } of operations ?? []) {
    if (!put) continue;
    const key = put.key ?? '';
    if (puts.has(key) || covers(deletes, key)) return clash;
    puts.add(key);
  }
  return { puts, deletes };
}
