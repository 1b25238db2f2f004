/** Recorded sequences of a real etcd: their shape, checked by hand so that a fault is named by its field. */

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

/** The field of a vector that is not as FORMAT.md has it. */
export class VectorError extends Error {}

function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(field: string, expected: string, found: unknown): never {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 40);
  throw new VectorError(`${field}: expected ${expected}, found ${shown}`);
}

/** Fields whose type a request must keep; all others are names of enums and strings. */
const FIELD_TYPES: Readonly<Record<string, string>> = {
  range_end: 'string',
  lease: 'number',
  limit: 'number',
  revision: 'number',
  start_revision: 'number',
  stream: 'number',
  watch_id: 'number',
  ID: 'number',
  TTL: 'number',
  n: 'number',
  prev_kv: 'boolean',
  ignore_value: 'boolean',
  ignore_lease: 'boolean',
  keys_only: 'boolean',
  count_only: 'boolean',
};

/** A string, written out when the recorder had shortened it. */
function expandBytes(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return value.map((each, i) => expandBytes(each, `${field}[${i}]`));
  if (!isObject(value)) return value;
  if ('$rep' in value) {
    const { $rep: unit, n } = value;
    if (typeof unit !== 'string') fail(`${field}.$rep`, 'a string', unit);
    if (typeof n !== 'number' || !Number.isInteger(n) || n < 0 || n > 1e8) fail(`${field}.n`, 'a whole number up to 1e8', n);
    return unit.repeat(n);
  }
  const out: Wire = {};
  for (const name in value) {
    const type = FIELD_TYPES[name];
    const member = value[name];
    if (type !== undefined && field.includes('req') && typeof member !== type) fail(`${field}.${name}`, `a ${type}`, member);
    out[name] = expandBytes(member, `${field}.${name}`);
  }
  return out;
}

/** A step with its bytes written out. */
function readStep(value: unknown, field: string): RecordedStep {
  if (!isObject(value)) fail(field, 'an object', value);
  const { op, req = {}, resp, err, watch } = value;
  if (typeof op !== 'string') fail(`${field}.op`, 'the name of an operation', op);
  if (!ETCD_CALLS.includes(op) && !RECORDER_STEPS.includes(op)) fail(`${field}.op`, 'a known operation', op);
  if (!isObject(req)) fail(`${field}.req`, 'an object', req);
  if (resp !== undefined && !isObject(resp)) fail(`${field}.resp`, 'an object', resp);
  if (err !== undefined && (!isObject(err) || typeof err['msg'] !== 'string')) fail(`${field}.err`, 'an object with msg', err);
  if (watch !== undefined && !Array.isArray(watch)) fail(`${field}.watch`, 'a list', watch);
  for (const name of ['compare', 'success', 'failure', 'filters']) {
    if (req[name] !== undefined && !Array.isArray(req[name])) fail(`${field}.req.${name}`, 'a list', req[name]);
  }
  return {
    i: typeof value['i'] === 'number' ? value['i'] : -1,
    op,
    req: expandBytes(req, `${field}.req`) as Wire,
    resp: resp === undefined ? undefined : (expandBytes(resp, `${field}.resp`) as Wire),
    err: err as RecordedStep['err'],
    watch: watch === undefined ? undefined : (expandBytes(watch, `${field}.watch`) as RecordedStep['watch']),
  };
}

/** Reads one line's JSON; throws a VectorError that names the field. */
export function readSequence(value: unknown): RecordedSequence {
  if (!isObject(value)) fail('the line', 'an object', value);
  const { seq, profile = '', ops } = value;
  if (typeof seq !== 'number') fail('seq', 'a number', seq);
  if (!Array.isArray(ops)) fail('ops', 'a list', ops);
  return { seq, profile: String(profile), ops: ops.map((each, i) => readStep(each, `ops[${i}]`)) };
}
