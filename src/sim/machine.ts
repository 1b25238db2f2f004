/** A host's hardware: cores, disk and clock, each an exact little model that needs no events of its own. */

import type { Distribution } from './chance.ts';
import { sampleDistribution } from './distribution.ts';
import type { HostId } from './host.ts';
import { KeyedDraws, purpose } from './luck.ts';
import type { Duration, Instant } from './time.ts';
import type { ClockSpec, DiskSpec } from './world.ts';

/** Cores that serve work first come, first served. Work is exact in fractions of a microsecond; what is promised is rounded up. */
export class Cpu {
  /** Times are multiplied by this (throttling, noisy neighbours). */
  slowdown = 1;
  readonly #freeAt: Float64Array;

  constructor(cores: number) {
    this.#freeAt = new Float64Array(Math.max(1, cores));
  }

  /** Queues `cost` and returns how long from `now` until it is done. */
  charge(now: Instant, cost: Duration): Duration {
    const freeAt = this.#freeAt;
    let core = 0;
    let earliest = freeAt[0] as number;
    for (let i = 1; i < freeAt.length && earliest > now; i++) {
      const at = freeAt[i] as number;
      if (at < earliest) {
        earliest = at;
        core = i;
      }
    }
    const end = (earliest > now ? earliest : now) + cost * this.slowdown;
    freeAt[core] = end;
    return Math.ceil(end - now);
  }

  /** Forgets queued work: the host crashed. */
  reset(): void {
    this.#freeAt.fill(0);
  }
}

const FSYNC = purpose('sim/disk-fsync');

/** A disk that makes one request durable at a time. Luck is keyed by (host, the host's counter). */
export class Disk {
  /** ENOSPC: nothing more is written. */
  full = false;
  readonly #host: HostId;
  readonly #luck: KeyedDraws;
  readonly #bytesPerSecond: number;
  #fsync: Distribution;
  #freeAt = 0;

  constructor(seed: number, host: HostId, spec: DiskSpec) {
    this.#host = host;
    this.#luck = new KeyedDraws(seed, FSYNC);
    this.#fsync = spec.fsync;
    this.#bytesPerSecond = spec.bytesPerSecond ?? Infinity;
  }

  /** When a request handed over at `now` is durable. */
  write(now: Instant, bytes: number, counter: number): Instant {
    const cost =
      Math.max(0, sampleDistribution(this.#fsync, this.#luck.key(this.#host, counter, 0))) + (bytes * 1e6) / this.#bytesPerSecond;
    this.#freeAt = Math.max(now, this.#freeAt) + cost;
    return Math.ceil(this.#freeAt);
  }

  /** Another fsync latency from now on, a stall, a full disk, or several of them. */
  change(fsync: Distribution | undefined, stallUntil: Instant | undefined, full?: boolean): void {
    if (full !== undefined) this.full = full;
    if (fsync !== undefined) this.#fsync = fsync;
    if (stallUntil !== undefined) this.#freeAt = Math.max(this.#freeAt, stallUntil);
  }

  /** Forgets queued requests: the host crashed. A stall of the device is forgotten with them. */
  reset(): void {
    this.#freeAt = 0;
  }
}

/** A clock that runs ahead, and away. */
export class Clock {
  #spec: ClockSpec;
  #since: Instant = 0;

  constructor(spec: ClockSpec) {
    this.#spec = spec;
  }

  /** Microseconds since the Unix epoch as the host reads them. */
  read(epoch: number, now: Instant): number {
    const drift = ((this.#spec.drift ?? 0) * (now - this.#since)) / 1e6;
    return epoch + now + Math.round((this.#spec.offset ?? 0) + drift);
  }

  change(spec: ClockSpec, now: Instant): void {
    this.#spec = spec;
    this.#since = now;
  }
}
