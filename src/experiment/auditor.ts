/** Watches what invariants are about and, when the run is over, judges what it saw by all of them (`--check`). It keeps every version of every object:
 *  meant for runs of some thousand pods. One more watcher takes part in the run, so that its digest is another than without. */

import type { ClientConfig, InformerFactory } from '#client';
import { createApiClient, createInformerFactory } from '#client';
import type { Context, Host, Message, RecordedRun } from '#sim';
import { finalState, restless } from './fuzz/final-state.ts';
import { type Sights, sightsOf } from './fuzz/sights.ts';
import { historyOf, INVARIANT_RESOURCES, type Seen, type Settings, type Violation, violations } from './invariants/index.ts';

const NAME = 'invariants';

export interface AuditorConfig {
  readonly client: ClientConfig;
  readonly settings: Settings;
}

/** What the auditor has to say. */
export interface Audit {
  readonly changes: number;
  readonly violations: readonly Violation[];
  /** What the cluster has come to, comparable with another run's. */
  readonly finalState: readonly string[];
  /** Simulated microseconds without anything but heartbeats, at the end. */
  readonly quietFor: number;
  /** What was written in the last minute for all that; empty when that was quiet. */
  readonly restless: readonly string[];
  readonly sights: Sights;
}

export class Auditor implements Host {
  readonly #client;
  readonly #informers: InformerFactory;
  readonly #seen: Seen[] = [];
  readonly #settings: Settings;
  #last = 0;

  constructor({ client, settings }: AuditorConfig) {
    this.#client = createApiClient<undefined>(client);
    this.#informers = createInformerFactory(this.#client);
    this.#settings = settings;
    for (const resource of INVARIANT_RESOURCES)
      this.#informers.informer(resource).onEvent(({ type, object }, ctx) => {
        this.#seen.push({ at: ctx.now, type, resource, object });
      });
  }

  start(ctx: Context): void {
    this.#informers.start(ctx);
    ctx.record.keep(NAME, () => this.#judge());
  }

  receive(message: Message, ctx: Context): void {
    this.#last = ctx.now;
    this.#client.receive(message, ctx);
  }

  #judge(): Audit {
    const history = historyOf(this.#seen, this.#last, this.#settings);
    return {
      changes: this.#seen.length,
      violations: violations(history),
      finalState: finalState(history),
      quietFor: history.quietFor,
      restless: restless(history),
      sights: sightsOf(history),
    };
  }
}

/** undefined when the run had no auditor. */
export function auditOf(recorded: RecordedRun): Audit | undefined {
  return recorded.kept.find(({ name }) => name === NAME)?.data as Audit | undefined;
}
