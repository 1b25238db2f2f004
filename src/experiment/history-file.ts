/** history.jsonl: what the API servers of a run, as clients of etcd, called and heard, one history a key, in the form that `wavetank conformance history`
 *  judges. Keys are judged apart (linearizability is local), so each key counts its own revisions: those of etcd in their order, renumbered from 2. */

import type { RecordedCall, RecordedCalls } from '#apiserver';
import { ETCD_HISTORY } from '#apiserver';
import type { RecordedRun } from '#sim';

export const HISTORY_FILE = 'history.jsonl';

interface HistoryLine {
  readonly c: number;
  readonly call: number;
  readonly ret: number | null;
  readonly op: 'get' | 'cas' | 'del';
  readonly k: string;
  readonly v?: string;
  readonly exp?: number;
  readonly rev?: number;
  readonly ok?: boolean;
  readonly gv?: string;
  readonly gm?: number;
}

/** The file's lines; empty when nothing was recorded. */
export function historyLines(recorded: RecordedRun, origin: string): string {
  const all = recorded.kept.filter(({ name }) => name === ETCD_HISTORY).map(({ data }) => data as RecordedCalls);
  const leased = new Set(all.flatMap(({ leased: keys }) => keys));
  const byKey = new Map<string, RecordedCall[]>();
  for (const { calls } of all) {
    for (const call of calls) {
      if (leased.has(call.key)) continue;
      const id = `${call.cluster}${call.key.startsWith('/') ? '' : '/'}${call.key}`;
      const of = byKey.get(id);
      if (of === undefined) byKey.set(id, [call]);
      else of.push(call);
    }
  }
  const lines = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, calls]) => JSON.stringify({ id, origin, ops: historyOf(calls) }));
  return lines.map((line) => `${line}\n`).join('');
}

function historyOf(calls: readonly RecordedCall[]): readonly HistoryLine[] {
  const sorted = calls.toSorted((a, b) => a.call - b.call);
  const local = localRevisions(sorted);
  const clientOf = clients();
  return sorted.map((call) => {
    const { ret, op, key: k, value, done, read } = call;
    const head = { c: clientOf(call), call: call.call * 1000, ret: ret === undefined ? null : ret * 1000, k };
    const exp = call.expected === 0 ? 0 : (local.get(call.expected) as number);
    // A write that found another revision than it expected has read the key.
    if (op === 'get' || (ret !== undefined && !done))
      return {
        ...head,
        op: 'get',
        ok: read !== undefined,
        ...(read === undefined ? {} : { gv: read.value, gm: local.get(read.revision) as number }),
      };
    const answer = ret === undefined ? {} : { rev: local.get(call.revision as number) as number, ok: true };
    return op === 'put' ? { ...head, op: 'cas', v: value as string, exp, ...answer } : { ...head, op: 'del', ...answer };
  });
}

/** etcd's revisions of one key to 2, 3, ... A deletion whose outcome nobody knows leaves no revision that anybody saw; where a key was created anew though
 *  no known deletion had removed it, one was done, and it gets its number. */
function localRevisions(calls: readonly RecordedCall[]): ReadonlyMap<number, number> {
  const writes = new Map<number, RecordedCall | undefined>();
  const unknown = new Map<string, RecordedCall>();
  for (const call of calls) {
    if (call.expected > 0 && !writes.has(call.expected)) writes.set(call.expected, undefined);
    if (call.read !== undefined && !writes.has(call.read.revision)) writes.set(call.read.revision, undefined);
    if (call.revision !== undefined) writes.set(call.revision, call);
    if (call.ret === undefined && call.value !== undefined) unknown.set(call.value, call);
  }
  for (const { read } of calls) {
    // What was read and no known call wrote was written by one of unknown outcome.
    if (read !== undefined && writes.get(read.revision) === undefined) writes.set(read.revision, unknown.get(read.value));
  }
  const local = new Map<number, number>();
  let next = 2;
  let isThere = false;
  for (const [revision, call] of [...writes].sort(([a], [b]) => a - b)) {
    if (isThere && call?.op === 'put' && call.expected === 0) next += 1;
    local.set(revision, next);
    next += 1;
    isThere = call?.op !== 'del';
  }
  return local;
}

/** Calls that overlap are of different clients; one whose call came to no known end calls no more. */
function clients(): (call: RecordedCall) => number {
  const freeAt: number[] = [];
  return ({ call, ret }) => {
    const found = freeAt.findIndex((at) => at <= call);
    const client = found < 0 ? freeAt.length : found;
    freeAt[client] = ret ?? Number.POSITIVE_INFINITY;
    return client;
  };
}
