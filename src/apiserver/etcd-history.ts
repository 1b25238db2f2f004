/** What one API server asked etcd about single keys and what it heard, with times: the material of `--record-history`. Ranges over several keys, leases
 *  and keys that hang on one (events: they go without anybody's call) are left out. */

import type { EtcdOperation, EtcdResponse } from '#etcd';
import type { Instant } from '#sim';

/** One call. Microseconds; `ret` is absent when nobody knows what became of it. */
export interface RecordedCall {
  /** Place of the cluster among those of the server; 0 is the main one. */
  readonly cluster: number;
  readonly call: Instant;
  ret: Instant | undefined;
  readonly op: 'put' | 'get' | 'del';
  readonly key: string;
  /** Names what a put writes: equal objects have equal names. */
  readonly value: string | undefined;
  /** The mod_revision that a write expects; 0: absent. */
  readonly expected: number;
  /** Whether a write was done. */
  done: boolean;
  /** header.revision of a write that was done. */
  revision: number | undefined;
  /** What was read: by a get, or by a write that was not done. */
  read: { readonly value: string; readonly revision: number } | undefined;
}

/** What one server leaves. */
export interface RecordedCalls {
  readonly calls: readonly RecordedCall[];
  /** Keys that hung on a lease at some time: they go without anybody's call. */
  readonly leased: readonly string[];
}

/** The name under which the recorder keeps it. */
export const ETCD_HISTORY = 'etcd history';

/** The same stored object has the same name at every server of a thread. */
const names = new WeakMap<object, string>();
let named = 0;

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  let name = names.get(value);
  if (name === undefined) {
    named += 1;
    name = `v${named}`;
    names.set(value, name);
  }
  return name;
}

export class EtcdHistory {
  private readonly calls: RecordedCall[] = [];
  private readonly open = new Map<number, RecordedCall>();
  private readonly leased = new Set<string>();

  called(id: number, cluster: number, operation: EtcdOperation, at: Instant): void {
    if (operation.op === 'guarded' && (operation.put?.lease ?? 0) !== 0) this.leased.add(operation.key);
    const call = callOf(cluster, operation, at);
    if (call === undefined) return;
    this.open.set(id, call);
    this.calls.push(call);
  }

  /** `response` is undefined when none came. */
  answered(id: number, response: EtcdResponse | undefined, at: Instant): void {
    const call = this.open.get(id);
    if (call === undefined) return;
    this.open.delete(id);
    if (response === undefined || response.error !== undefined) {
      // Refused by the state machine: nothing happened, and nothing was learnt.
      if (response?.error !== undefined && response.error.code !== UNAVAILABLE) this.calls.splice(this.calls.lastIndexOf(call), 1);
      return;
    }
    call.ret = at;
    call.done = response.succeeded === true;
    if (call.done) call.revision = response.revision;
    const kv = response.kvs?.[0];
    if (!call.done && kv !== undefined) call.read = { value: nameOf(kv.value), revision: kv.modRevision };
  }

  /** Plain data. Reads without an answer say nothing. */
  take(): RecordedCalls {
    return { calls: this.calls.filter(({ op, ret }) => op !== 'get' || ret !== undefined), leased: [...this.leased] };
  }
}

const UNAVAILABLE = 14;

function callOf(cluster: number, operation: EtcdOperation, call: Instant): RecordedCall | undefined {
  const open = { cluster, call, ret: undefined, done: false, revision: undefined, read: undefined };
  if (operation.op === 'range') {
    const { key, rangeEnd = '', revision = 0, serializable = false } = operation;
    if (rangeEnd !== '' || revision > 0 || serializable) return undefined;
    return { ...open, op: 'get', key, value: undefined, expected: 0 };
  }
  if (operation.op !== 'guarded') return undefined;
  const { key, modRevision: expected, put } = operation;
  return put === undefined
    ? { ...open, op: 'del', key, value: undefined, expected }
    : { ...open, op: 'put', key, value: nameOf(put.value), expected };
}
