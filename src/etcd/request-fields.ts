/** The fields of etcd's requests (api/etcdserverpb/rpc.proto, 3.6), and of the recorder's own steps, as recordings write them: a field that no request
 *  has, or a value of another type, is a mistake of the file and not a request to be played. */

import type { Wire } from './wire.ts';

/** The field of a vector that is not as FORMAT.md has it. */
export class VectorError extends Error {}

export function refuse(field: string, expected: string, found: unknown): never {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 40);
  throw new VectorError(`${field}: expected ${expected}, found ${shown}`);
}

export function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Refuses a member that nothing reads. */
export function onlyKnown(value: Wire, known: readonly string[], at: string): void {
  for (const name in value) {
    if (!known.includes(name)) throw new VectorError(`${at === '' ? '' : `${at}.`}${name}: is unknown; expected ${known.join(', ')}`);
  }
}

/** A field: bytes, a whole number, a boolean, one of some names, a message, or a list of names or messages. */
type Field = 'bytes' | 'integer' | 'boolean' | readonly string[] | Message | { readonly list: Field };
interface Message {
  readonly fields: Readonly<Record<string, Field>>;
  /** Fields of which exactly one is set. */
  readonly oneOf?: boolean;
}

const PUT: Message = {
  fields: { key: 'bytes', value: 'bytes', lease: 'integer', prev_kv: 'boolean', ignore_value: 'boolean', ignore_lease: 'boolean' },
};
const RANGE: Message = {
  fields: {
    key: 'bytes',
    range_end: 'bytes',
    limit: 'integer',
    revision: 'integer',
    sort_order: ['NONE', 'ASCEND', 'DESCEND'],
    sort_target: ['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE'],
    serializable: 'boolean',
    keys_only: 'boolean',
    count_only: 'boolean',
    min_mod_revision: 'integer',
    max_mod_revision: 'integer',
    min_create_revision: 'integer',
    max_create_revision: 'integer',
  },
};
const DELETE_RANGE: Message = { fields: { key: 'bytes', range_end: 'bytes', prev_kv: 'boolean' } };
const COMPARE: Message = {
  fields: {
    key: 'bytes',
    range_end: 'bytes',
    result: ['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL'],
    target: ['VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE'],
    version: 'integer',
    create_revision: 'integer',
    mod_revision: 'integer',
    value: 'bytes',
    lease: 'integer',
  },
};
const OPERATION: Message = {
  oneOf: true,
  fields: {
    request_put: PUT,
    request_range: RANGE,
    request_delete_range: DELETE_RANGE,
    // A transaction may stand in a transaction.
    get request_txn(): Message {
      return TXN;
    },
  },
};
const TXN: Message = { fields: { compare: { list: COMPARE }, success: { list: OPERATION }, failure: { list: OPERATION } } };
const BY_ID: Message = { fields: { ID: 'integer' } };
const OF_STREAM: Message = { fields: { stream: 'integer' } };

const REQUESTS: Readonly<Record<string, Message>> = {
  put: PUT,
  range: RANGE,
  delete_range: DELETE_RANGE,
  txn: TXN,
  compact: { fields: { revision: 'integer', physical: 'boolean' } },
  lease_grant: { fields: { ID: 'integer', TTL: 'integer' } },
  lease_revoke: BY_ID,
  lease_keep_alive: BY_ID,
  lease_time_to_live: { fields: { ID: 'integer', keys: 'boolean' } },
  lease_leases: { fields: {} },
  wait_lease_expired: BY_ID,
  watch_create: {
    fields: {
      stream: 'integer',
      key: 'bytes',
      range_end: 'bytes',
      start_revision: 'integer',
      filters: { list: ['NOPUT', 'NODELETE'] },
      prev_kv: 'boolean',
      fragment: 'boolean',
      progress_notify: 'boolean',
      watch_id: 'integer',
    },
  },
  watch_cancel: { fields: { stream: 'integer', watch_id: 'integer' } },
  watch_progress: OF_STREAM,
  watch_close_stream: OF_STREAM,
  kill_restart: { fields: { streams_closed: { list: 'integer' } } },
  bulk_put: { fields: { n: 'integer', key: 'bytes', value: 'bytes', first_revision: 'integer' } },
};

/** Refuses bytes that are none: every code unit is one byte. */
function checkBytes(value: unknown, at: string): void {
  if (typeof value !== 'string') refuse(at, 'a string', value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all bytes are allowed.
  if (/[^\x00-\xff]/.test(value)) refuse(at, 'one byte a character (latin-1)', value);
}

function checkField(value: unknown, field: Field, at: string): void {
  if (field === 'bytes') return checkBytes(value, at);
  if (field === 'integer') {
    if (!Number.isInteger(value)) refuse(at, 'a whole number', value);
  } else if (field === 'boolean') {
    if (typeof value !== 'boolean') refuse(at, 'a boolean', value);
  } else if ('list' in field) {
    if (!Array.isArray(value)) refuse(at, 'a list', value);
    value.forEach((each, i) => {
      checkField(each, field.list, `${at}[${i}]`);
    });
  } else if ('fields' in field) checkMessage(value, field, at);
  else if (!(field as readonly unknown[]).includes(value)) refuse(at, (field as readonly string[]).join(', '), value);
}

function checkMessage(value: unknown, message: Message, at: string): void {
  if (!isObject(value)) refuse(at, 'an object', value);
  onlyKnown(value, Object.keys(message.fields), at);
  const names = Object.keys(value);
  if (message.oneOf === true && names.length !== 1) refuse(at, 'exactly one request', value);
  for (const name of names) checkField(value[name], message.fields[name] as Field, `${at}.${name}`);
}

/** Checks a request whose bytes are written out; refuses with the name of the field. */
export function checkRequestFields(op: string, request: Wire, at: string): void {
  checkMessage(request, REQUESTS[op] as Message, at);
  if (op === 'bulk_put' && !((request['n'] as number) > 0)) refuse(`${at}.n`, 'a whole number above 0', request['n']);
  if (op === 'wait_lease_expired' && request['ID'] === undefined) refuse(`${at}.ID`, 'a whole number', undefined);
}
