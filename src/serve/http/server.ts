/** The HTTP port: limits, who may come in, and which room of the house answers. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { internalError } from '#api';
import { LiveEvents } from '../live-events.ts';
import type { Session } from '../session.ts';
import { type AccessRules, type Caller, callerOf, checkSite } from './access.ts';
import { handleApi } from './api-handler.ts';
import { handleControl } from './control-handler.ts';
import { Documents } from './documents.ts';
import { HttpFailure, notNow, unauthorized, wrongMethod } from './failures.ts';
import { sendPage, wantsPage } from './page-reply.ts';
import { sendStatus, sendText } from './reply.ts';

export interface ServerOptions extends AccessRules {
  readonly address: string;
  readonly port: number;
  readonly session: Session;
  readonly complain: (text: string) => void;
  /** How long a client may take for its headers, and for its whole request; looked at every so often. */
  readonly patience?: typeof PATIENCE;
}

/** A header section may be so long. */
const HEADER_BYTES = 64 * 1024;
const PATIENCE = { headersMs: 10_000, requestMs: 60_000, checkMs: 5_000 };
const KEEP_ALIVE_MS = 120_000;
const MOST_CONNECTIONS = 10_000;

export interface RunningServer {
  readonly port: number;
  readonly server: Server;
  stop(): Promise<void>;
}

/** Rejects with the system's error when the port cannot be had. */
export function startServer(options: ServerOptions): Promise<RunningServer> {
  const documents = new Documents();
  const live = new LiveEvents(options.session);
  const { headersMs, requestMs, checkMs } = options.patience ?? PATIENCE;
  const server = createServer({ maxHeaderSize: HEADER_BYTES, connectionsCheckingInterval: checkMs }, (request, response) => {
    void answer(request, response, { ...options, documents, live });
  });
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.maxConnections = MOST_CONNECTIONS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, () => {
      server.removeListener('error', reject);
      documents.openApi(options.session.run.apiServer);
      resolve({
        port: (server.address() as AddressInfo).port,
        server,
        stop: () =>
          new Promise((done) => {
            live.stop();
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
}

interface Rooms extends ServerOptions {
  readonly documents: Documents;
  readonly live: LiveEvents;
}

async function answer(request: IncomingMessage, response: ServerResponse, rooms: Rooms): Promise<void> {
  try {
    await route(request, response, rooms);
  } catch (error) {
    if (response.destroyed) return;
    if (error instanceof HttpFailure) {
      await sendStatus(request, response, error.status);
      return;
    }
    rooms.complain(`${request.method} ${request.url?.slice(0, 200)}: ${(error as Error).stack ?? String(error)}`);
    await sendStatus(request, response, internalError('this request caused the server to fail'));
  } finally {
    // What is left of a body that nobody read must not be taken for the next request.
    if (!request.readableEnded) request.resume();
  }
}

function urlOf(request: IncomingMessage): URL {
  // Only the path matters: whatever host it names.
  return new URL(`http://wavetank${request.url?.startsWith('/') === true ? request.url : '/'}`);
}

async function route(request: IncomingMessage, response: ServerResponse, rooms: Rooms): Promise<void> {
  const { session, documents, live } = rooms;
  checkSite(request, rooms);
  const caller: Caller = callerOf(request, rooms);
  const url = urlOf(request);
  if (/^\/wavetank(\/|$)/.test(url.pathname)) {
    if (!caller.isAdministrator) throw new HttpFailure(unauthorized());
    if (await handleControl({ request, response, url, session, live })) return;
    return sendText(request, response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
  }
  if (session.isLoading) throw new HttpFailure(notNow('a snapshot is being loaded'));
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  if (isRead && url.pathname === '/' && wantsPage(request.headers.accept)) return sendPage(request, response);
  if (isRead && (await documents.answer(request, response, url, session))) return;
  if (await handleApi({ request, response, url, caller, session, documents })) return;
  if (!isRead && url.pathname === '/') throw new HttpFailure(wrongMethod());
  await sendText(request, response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
}
