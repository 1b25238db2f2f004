/** The network: decides when a message arrives, or that it never does. It stands for one TCP connection per (from, to): in order of the sends, unbroken by
 *  jitter. Luck is keyed by (from, to, the sender's counter), so a draw depends on the message alone. */

import type { Distribution } from './chance.ts';
import { sampleDistribution } from './distribution.ts';
import type { HostId } from './host.ts';
import { KeyedDraws, purpose } from './luck.ts';
import type { Message } from './message.ts';
import { kindOf } from './message.ts';
import type { Instant } from './time.ts';
import type { Topology } from './topology.ts';
import type { HostSelector, LinkSpec, WorldChange } from './world.ts';

/** Returned for a message that is lost. */
export const LOST = -1;

const LATENCY = purpose('sim/link-latency');
const LOSS = purpose('sim/link-loss');

interface Partition {
  readonly id: string;
  readonly a: HostSelector;
  readonly b: HostSelector;
  readonly oneWay: boolean;
}
interface Impairment {
  readonly id: string;
  readonly from: HostSelector;
  readonly to: HostSelector;
  readonly extraLatency?: Distribution;
  readonly loss: number;
  readonly bytesPerSecond?: number;
}
// One line of the table: which path, the arrival of its last message, its link's least latency, and the network's version at which it was plain (or -1).
const LAST = 1;
const LEAST = 2;
const PLAIN = 3;
const NOWHERE = -1;
/** More than there are hosts: a pair is one exact double. */
const KEY = 0x400000;

/** What holds between one pair of hosts now. */
interface Path {
  readonly from: HostId;
  readonly to: HostId;
  readonly link: LinkSpec;
  /** When the wire is free again. */
  freeAt: number;
  /** The network's version at which the fields below were true. */
  version: number;
  blocked: boolean;
  loss: number;
  bytesPerSecond: number | undefined;
  extra: readonly Distribution[];
  /** No jitter, loss, extra latency or bandwidth: the arrival needs no luck. */
  plain: boolean;
}

/** One shard's view of the network: the paths that start at its hosts. */
export class Network {
  readonly #topology: Topology;
  readonly #names: (host: HostId) => string;
  readonly #latency: KeyedDraws;
  readonly #loss: KeyedDraws;
  #version = 0;
  #partitions: Partition[] = [];
  #impairments: Impairment[] = [];
  // Open addressing over (from, to): four numbers a path, so that a message over a plain link touches one line of the cache and nothing else.
  #lines = new Float64Array(4 * 1024).fill(NOWHERE);
  #table: (Path | undefined)[] = new Array(1024).fill(undefined);
  #mask = 1023;
  #paths = 0;

  constructor(seed: number, topology: Topology, names: (host: HostId) => string) {
    this.#topology = topology;
    this.#names = names;
    this.#latency = new KeyedDraws(seed, LATENCY);
    this.#loss = new KeyedDraws(seed, LOSS);
  }

  /** When a message that leaves at `depart` arrives; LOST when it does not. Its kind's `bytes` counts only on links that have a bandwidth. */
  arrival(from: HostId, to: HostId, depart: Instant, counter: number, message: Message): Instant {
    const slot = this.#find(from, to);
    const line = slot << 2;
    const lines = this.#lines;
    if (lines[line + PLAIN] !== this.#version) {
      const path = this.#table[slot] as Path;
      if (path.version !== this.#version) this.#refresh(path);
      if (path.blocked) return LOST;
      if (path.plain) lines[line + PLAIN] = this.#version;
      else {
        if (path.loss > 0 && this.#loss.key(from, to, counter).next() < path.loss) return LOST;
        depart += this.#delay(path, depart, counter, message);
      }
    }
    const at = Math.max(depart + (lines[line + LEAST] as number), lines[line + LAST] as number);
    lines[line + LAST] = at;
    return at;
  }

  /** Applies a change that concerns links; others are ignored. */
  apply(change: WorldChange): void {
    if (change.change === 'partition') {
      this.#partitions.push({ id: change.id, a: change.a, b: change.b, oneWay: change.oneWay ?? false });
    } else if (change.change === 'link') {
      const { id, from, to, extraLatency, loss, bytesPerSecond } = change;
      this.#impairments.push({ id, from, to, extraLatency, loss: loss ?? 0, bytesPerSecond });
    } else if (change.change === 'heal') {
      this.#partitions = this.#partitions.filter((partition) => partition.id !== change.id);
      this.#impairments = this.#impairments.filter((impairment) => impairment.id !== change.id);
    } else return;
    this.#version++;
  }

  /** Everything above the link's least latency, in whole microseconds. */
  #delay(path: Path, depart: Instant, counter: number, message: Message): number {
    let delay = 0;
    if (path.bytesPerSecond !== undefined) {
      const bytes = kindOf(message.kind).bytes?.(message) ?? 0;
      const start = Math.max(depart, path.freeAt);
      path.freeAt = start + (bytes * 1e6) / path.bytesPerSecond;
      delay += path.freeAt - depart;
    }
    if (path.link.jitter !== undefined || path.extra.length > 0) {
      const luck = this.#latency.key(path.from, path.to, counter);
      if (path.link.jitter !== undefined) delay += Math.max(0, sampleDistribution(path.link.jitter, luck));
      for (const extra of path.extra) delay += Math.max(0, sampleDistribution(extra, luck));
    }
    return Math.round(delay);
  }

  #refresh(path: Path): void {
    const topology = this.#topology;
    const joins = (a: HostSelector, b: HostSelector): boolean => topology.selects(a, path.from) && topology.selects(b, path.to);
    path.blocked = this.#partitions.some((p) => joins(p.a, p.b) || (!p.oneWay && joins(p.b, p.a)));
    const struck = this.#impairments.filter((impairment) => joins(impairment.from, impairment.to));
    let kept = 1 - (path.link.loss ?? 0);
    for (const impairment of struck) kept *= 1 - impairment.loss;
    path.loss = 1 - kept;
    path.extra = struck.flatMap((impairment) => (impairment.extraLatency === undefined ? [] : [impairment.extraLatency]));
    path.bytesPerSecond = path.link.bytesPerSecond;
    for (const { bytesPerSecond } of struck)
      if (bytesPerSecond !== undefined) path.bytesPerSecond = Math.min(bytesPerSecond, path.bytesPerSecond ?? bytesPerSecond);
    path.plain = path.loss === 0 && path.extra.length === 0 && path.link.jitter === undefined && path.bytesPerSecond === undefined;
    path.version = this.#version;
  }

  /** The path's place in the table. */
  #find(from: HostId, to: HostId): number {
    const key = from * KEY + to;
    let at = hashPair(from, to) & this.#mask;
    for (;;) {
      const there = this.#lines[at << 2];
      if (there === key) return at;
      if (there === NOWHERE) return this.#open(from, to);
      at = (at + 1) & this.#mask;
    }
  }

  #open(from: HostId, to: HostId): number {
    const link = this.#topology.links[this.#topology.linkOf(from, to)];
    if (link === undefined) throw new Error(`the world has no link from '${this.#names(from)}' to '${this.#names(to)}'`);
    const path: Path = {
      from,
      to,
      link,
      freeAt: 0,
      version: -1,
      blocked: false,
      loss: 0,
      bytesPerSecond: undefined,
      extra: [],
      plain: false,
    };
    if (++this.#paths * 2 > this.#mask) this.#grow();
    return this.#insert(path, 0);
  }

  #insert(path: Path, lastArrival: Instant): number {
    let at = hashPair(path.from, path.to) & this.#mask;
    while (this.#table[at] !== undefined) at = (at + 1) & this.#mask;
    this.#table[at] = path;
    const line = at << 2;
    this.#lines[line] = path.from * KEY + path.to;
    this.#lines[line + LAST] = lastArrival;
    this.#lines[line + LEAST] = path.link.latencyMin;
    this.#lines[line + PLAIN] = -1;
    return at;
  }

  #grow(): void {
    const table = this.#table;
    const lines = this.#lines;
    this.#mask = this.#mask * 2 + 1;
    this.#table = new Array(this.#mask + 1).fill(undefined);
    this.#lines = new Float64Array(4 * (this.#mask + 1)).fill(NOWHERE);
    table.forEach((path, slot) => {
      if (path !== undefined) this.#insert(path, lines[(slot << 2) + LAST] as number);
    });
  }
}

function hashPair(from: HostId, to: HostId): number {
  const h = Math.imul(from, 0x9e3779b1 | 0) ^ Math.imul(to, 0x85ebca77 | 0);
  return h ^ (h >>> 15);
}
