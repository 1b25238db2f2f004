/** Writes answers: small ones whole, lists piece by piece so that neither memory nor the event loop has to hold a hundred thousand pods at once, gzipped when
 *  the client takes it and it pays (from 128 KiB on, as apiserver v1.34 pkg/endpoints/handlers/responsewriters/writers.go). */

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { createGzip, constants as zlib } from 'node:zlib';
import { stringify } from 'yaml';
import type { StatusObject } from '#api';
import { takesGzip } from './accept.ts';

const GZIP_FROM = 128 * 1024;
const SLICE_MS = 6;
const PIECE = 64 * 1024;
/** So much may wait to be sent before no more is made: each wait costs a turn of the event loop, which simulated time shares. */
const MOST_WAITING = 4 * 1024 * 1024;

const BASE = { 'Cache-Control': 'no-cache, private' };

/** An answer as a list of pieces that are made one by one. */
interface Pieces {
  readonly code: number;
  readonly contentType: string;
  readonly pieces: Iterable<string>;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export async function sendPieces(request: IncomingMessage, response: ServerResponse, answer: Pieces): Promise<void> {
  const headers: Record<string, string | string[]> = { ...BASE, 'Content-Type': answer.contentType };
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers[name] = typeof value === 'string' ? value : [...value];
  const iterator = answer.pieces[Symbol.iterator]();
  const first: string[] = [];
  let length = 0;
  let next = iterator.next();
  while (!next.done && length < GZIP_FROM) {
    first.push(next.value);
    length += next.value.length;
    next = iterator.next();
  }
  if (next.done) {
    const body = Buffer.from(first.join(''));
    if (response.destroyed) return;
    if (body.length < GZIP_FROM || !takesGzip(request.headers['accept-encoding'])) {
      response
        .writeHead(answer.code, { ...headers, 'Content-Length': String(body.length) })
        .end(request.method === 'HEAD' ? undefined : body);
      return;
    }
  }
  const isGzipped = takesGzip(request.headers['accept-encoding']);
  response.writeHead(answer.code, { ...headers, Vary: 'Accept-Encoding', ...(isGzipped ? { 'Content-Encoding': 'gzip' } : {}) });
  const sink = isGzipped ? createGzip({ level: zlib.Z_BEST_SPEED }) : response;
  if (sink !== response) sink.pipe(response);
  response.on('close', () => sink.destroy());
  let began = performance.now();
  let buffered = first;
  const flush = async (): Promise<void> => {
    sink.write(buffered.join(''));
    buffered = [];
    length = 0;
    if (sink.writableLength < MOST_WAITING || sink.destroyed) return;
    // Whichever does not come takes its listeners with it: a long list waits often.
    const waiting = new AbortController();
    const { signal } = waiting;
    await Promise.race([once(sink, 'drain', { signal }), once(response, 'close', { signal })]).finally(() => waiting.abort());
  };
  for (; !next.done && !response.destroyed; next = iterator.next()) {
    buffered.push(next.value);
    length += next.value.length;
    if (length >= PIECE) await flush();
    if (performance.now() - began < SLICE_MS) continue;
    await setImmediate();
    began = performance.now();
  }
  if (response.destroyed) return;
  if (buffered.length > 0) sink.write(buffered.join(''));
  sink.end();
}

/** An object with a long list in it, as pieces: `{...head,"items":[...]}`. */
export function* listPieces(head: object, key: string, items: Iterable<unknown>): Generator<string> {
  const text = JSON.stringify(head);
  yield `${text.slice(0, -1)}${text.length > 2 ? ',' : ''}${JSON.stringify(key)}:[`;
  let separator = '';
  for (const item of items) {
    yield separator + (JSON.stringify(item) ?? 'null');
    separator = ',';
  }
  yield ']}\n';
}

export interface ReplyOptions {
  readonly encoding?: 'json' | 'yaml';
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

export function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  object: unknown,
  { encoding = 'json', headers }: ReplyOptions = {},
): Promise<void> {
  const isYaml = encoding === 'yaml';
  const contentType = isYaml ? 'application/yaml' : 'application/json';
  const body = isYaml ? stringify(object, { aliasDuplicateObjects: false }) : `${JSON.stringify(object) ?? 'null'}\n`;
  return sendPieces(request, response, { code, contentType, pieces: [body], headers });
}

export function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  contentType: string,
  text: string,
): Promise<void> {
  return sendPieces(request, response, { code, contentType, pieces: [text] });
}

/** A Status as upstream writes it: with metadata, and the time to wait as a header too. */
export function sendStatus(
  request: IncomingMessage,
  response: ServerResponse,
  status: StatusObject,
  options: ReplyOptions = {},
): Promise<void> {
  if (response.headersSent) {
    response.destroy();
    return Promise.resolve();
  }
  const { kind, apiVersion, ...rest } = status;
  const wait = status.details?.retryAfterSeconds;
  const headers = { ...options.headers, ...(wait === undefined ? {} : { 'Retry-After': String(wait) }) };
  return sendObject(request, response, status.code, { kind, apiVersion, metadata: {}, ...rest }, { ...options, headers });
}
