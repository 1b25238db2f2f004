/** Between HTTP and the door: hands requests in, with a number each, and brings answers and events to whoever waits for them. */

import type { WatchEvent } from '#api';
import type { DoorListener } from './door-host.ts';
import type { Asked, DoorClose, DoorRequest } from './door-messages.ts';
import type { Driver } from './driver.ts';
import type { LiveRun } from './live-run.ts';

export interface Answer {
  readonly code: number;
  readonly object: unknown;
}

/** Reads one watch. Both are called while the simulation runs. */
export interface WatchReader {
  opened(answer: Answer): void;
  events(events: readonly WatchEvent[], closed: boolean): void;
}

export interface Ticket {
  /** The client is gone. */
  close(): void;
}

interface Waiting {
  readonly answered: (answer: Answer) => void;
  readonly reader: WatchReader | undefined;
  /** Of a watch: its first answer is out. */
  isOpen: boolean;
}

/** What clients are told whose cluster was replaced under them. */
const REPLACED: Answer = {
  code: 503,
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'another state of the cluster was loaded',
    reason: 'ServiceUnavailable',
    code: 503,
  },
};

export class Gate implements DoorListener {
  private readonly waiting = new Map<number, Waiting>();
  private ids = 0;
  /** Nobody comes in while a snapshot is lived through again: it would be another life. */
  isShut = false;
  private target: { readonly run: LiveRun; readonly driver: Driver } | undefined;

  lead(run: LiveRun, driver: Driver): void {
    this.target = { run, driver };
  }

  /** Ids go on where a loaded run had come to: its door knows those. */
  continueFrom(id: number): void {
    this.ids = Math.max(this.ids, id);
  }

  /** Watches and requests that are open. */
  get size(): number {
    return this.waiting.size;
  }

  ask(asked: Asked): { readonly ticket: Ticket; readonly answer: Promise<Answer> } {
    const { promise: answer, resolve: answered } = Promise.withResolvers<Answer>();
    return { ticket: this.put(asked, { answered, reader: undefined, isOpen: false }), answer };
  }

  watch(asked: Asked, reader: WatchReader): Ticket {
    return this.put(asked, { answered: (answer) => reader.opened(answer), reader, isOpen: false });
  }

  /** Everybody who waits is sent away. */
  dismiss(): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { answered, reader, isOpen } of all) {
      if (isOpen) reader?.events([], true);
      else answered(REPLACED);
    }
  }

  answered(id: number, code: number, object: unknown): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    if (waiting.reader === undefined || code >= 300) this.waiting.delete(id);
    waiting.isOpen = true;
    waiting.answered({ code, object });
  }

  events(id: number, events: readonly WatchEvent[], closed: boolean): void {
    const reader = this.waiting.get(id)?.reader;
    if (closed) this.waiting.delete(id);
    reader?.events(events, closed);
  }

  private put(asked: Asked, waiting: Waiting): Ticket {
    if (this.isShut) {
      queueMicrotask(() => waiting.answered(REPLACED));
      return { close: () => undefined };
    }
    const id = ++this.ids;
    this.waiting.set(id, waiting);
    this.send({ kind: 'DoorRequest', id, asked });
    return {
      close: () => {
        if (!this.waiting.delete(id)) return;
        this.send({ kind: 'DoorClose', id });
      },
    };
  }

  private send(message: DoorRequest | DoorClose): void {
    const { run, driver } = this.target as { run: LiveRun; driver: Driver };
    run.send(run.doorId, message, driver.due);
    driver.wake();
  }
}
