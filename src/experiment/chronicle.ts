/** A run again with somebody who watches everything and writes down each change of each object: what `wavetank export` makes its files from. The watcher is one
 *  more client, so the digest is another than without it; what happens is decided as before. */

import { setImmediate } from 'node:timers/promises';
import type { Resource } from '#api';
import { type ApiClient, type ClientConfig, createApiClient, createInformerFactory, type InformerFactory } from '#client';
import type { ObjectChange, Scenario } from '#scenario';
import { type Context, type CreateHost, type Host, InProcessRun, type Message } from '#sim';
import { buildWorld, USERS } from './build-world.ts';
import { createHost } from './hosts.ts';
import type { RunProgress } from './run-scenario.ts';

const NAME = 'chronicle';

interface ChroniclerConfig {
  readonly client: ClientConfig;
  readonly resources: readonly Resource[];
}

class Chronicler implements Host {
  readonly #client: ApiClient<undefined>;
  readonly #informers: InformerFactory;
  readonly #changes: { readonly at: number; readonly type: ObjectChange['type']; readonly object: ObjectChange['object'] }[] = [];

  constructor({ client, resources }: ChroniclerConfig) {
    this.#client = createApiClient<undefined>(client);
    this.#informers = createInformerFactory(this.#client);
    for (const resource of resources)
      this.#informers.informer(resource).onEvent(({ type, object }, ctx) => {
        this.#changes.push({ at: ctx.now, type: type === 'add' ? 'ADDED' : type === 'update' ? 'MODIFIED' : 'DELETED', object });
      });
  }

  start(ctx: Context): void {
    this.#informers.start(ctx);
    ctx.record.keep(NAME, () => this.#changes);
  }

  receive(message: Message, ctx: Context): void {
    this.#client.receive(message, ctx);
  }
}

const createHosts: CreateHost = (spec, id, previous) =>
  spec.program === NAME ? new Chronicler(spec.config as ChroniclerConfig) : createHost(spec, id, previous);

export interface ChronicleOptions {
  readonly seed: number;
  readonly resources: readonly Resource[];
  readonly onProgress?: (progress: RunProgress) => void;
  readonly interrupted?: () => boolean;
}

/** Every change in the order in which the watcher heard of it, at seconds since the Unix epoch. */
export async function chronicleOf(scenario: Scenario, options: ChronicleOptions): Promise<readonly ObjectChange[]> {
  const { seed, resources, onProgress, interrupted } = options;
  const { world } = buildWorld(scenario, {
    seed,
    guests: (servers) => {
      const client: ClientConfig = { user: 'system:observer', servers, qps: 0, burst: 0 };
      return [{ name: NAME, program: NAME, config: { client, resources } satisfies ChroniclerConfig, ...USERS }];
    },
  });
  const began = performance.now();
  const run = new InProcessRun(world, createHosts, {
    onProgress: ({ at, until, events }) =>
      onProgress?.({ simulatedSeconds: at / 1e6, untilSeconds: until / 1e6, events, wallSeconds: (performance.now() - began) / 1e3 }),
    shouldStop: () => (interrupted?.() === true ? 'interrupted' : undefined),
  });
  for (let turn = performance.now(); run.step(); ) {
    if (performance.now() - turn < 40) continue;
    await setImmediate();
    turn = performance.now();
  }
  const kept = run.outcome().recorded.kept.find(({ name }) => name === NAME)?.data as readonly (Omit<ObjectChange, 'seconds'> & {
    at: number;
  })[];
  return kept.map(({ at, type, object }) => ({ seconds: (scenario.epoch + at) / 1e6, type, object }));
}
