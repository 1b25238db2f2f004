/** Recorded sequences of a real etcd: their shape, checked by hand so that a fault is named by its field. */

import { checkRequestFields, isObject, onlyKnown, refuse } from './request-fields.ts';
import { ETCD_CALLS } from './server.ts';
import type { Wire } from './wire.ts';

export interface RecordedStep {
  readonly i: number;
  readonly op: string;
  readonly req: Wire;
  readonly resp?: Wire;
  readonly err?: { readonly code: string; readonly n: number; readonly msg: string };
  readonly watch?: readonly { readonly stream: number; readonly resp: Wire }[];
}
export interface RecordedSequence {
  readonly seq: number;
  readonly profile: string;
  readonly ops: readonly RecordedStep[];
}

/** Steps that are no call of etcd's own: what the recorder did or waited for. */
const RECORDER_STEPS = ['wait_lease_expired', 'kill_restart', 'bulk_put'];

/** Steps that the recording answers with what watchers heard, or not at all. */
const UNANSWERED = ['watch_create', 'watch_cancel', 'watch_progress', 'watch_close_stream', 'kill_restart', 'bulk_put'];

/** A string, written out when the recorder had shortened it. */
function expandBytes(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return value.map((each, i) => expandBytes(each, `${field}[${i}]`));
  if (!isObject(value)) return value;
  if ('$rep' in value) {
    const { $rep: unit, n } = value;
    if (typeof unit !== 'string') refuse(`${field}.$rep`, 'a string', unit);
    if (typeof n !== 'number' || !Number.isInteger(n) || n < 0 || n > 1e8) refuse(`${field}.n`, 'a whole number up to 1e8', n);
    return unit.repeat(n);
  }
  const out: Wire = {};
  for (const name in value) out[name] = expandBytes(value[name], `${field}.${name}`);
  return out;
}

function readError(err: unknown, field: string): RecordedStep['err'] {
  if (err === undefined) return undefined;
  if (!isObject(err)) refuse(field, 'an object', err);
  const { code, n, msg } = err;
  if (typeof code !== 'string') refuse(`${field}.code`, 'the name of a gRPC status', code);
  if (typeof n !== 'number') refuse(`${field}.n`, 'the number of a gRPC status', n);
  if (typeof msg !== 'string') refuse(`${field}.msg`, 'a string', msg);
  return { code, n, msg };
}

function readHeard(watch: unknown, field: string): RecordedStep['watch'] {
  if (watch === undefined) return undefined;
  if (!Array.isArray(watch)) refuse(field, 'a list', watch);
  return watch.map((each, i) => {
    const at = `${field}[${i}]`;
    if (!isObject(each)) refuse(at, 'an object', each);
    if (!Number.isInteger(each['stream'])) refuse(`${at}.stream`, 'a whole number', each['stream']);
    if (!isObject(each['resp'])) refuse(`${at}.resp`, 'an object', each['resp']);
    return { stream: each['stream'] as number, resp: expandBytes(each['resp'], `${at}.resp`) as Wire };
  });
}

/** A step with its bytes written out. */
function readStep(value: unknown, field: string): RecordedStep {
  if (!isObject(value)) refuse(field, 'an object', value);
  onlyKnown(value, ['i', 'op', 'req', 'resp', 'err', 'watch'], field);
  const { i, op, req = {}, resp, err, watch } = value;
  if (i !== undefined && !Number.isInteger(i)) refuse(`${field}.i`, 'a whole number', i);
  if (typeof op !== 'string') refuse(`${field}.op`, 'the name of an operation', op);
  if (!ETCD_CALLS.includes(op) && !RECORDER_STEPS.includes(op)) refuse(`${field}.op`, 'a known operation', op);
  if (!isObject(req)) refuse(`${field}.req`, 'an object', req);
  const request = expandBytes(req, `${field}.req`) as Wire;
  checkRequestFields(op, request, `${field}.req`);
  if (resp !== undefined && !isObject(resp)) refuse(`${field}.resp`, 'an object', resp);
  if (resp !== undefined && err !== undefined) refuse(`${field}.err`, 'none beside resp', err);
  if (resp === undefined && err === undefined && !UNANSWERED.includes(op)) refuse(`${field}.resp`, 'an answer (or err)', resp);
  return {
    i: (i as number | undefined) ?? -1,
    op,
    req: request,
    resp: resp === undefined ? undefined : (expandBytes(resp, `${field}.resp`) as Wire),
    err: readError(err, `${field}.err`),
    watch: readHeard(watch, `${field}.watch`),
  };
}

/** Reads one line's JSON; throws a VectorError that names the field. */
export function readSequence(value: unknown): RecordedSequence {
  if (!isObject(value)) refuse('the line', 'an object', value);
  const { seq, profile = '', ops } = value;
  if (typeof seq !== 'number') refuse('seq', 'a number', seq);
  if (typeof profile !== 'string') refuse('profile', 'a string', profile);
  if (!Array.isArray(ops)) refuse('ops', 'a list', ops);
  if (ops.length === 0) refuse('ops', 'at least one step', ops);
  return { seq, profile, ops: ops.map((each, i) => readStep(each, `ops[${i}]`)) };
}
