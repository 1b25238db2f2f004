/** Looks for members whose data differ, though all applied the same log: once when a member starts, and now and then by the leader. Who differs is told
 *  of by the alarm CORRUPT, and from then on nothing is written. Mirrors etcd 3.6 server/etcdserver/corrupt.go. Also what damages data: a bit that flips in
 *  a member's store. The hash is of keys and values as they are at a revision; upstream's is also of the history that compaction has left. */

import { type Context, type Duration, type HostId, hashText, type Message, messageKind, purpose } from '#sim';
import { HASH_KEY_CPU } from './costs.ts';
import type { MvccStore } from './mvcc/store.ts';
import type { KeyValue } from './protocol.ts';

/** Told by a fault: a bit of the store flips. `prefix`: of a key that begins so. */
export interface FlipBit extends Message {
  readonly kind: 'EtcdFlipBit';
  readonly prefix?: string;
}
export const flipBit = (prefix?: string): FlipBit => ({ kind: 'EtcdFlipBit', ...(prefix === undefined ? {} : { prefix }) });

/** HashKV between peers (api/v3rpc/maintenance.go). */
interface HashAsk extends Message {
  readonly kind: 'EtcdHashAsk';
  readonly revision: number;
  /** A check at the asker's start. */
  readonly initial: boolean;
}
interface HashTold extends Message {
  readonly kind: 'EtcdHashTold';
  readonly asked: number;
  readonly initial: boolean;
  readonly hash: number;
  /** -1: it does not know that revision. */
  readonly revision: number;
  readonly compactRevision: number;
}
interface CorruptCheck extends Message {
  readonly kind: 'EtcdCorruptCheck';
}
messageKind<FlipBit>({
  kind: 'EtcdFlipBit',
  digest(m, hasher) {
    hasher.string(m.prefix ?? '');
  },
});
messageKind<HashAsk>({
  kind: 'EtcdHashAsk',
  digest(m, hasher) {
    hasher.int(m.revision);
  },
});
messageKind<HashTold>({
  kind: 'EtcdHashTold',
  digest(m, hasher) {
    hasher.int(m.asked);
    hasher.int(m.hash);
    hasher.int(m.revision);
  },
});
messageKind<CorruptCheck>({ kind: 'EtcdCorruptCheck', digest() {} });

const FLIP = purpose('etcd/flip-bit');

/** What the checks need of their member. */
export interface Suspect {
  readonly store: MvccStore;
  readonly isLeader: boolean;
  /** Raises CORRUPT for a member. */
  alarm(member: HostId, ctx: Context): void;
  /** Ends the process. */
  panic(why: string, ctx: Context): void;
}

// Members of one run share values: each is read once.
const hashes = new WeakMap<object, number>();

function hashOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return hashText(String(value));
  let hash = hashes.get(value);
  if (hash === undefined) {
    hash = hashText(JSON.stringify(value));
    hashes.set(value, hash);
  }
  return hash;
}

const everything = (store: MvccStore, revision: number): KeyValue[] => {
  const kvs: KeyValue[] = [];
  store.range('', '\0', revision, 0, kvs);
  return kvs;
};

function hashAt(store: MvccStore, revision: number, ctx: Context): number {
  const kvs = everything(store, revision);
  ctx.charge(Math.round(kvs.length * HASH_KEY_CPU));
  let hash = 0;
  for (const { key, value, modRevision, version } of kvs)
    hash = (Math.imul(hash ^ hashText(key), 0x01000193) ^ hashOf(value) ^ Math.imul(modRevision, 31) ^ version) >>> 0;
  return hash;
}

/** The value with one bit of one of its texts flipped; metadata is spared as long as there is something else. */
function flipped(value: unknown, draw: number): unknown {
  if (typeof value === 'string') {
    if (value === '') return '\u0001';
    const at = Math.floor(draw * value.length);
    return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
  }
  if (typeof value === 'number') return value ^ 1;
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Object.keys(value).filter((key) => (value as Readonly<Record<string, unknown>>)[key] !== undefined);
  const own = keys.filter((key) => key !== 'metadata' && key !== 'kind' && key !== 'apiVersion');
  // The last member of all that has something to flip: data stand behind names.
  for (const key of [...keys.filter((one) => !own.includes(one)), ...own].reverse()) {
    const changed = flipped((value as Readonly<Record<string, unknown>>)[key], draw);
    if (changed === undefined) continue;
    if (Array.isArray(value)) return value.map((one, i) => (String(i) === key ? changed : one));
    return { ...value, [key]: changed };
  }
  return undefined;
}

export class CorruptionChecks {
  private readonly member: Suspect;
  private readonly peers: readonly HostId[];
  private readonly interval: Duration;
  private asked: { readonly revision: number; readonly compactRevision: number; readonly hash: number } | undefined;

  /** `interval`: --corrupt-check-time; 0: never. */
  constructor(member: Suspect, peers: readonly HostId[], interval: Duration) {
    this.member = member;
    this.peers = peers;
    this.interval = interval;
  }

  start(isInitial: boolean, ctx: Context): void {
    if (this.interval > 0) ctx.after(this.interval, { kind: 'EtcdCorruptCheck' } as CorruptCheck);
    if (isInitial) this.ask(true, ctx);
  }

  receive(message: Message, ctx: Context): boolean {
    switch (message.kind) {
      case 'EtcdFlipBit':
        this.flip(message as FlipBit, ctx);
        return true;
      case 'EtcdCorruptCheck':
        ctx.after(this.interval, message);
        if (this.member.isLeader) this.ask(false, ctx);
        return true;
      case 'EtcdHashAsk':
        this.tell(message as HashAsk, ctx);
        return true;
      case 'EtcdHashTold':
        this.compare(message as HashTold, ctx);
        return true;
      default:
        return false;
    }
  }

  private flip({ prefix = '' }: FlipBit, ctx: Context): void {
    const { store } = this.member;
    const kvs = everything(store, 0).filter(({ key }) => key.startsWith(prefix));
    const kv = kvs[Math.floor(ctx.chance.uniform(FLIP, ctx.self, ctx.now) * kvs.length)];
    if (kv === undefined) return ctx.record.mark('etcd data corrupted', `nothing is stored${prefix === '' ? '' : ` under ${prefix}`}`);
    store.damage(kv.key, flipped(kv.value, ctx.chance.uniform(FLIP, ctx.self, -1 - ctx.now)));
    ctx.record.mark('etcd data corrupted', kv.key);
  }

  private ask(initial: boolean, ctx: Context): void {
    const { store } = this.member;
    const { revision, compactRevision } = store;
    this.asked = { revision, compactRevision, hash: hashAt(store, revision, ctx) };
    for (const peer of this.peers) if (peer !== ctx.self) ctx.send(peer, { kind: 'EtcdHashAsk', revision, initial } as HashAsk);
  }

  private tell({ revision, initial }: HashAsk, ctx: Context): void {
    const { store } = this.member;
    const knows = revision <= store.revision && revision >= store.compactRevision;
    const told: HashTold = {
      kind: 'EtcdHashTold',
      asked: revision,
      initial,
      hash: knows ? hashAt(store, revision, ctx) : 0,
      revision: knows ? store.revision : -1,
      compactRevision: store.compactRevision,
    };
    ctx.send(ctx.source, told);
  }

  private compare({ asked, initial, hash, revision, compactRevision }: HashTold, ctx: Context): void {
    const own = this.asked;
    // Compacted at different revisions, histories are not alike.
    if (own === undefined || own.revision !== asked || revision < 0 || compactRevision !== own.compactRevision || hash === own.hash) return;
    if (initial) return this.member.panic('found data inconsistency with peers', ctx);
    if (this.member.isLeader) this.member.alarm(ctx.source, ctx);
  }
}
