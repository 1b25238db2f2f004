/** PHOLD in windows: every event does a little work and makes one more, one in twenty on the other half of the hosts. Two threads against one, by events a window. */

import type { Context, CreateHost, Host, Message, WorldSpec } from '#sim';
import { messageKind, purpose } from '#sim';
import { runSharded } from '#workers';

interface Ball extends Message {
  readonly kind: 'Ball';
  readonly hits: number;
}
messageKind<Ball>({
  kind: 'Ball',
  digest: (m, hasher) => hasher.int(m.hits),
  pack: (m, out) => out.int(m.hits),
  unpack: (from) => ({ kind: 'Ball', hits: from.int() }),
});

const HOSTS = 64;
const BALLS = 16;
const REMOTE = 0.05;
const HIT = purpose('bench/hit');

class Player implements Host {
  readonly #mean: number;

  constructor(mean: number) {
    this.#mean = mean;
  }

  start(ctx: Context): void {
    for (let ball = 0; ball < BALLS; ball++) ctx.after(this.#delay(ctx, ball), { kind: 'Ball', hits: 0 } as Ball);
  }

  receive(message: Message, ctx: Context): void {
    const hits = (message as Ball).hits + 1;
    const luck = ctx.chance.uniform(HIT, ctx.self, hits, ctx.now);
    const ball: Ball = { kind: 'Ball', hits };
    if (luck < REMOTE) ctx.send((ctx.self + HOSTS / 2) % HOSTS, ball);
    else ctx.after(this.#delay(ctx, hits), ball);
  }

  #delay(ctx: Context, n: number): number {
    return 1 + 2 * this.#mean * ctx.chance.uniform(HIT, ctx.self, n, ctx.now + 1);
  }
}

export const playerBuilder =
  (mean: unknown): CreateHost =>
  () =>
    new Player(mean as number);

const builder = { module: import.meta.url, export: 'playerBuilder' };
const LOOKAHEAD_US = 1000;

/** Two threads' speed over one's, for windows of about so many events on each of the two shards. */
export async function shardSpeedUps(sizes: readonly number[]): Promise<{ events: number; ratio: number; window: number }[]> {
  const found: { events: number; ratio: number; window: number }[] = [];
  for (const events of sizes) {
    const mean = (LOOKAHEAD_US * (HOSTS / 2) * BALLS) / events;
    const until = Math.round(((6_000_000 / HOSTS / BALLS) * mean) / 1e6) * 1e6;
    const world: WorldSpec = {
      seed: 1,
      epoch: 0,
      hosts: Array.from({ length: HOSTS }, (_, id) => ({
        name: `player-${id}`,
        program: 'player',
        config: null,
        group: 'player',
        zone: 'z',
      })),
      links: [{ from: '*', to: '*', latencyMin: LOOKAHEAD_US }],
      changes: [],
      until: Math.max(1e6, until),
      bucket: 10e6,
    };
    const run = (shards: number) =>
      runSharded(world, {
        shards,
        builder: { ...builder, argument: mean },
        placement: Int32Array.from({ length: HOSTS }, (_, id) => (shards === 1 || id < HOSTS / 2 ? 0 : 1)),
      });
    let ratio = 0;
    let window = 0;
    for (let attempt = 0; attempt < 3; attempt++) {
      const [one, two] = [await run(1), await run(2)];
      if (one.digest !== two.digest) throw new Error('one and two shards disagree');
      ratio = Math.max(ratio, one.shards.runSeconds / two.shards.runSeconds);
      window = two.shards.meanWindowMs;
    }
    found.push({ events, ratio, window });
  }
  return found;
}
