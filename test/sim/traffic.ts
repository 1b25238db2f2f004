/** Hosts that do everything a host can do, decided by nothing but luck keyed by cause: the traffic of the engine's own tests. */

import type { Context, Host, HostId, HostSpec, Message, Timer, WorldSpec } from '#sim';
import { messageKind, purpose } from '#sim';

export interface Chatter extends Message {
  readonly kind: 'Chatter';
  readonly hops: number;
  readonly text: string;
  readonly template?: object;
}
messageKind<Chatter>({
  kind: 'Chatter',
  digest(m, hasher) {
    hasher.int(m.hops);
    hasher.string(m.text);
  },
  bytes: (m) => 100 + m.text.length,
  pack(m, out) {
    out.int(m.hops);
    out.name(m.text);
    out.shared(m.template);
  },
  unpack: (from) => ({ kind: 'Chatter', hops: from.int(), text: from.name(), template: from.shared() }),
});
/** The same without a packed form: crosses as MessagePack. */
export interface Rare extends Message {
  readonly kind: 'Rare';
  readonly hops: number;
  readonly body: { readonly list: readonly number[]; readonly note?: string };
}
messageKind<Rare>({
  kind: 'Rare',
  digest(m, hasher) {
    hasher.int(m.hops);
    for (const item of m.body.list) hasher.number(item);
    hasher.string(m.body.note ?? '');
  },
});

const CHOICE = purpose('test/choice');
const templates = [{ spec: { cpu: 1 } }, { spec: { cpu: 2 } }];

export interface ChatterConfig {
  /** Hosts it may speak to. */
  readonly peers: readonly HostId[];
  readonly hops: number;
  /** Delays are multiples of this: a coarse grain makes many events fall on one instant. */
  readonly grain?: number;
  /** Ends the run at its n-th message. */
  readonly stopAt?: number;
}

export class ChatterHost implements Host {
  readonly #config: ChatterConfig;
  #seen: number;
  #timer: Timer | undefined;

  constructor(config: ChatterConfig, seen = 0) {
    this.#config = config;
    this.#seen = seen;
  }

  get seen(): number {
    return this.#seen;
  }

  start(ctx: Context): void {
    ctx.record.counter('starts').add();
    ctx.record.gauge('seen').set(this.#seen);
    ctx.after(this.#delay(this.#draw(ctx, 1) % 500), { kind: 'Chatter', hops: this.#config.hops, text: 'start' } as Chatter);
  }

  receive(message: Message, ctx: Context): void {
    const { hops } = message as Chatter | Rare;
    this.#seen++;
    ctx.record.gauge('seen').set(this.#seen);
    ctx.record.histogram('hops').observe(hops);
    if (this.#seen === this.#config.stopAt) ctx.stop(`host ${ctx.self} had enough`);
    if (hops <= 0) return;
    const count = 1 + (this.#draw(ctx, 2) % 2);
    for (let i = 0; i < count; i++) this.#act(ctx, hops - 1, i);
  }

  #act(ctx: Context, hops: number, i: number): void {
    const draw = this.#draw(ctx, 10 + i);
    const next: Chatter = { kind: 'Chatter', hops, text: `m${(ctx.clock() + draw) % 97}`, template: templates[draw % 3] };
    const peer = this.#config.peers[draw % Math.max(1, this.#config.peers.length)];
    switch (draw % 8) {
      case 0:
        this.#timer = ctx.after(this.#delay(draw % 1000), next);
        break;
      case 1:
        if (this.#timer !== undefined) ctx.cancel(this.#timer);
        ctx.after(0, next);
        break;
      case 2:
        ctx.fsync(draw % 5000, next);
        break;
      case 3:
        if (peer !== undefined) ctx.send(peer, next, ctx.charge((draw % 1000) / 7));
        break;
      case 4:
        if (peer !== undefined)
          ctx.send(peer, { kind: 'Rare', hops, body: { list: [draw, draw / 3], note: draw % 2 ? 'odd' : undefined } } as Rare);
        break;
      default:
        if (peer !== undefined) ctx.send(peer, next, this.#delay(draw % 50));
    }
    if (draw % 16 === 0) ctx.record.span(`subject-${draw % 5}`, 'act', ctx.now, draw % 100);
  }

  #delay(duration: number): number {
    const grain = this.#config.grain ?? 1;
    return Math.floor(duration / grain) * grain;
  }

  #draw(ctx: Context, n: number): number {
    return Math.floor(ctx.chance.uniform(CHOICE, ctx.self, this.#seen, n) * 2 ** 30);
  }
}

export const createChatter = (spec: HostSpec, _id: HostId, previous?: Host): Host =>
  new ChatterHost(spec.config as ChatterConfig, previous instanceof ChatterHost ? previous.seen : 0);

/** For worker threads: the builder that a shard's main imports. */
export const chatterBuilder = (): typeof createChatter => createChatter;

/** A world of `count` hosts in which everybody speaks to everybody. */
export function chatterWorld(count: number, changes: Partial<WorldSpec> = {}, config: Partial<ChatterConfig> = {}): WorldSpec {
  const everyone = Array.from({ length: count }, (_, id) => id);
  return {
    seed: 1,
    epoch: 1_700_000_000_000_000,
    hosts: everyone.map((id) => ({
      name: `host-${id}`,
      program: 'chatter',
      config: { peers: everyone.filter((peer) => peer !== id), hops: 12, ...config },
      group: id % 2 === 0 ? 'even' : 'odd',
      zone: `zone-${id % 3}`,
    })),
    links: [{ from: '*', to: '*', latencyMin: 100 }],
    changes: [],
    until: 3_000_000,
    bucket: 100_000,
    ...changes,
  };
}

/** Host 4 throws at its first message. */
export const failingBuilder = (): typeof createChatter => (spec, id, previous) => {
  const host = createChatter(spec, id, previous);
  if (id !== 4) return host;
  return {
    start: (ctx) => host.start?.(ctx),
    receive() {
      throw new Error('host-4 fails');
    },
  };
};
/** Host 1 ends its thread at its first message, without an error. */
export const dyingBuilder = (): typeof createChatter => (spec, id, previous) => {
  const host = createChatter(spec, id, previous);
  return id !== 1 ? host : { start: (ctx) => host.start?.(ctx), receive: () => process.exit(3) };
};
