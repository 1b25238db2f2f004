/** Histories of concurrent clients: their shape (FORMAT.md of the recorded ones), checked by hand so that a fault is named by its field. */

import { isObject, onlyKnown, refuse } from './request-fields.ts';

/** One call of one client. Times are nanoseconds on one clock. */
export interface HistoryOperation {
  readonly c: number;
  readonly call: number;
  /** Absent when its outcome is unknown: it may have happened at any time since the call, or never. */
  readonly ret: number | undefined;
  readonly op: 'put' | 'get' | 'cas' | 'del';
  readonly k: string;
  /** The value written. */
  readonly v: string | undefined;
  /** The mod_revision that a cas expects; 0: absent. */
  readonly exp: number;
  /** header.revision of the answer. */
  readonly rev: number | undefined;
  /** get and del: the key was there; cas: it was done. */
  readonly ok: boolean;
  /** Value and mod_revision read. */
  readonly gv: string | undefined;
  readonly gm: number | undefined;
}

export interface RecordedHistory {
  readonly id: string;
  readonly origin: string;
  readonly verdict: 'ok' | 'illegal' | undefined;
  readonly ops: readonly HistoryOperation[];
}

type Fields = Readonly<Record<string, unknown>>;

function number(fields: Fields, name: string, at: string): number {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(`${at}.${name}`, 'a number', value);
}

function optional<T>(fields: Fields, name: string, at: string, type: 'number' | 'string' | 'boolean'): T | undefined {
  const value = fields[name];
  return value === undefined || typeof value === type ? (value as T | undefined) : refuse(`${at}.${name}`, `a ${type}`, value);
}

function readOperation(value: unknown, at: string): HistoryOperation {
  if (!isObject(value)) refuse(at, 'an object', value);
  const fields: Fields = value;
  onlyKnown(value, ['c', 'call', 'ret', 'op', 'k', 'v', 'exp', 'rev', 'ok', 'gv', 'gm'], at);
  const { op, k } = fields;
  if (op !== 'put' && op !== 'get' && op !== 'cas' && op !== 'del') refuse(`${at}.op`, 'put, get, cas or del', op);
  if (typeof k !== 'string') refuse(`${at}.k`, 'a string', k);
  const call = number(fields, 'call', at);
  const ret = fields['ret'] === null ? undefined : number(fields, 'ret', at);
  if (ret !== undefined && ret < call) refuse(`${at}.ret`, 'an instant at or after its call', ret);
  const v = optional<string>(fields, 'v', at, 'string');
  if (v === undefined && (op === 'put' || op === 'cas')) refuse(`${at}.v`, 'a string', v);
  return {
    c: number(fields, 'c', at),
    call,
    ret,
    op,
    k,
    v,
    exp: optional<number>(fields, 'exp', at, 'number') ?? 0,
    rev: optional<number>(fields, 'rev', at, 'number'),
    ok: optional<boolean>(fields, 'ok', at, 'boolean') ?? false,
    gv: optional<string>(fields, 'gv', at, 'string'),
    gm: optional<number>(fields, 'gm', at, 'number'),
  };
}

/** Reads one line's JSON; throws a VectorError that names the field. */
export function readHistory(value: unknown): RecordedHistory {
  if (!isObject(value)) refuse('the line', 'an object', value);
  const { id = '?', origin = '', verdict, ops } = value;
  if (!Array.isArray(ops)) refuse('ops', 'a list', ops);
  if (verdict !== undefined && verdict !== 'ok' && verdict !== 'illegal') refuse('verdict', 'ok or illegal', verdict);
  return { id: String(id), origin: String(origin), verdict, ops: ops.map((each, i) => readOperation(each, `ops[${i}]`)) };
}
