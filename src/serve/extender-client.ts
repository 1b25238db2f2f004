/** Asks HTTP extenders as kube-scheduler v1.34 does (pkg/scheduler/extender.go, send): a POST of JSON, an answer of JSON; everything else is a failure, in
 *  the words of Go's HTTP client. */

import type { HostId, Message } from '#sim';
import { type AskExtender, type ExtenderReply, httpReply } from './http-extender.ts';

export interface Way {
  /** Into the simulation. */
  readonly send: (host: HostId, message: Message) => void;
  readonly begin: () => void;
  readonly end: () => void;
  /** Nobody is to be asked: the answers are known from a snapshot. */
  readonly isDeaf: () => boolean;
  /** Aborted when nobody serves any more. */
  readonly signal: AbortSignal;
}

/** No answer may be longer. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Real time; the scheduler's own time-out is shorter unless it is paused. */
const PATIENCE_MS = 30_000;

export const asker =
  (way: Way): AskExtender =>
  (host, from, { id, url, args }) => {
    if (way.isDeaf()) return;
    way.begin();
    void post(url, args, way.signal)
      .then((reply) => way.send(host, httpReply(from, { kind: 'ExtenderResponse', id, ...reply })))
      .finally(way.end);
  };

type Reply = Omit<ExtenderReply, 'kind' | 'id'>;

async function post(url: string, args: unknown, signal: AbortSignal): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(args),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    const text = await bounded(response);
    if (response.status !== 200) return { code: response.status, body: undefined };
    try {
      return { code: 200, body: JSON.parse(text) as unknown };
    } catch {
      return { code: 200, body: undefined, garbage: text.slice(0, 200) };
    }
  } catch (error) {
    return { code: 0, body: undefined, failure: reasonOf(error as Error) };
  }
}

async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > MOST_BYTES) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function reasonOf(error: Error): string {
  const cause = error.cause as
    | { readonly code?: string; readonly address?: string; readonly port?: number; readonly message?: string }
    | undefined;
  if (error.name === 'TimeoutError') return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  if (cause?.code === 'ECONNREFUSED') return `dial tcp ${cause.address}:${cause.port}: connect: connection refused`;
  if (cause?.code === 'ENOTFOUND') return 'dial tcp: lookup: no such host';
  if (cause?.code === 'ECONNRESET' || cause?.code === 'UND_ERR_SOCKET') return 'EOF';
  return cause?.message ?? error.message;
}
