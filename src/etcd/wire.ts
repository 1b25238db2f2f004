/** etcd's protobuf messages as plain data, by their .proto field names (api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto, 3.6).
 *  As proto3 has it, a field with its zero value is absent. Bytes are strings in which a code unit is a byte. */

import type { EtcdError } from './errors.ts';
import type { EtcdEvent, KeyValue } from './protocol.ts';

export interface PutWire {
  key?: string;
  value?: string;
  lease?: number;
  prev_kv?: boolean;
  ignore_value?: boolean;
  ignore_lease?: boolean;
}
export type SortTarget = 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
export interface RangeWire {
  key?: string;
  range_end?: string;
  limit?: number;
  revision?: number;
  sort_order?: 'NONE' | 'ASCEND' | 'DESCEND';
  sort_target?: SortTarget;
  serializable?: boolean;
  keys_only?: boolean;
  count_only?: boolean;
  min_mod_revision?: number;
  max_mod_revision?: number;
  min_create_revision?: number;
  max_create_revision?: number;
}
export interface DeleteRangeWire {
  key?: string;
  range_end?: string;
  prev_kv?: boolean;
}
export interface CompareWire {
  key?: string;
  range_end?: string;
  result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';
  target: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE';
  version?: number;
  create_revision?: number;
  mod_revision?: number;
  value?: string;
  lease?: number;
}
export interface TxnWire {
  compare?: CompareWire[];
  success?: OpWire[];
  failure?: OpWire[];
}
/** A RequestOp: exactly one member is set. */
export interface OpWire {
  request_put?: PutWire;
  request_range?: RangeWire;
  request_delete_range?: DeleteRangeWire;
  request_txn?: TxnWire;
}
export interface WatchCreateWire {
  stream: number;
  key?: string;
  range_end?: string;
  start_revision?: number;
  filters?: ('NOPUT' | 'NODELETE')[];
  prev_kv?: boolean;
  fragment?: boolean;
  progress_notify?: boolean;
  watch_id?: number;
}

/** A message on its way out: JSON-like, zero values left out. */
export type Wire = Record<string, unknown>;

/** What one call yields: an answer or a refusal, and what the open watch streams hear because of it. */
export interface Outcome {
  resp?: Wire;
  err?: EtcdError;
}

/** Leaves out zero values, as proto3 does. */
export function compactWire(fields: Wire): Wire {
  const out: Wire = {};
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || value === 0 || value === '' || value === false) continue;
    if (Array.isArray(value) && value.length === 0) continue;
    out[name] = value;
  }
  return out;
}

export function wireKeyValue(kv: KeyValue, keysOnly = false): Wire {
  return compactWire({
    key: kv.key,
    create_revision: kv.createRevision,
    mod_revision: kv.modRevision,
    version: kv.version,
    value: keysOnly ? '' : kv.value,
    lease: kv.lease,
  });
}

export function wireEvent(event: EtcdEvent, previous: KeyValue | undefined): Wire {
  const out: Wire = { type: event.type, kv: wireKeyValue(event.kv) };
  if (previous !== undefined) out['prev_kv'] = wireKeyValue(previous);
  return out;
}
