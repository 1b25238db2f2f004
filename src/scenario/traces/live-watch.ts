/** Follows one resource of a live API server: list, then watch from there. A watch that ends is begun again where it stood; when the server no longer knows that
 *  place (410), it lists anew and tells what changed meanwhile. Mirrors client-go v1.34 tools/cache/reflector.go in what is told, not in its caches. */

import { setTimeout as pause } from 'node:timers/promises';
import { type KubeObject, RESOURCES, type Resource } from '#api';
import { type Endpoint, getFrom } from './api-endpoint.ts';
import { identityOf, type ObjectChange } from './object-change.ts';

export interface WatchHandlers {
  readonly changed: (change: ObjectChange) => void;
  /** Told once all that was there has been told. */
  readonly listed: (resource: Resource, objects: number) => void;
  /** A connection that was lost, in words; it goes on by itself. */
  readonly lost: (resource: Resource, why: string) => void;
}

const PAGE = 500;
const LEAST_PAUSE = 500;
const MOST_PAUSE = 30_000;

/** The server would not let us in, or has no such resource: trying again does not help. */
export class RefusedError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

class GoneError extends Error {}

interface Status {
  readonly code?: number;
  readonly message?: string;
}

export class LiveWatch {
  readonly #endpoint: Endpoint;
  readonly #resource: Resource;
  readonly #handlers: WatchHandlers;
  readonly #signal: AbortSignal;
  readonly #path: string;
  readonly #type: { readonly apiVersion: string; readonly kind: string };
  readonly #known = new Map<string, KubeObject>();
  #version = '';
  #wait = LEAST_PAUSE;

  constructor(endpoint: Endpoint, resource: Resource, handlers: WatchHandlers, signal: AbortSignal) {
    this.#endpoint = endpoint;
    this.#resource = resource;
    this.#handlers = handlers;
    this.#signal = signal;
    const info = RESOURCES.find((one) => one.resource === resource);
    if (info === undefined) throw new Error(`no resource is called ${resource}`);
    this.#path = `${info.group === '' ? '/api' : '/apis'}/${info.apiVersion}/${info.plural}`;
    this.#type = { apiVersion: info.apiVersion, kind: info.kind };
  }

  /** Until the signal says so. Throws RefusedError when the first list is refused. */
  async follow(): Promise<void> {
    for (let isFirst = true; !this.#signal.aborted; ) {
      try {
        if (this.#version === '') {
          const objects = await this.#list();
          if (isFirst) this.#handlers.listed(this.#resource, objects);
          isFirst = false;
        }
        await this.#watch();
      } catch (error) {
        if (this.#signal.aborted) return;
        if (error instanceof GoneError) {
          this.#version = '';
          this.#handlers.lost(this.#resource, 'the server no longer knows where the watch stood (410): listing anew');
          continue;
        }
        if (error instanceof RefusedError && isFirst) throw error;
        this.#handlers.lost(this.#resource, reasonOf(error));
        await this.#rest();
      }
    }
  }

  async #rest(): Promise<void> {
    await pause(this.#wait, undefined, { signal: this.#signal }).catch(() => undefined);
    this.#wait = Math.min(MOST_PAUSE, this.#wait * 2);
  }

  async #list(): Promise<number> {
    const there = new Set<string>();
    let next = '';
    let version = '';
    do {
      const answer = await getFrom(
        this.#endpoint,
        `${this.#path}?limit=${PAGE}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`,
        this.#signal,
      );
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part as string;
      refuse(answer.statusCode ?? 0, text);
      const list = JSON.parse(text) as { metadata?: { resourceVersion?: string; continue?: string }; items?: readonly KubeObject[] | null };
      for (const item of list.items ?? []) {
        const object = { ...this.#type, ...item } as KubeObject;
        there.add(identityOf(object));
        this.#upsert(object);
      }
      next = list.metadata?.continue ?? '';
      version = list.metadata?.resourceVersion ?? '';
    } while (next !== '');
    for (const [key, object] of [...this.#known]) if (!there.has(key)) this.#tell('DELETED', key, object);
    this.#version = version;
    return there.size;
  }

  async #watch(): Promise<void> {
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${encodeURIComponent(this.#version)}`;
    const answer = await getFrom(this.#endpoint, `${this.#path}?${query}`, this.#signal);
    if (answer.statusCode !== 200) {
      let text = '';
      for await (const part of answer.setEncoding('utf8')) text += part as string;
      refuse(answer.statusCode ?? 0, text);
    }
    this.#wait = LEAST_PAUSE;
    let rest = '';
    for await (const part of answer.setEncoding('utf8')) {
      rest += part as string;
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.#event(line);
    }
  }

  #event(line: string): void {
    const { type, object } = JSON.parse(line) as { type: string; object: KubeObject & Status };
    if (type === 'ERROR') {
      if (object.code === 410) throw new GoneError();
      throw new Error(object.message ?? 'the watch ended with an error');
    }
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#tell('DELETED', identityOf(object), object);
    else this.#upsert(object);
  }

  #upsert(object: KubeObject): void {
    const key = identityOf(object);
    const before = this.#known.get(key);
    if (before?.metadata?.resourceVersion === object.metadata?.resourceVersion && before !== undefined) return;
    // Another uid: it was deleted and made again while nobody watched.
    if (before !== undefined && before.metadata?.uid !== object.metadata?.uid) this.#tell('DELETED', key, before);
    this.#tell(this.#known.has(key) ? 'MODIFIED' : 'ADDED', key, object);
  }

  #tell(type: ObjectChange['type'], key: string, object: KubeObject): void {
    if (type === 'DELETED') this.#known.delete(key);
    else this.#known.set(key, object);
    this.#handlers.changed({ seconds: Date.now() / 1000, type, object });
  }
}

function refuse(status: number, text: string): void {
  if (status === 200) return;
  let message = `HTTP ${status}`;
  try {
    message = `${(JSON.parse(text) as Status).message ?? ''} (HTTP ${status})`.trim();
  } catch {
    // A proxy's page says nothing that helps.
  }
  if (status === 410) throw new GoneError();
  // Busy servers and servers that restart are asked again.
  if (status === 429 || status >= 500) throw new Error(message);
  throw new RefusedError(status, message);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}
