/** Lookahead, stated here and nowhere else: how far shards may run without hearing from each other.
 *  A message from shard i to shard j takes at least L(i,j): the least of egress floor + link latency over their hosts. Round k runs shard i to T(k) + phi(i);
 *  the potentials phi spread the slack of a slow direction over both, so that all windows are as long as the mean of the tightest cycle (1 ms out and
 *  10.5 ms back make 5.75 ms both ways). T(k+1) is the least n(i) + L(i,j) - phi(j), n(i) being shard i's earliest pending event: so windows stretch over idle time.
 *  Where only one shard has anything to do in a round, it runs as far as no chain of messages can reach back to it.
 *  Threads need no rounds: each promises the others how far it is (Chandy and Misra's null messages, in the memory that they share) and runs as far as their
 *  promises and the links reach; they meet once a simulated second.
 *  No window crosses a whole simulated second: a host's wish to end the run takes effect there, at the same instant on any number of shards. */

import type { Duration, Instant } from './time.ts';
import { SECOND } from './time.ts';
import { Topology } from './topology.ts';
import type { WorldSpec } from './world.ts';

/** Where runs may end. */
export const STOP_GRID: Duration = SECOND;

const SLICES = 2;

/** The end of the grid's cell that `at` lies in. */
export const gridAfter = (at: Instant): Instant => (Math.floor(at / STOP_GRID) + 1) * STOP_GRID;

/** L, row by row: Infinity where no message can pass (and on the diagonal). Throws where a link between shards takes no time. */
export function lookahead(world: WorldSpec, placement: Int32Array, shards: number): Float64Array {
  const topology = new Topology(world);
  // Hosts alike in shard, group, zone and floor count once.
  const classes = new Map<string, { shard: number; group: number; zone: number; floor: number }>();
  world.hosts.forEach((host, id) => {
    const of = {
      shard: placement[id] as number,
      group: topology.groupOf[id] as number,
      zone: topology.zoneOf[id] as number,
      floor: host.egressFloor ?? 0,
    };
    classes.set(`${of.shard}/${of.group}/${of.zone}/${of.floor}`, of);
  });
  const least = new Float64Array(shards * shards).fill(Infinity);
  for (const from of classes.values()) {
    for (const to of classes.values()) {
      if (from.shard === to.shard) continue;
      const link = topology.links[topology.linkBetween(from.group, to.group, from.zone === to.zone)];
      if (link === undefined) continue;
      const at = from.shard * shards + to.shard;
      least[at] = Math.min(least[at] as number, from.floor + link.latencyMin);
      if (!((least[at] as number) >= 1)) {
        throw new Error(`messages from group '${link.from}' to group '${link.to}' take no time: these hosts cannot be on different shards`);
      }
    }
  }
  return least;
}

/** The least mean of any cycle (Karp 1978), Infinity without cycles. */
function minimumCycleMean(least: Float64Array, n: number): number {
  const walks: Float64Array[] = [new Float64Array(n)];
  for (let k = 1; k <= n; k++) {
    const before = walks[k - 1] as Float64Array;
    const walk = new Float64Array(n).fill(Infinity);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) walk[j] = Math.min(walk[j] as number, (before[i] as number) + (least[i * n + j] as number));
    walks.push(walk);
  }
  const last = walks[n] as Float64Array;
  let mean = Infinity;
  for (let v = 0; v < n; v++) {
    if (last[v] === Infinity) continue;
    let most = -Infinity;
    for (let k = 0; k < n; k++) most = Math.max(most, ((last[v] as number) - ((walks[k] as Float64Array)[v] as number)) / (n - k));
    mean = Math.min(mean, most);
  }
  return mean;
}

/** Whole-number potentials with phi(i) + L(i,j) - phi(j) >= the mean window, rounding aside (Bellman-Ford). */
function potentials(least: Float64Array, n: number): Float64Array {
  const mean = minimumCycleMean(least, n);
  const phi = new Float64Array(n);
  if (mean === Infinity || mean < 2) return phi;
  for (let round = 0; round < n; round++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) phi[j] = Math.min(phi[j] as number, (phi[i] as number) + (least[i * n + j] as number) - mean);
    }
  }
  return phi.map(Math.floor);
}

/** The least time of any chain of messages from i to j, at least one long (Floyd-Warshall): on the diagonal, there and back. */
function chains(least: Float64Array, n: number): Float64Array {
  const chain = least.slice();
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        chain[i * n + j] = Math.min(chain[i * n + j] as number, (chain[i * n + k] as number) + (chain[k * n + j] as number));
      }
    }
  }
  return chain;
}

/** How far shards that have reached an instant may go before they ask each other for wishes to end the run. Whole idle seconds are skipped, but only from
 *  a grid point: there, nobody has an unheard wish. */
export function endOfCell(reached: Instant, earliest: Instant, until: Instant): Instant {
  const settled = reached > 0 && reached % STOP_GRID === 0;
  return Math.min(until, gridAfter(settled ? Math.min(until, Math.max(reached, earliest)) : reached));
}

/** What one shard knows of the others while all run freely: none of them will handle an event, and so send a message, before the instant it has promised. */
export class Promises {
  /** How much of a cell a shard runs before it says how far it is: half of the mean window, so that the others can follow closely. */
  readonly slice: Duration;
  readonly #least: Float64Array;
  readonly #chains: Float64Array;
  readonly #promised: Float64Array;
  readonly #shards: number;
  readonly #me: number;

  constructor(least: Float64Array, shards: number, me: number) {
    this.#least = least;
    this.#chains = chains(least, shards);
    this.#promised = new Float64Array(shards).fill(-1);
    this.#shards = shards;
    this.#me = me;
    const mean = minimumCycleMean(least, shards);
    this.slice = mean === Infinity ? STOP_GRID : Math.max(1, Math.floor(mean / SLICES));
  }

  /** A cell begins: from every shard's earliest event, no message on its way. The same on every shard. */
  begin(next: ArrayLike<number>): void {
    for (let shard = 0; shard < this.#shards; shard++) {
      let earliest = next[shard] as number;
      for (let from = 0; from < this.#shards; from++)
        earliest = Math.min(earliest, (next[from] as number) + (this.#chains[from * this.#shards + shard] as number));
      this.heard(shard, earliest);
    }
  }

  heard(from: number, promised: Instant): void {
    if (promised > (this.#promised[from] as number)) this.#promised[from] = promised;
  }

  /** No message that is not here yet arrives before this. */
  bound(): Instant {
    let bound = Infinity;
    for (let from = 0; from < this.#shards; from++)
      if (from !== this.#me)
        bound = Math.min(bound, (this.#promised[from] as number) + (this.#least[from * this.#shards + this.#me] as number));
    return bound;
  }

  /** Whether all others have promised to be through with everything before `end`. */
  areAllPast(end: Instant): boolean {
    for (let from = 0; from < this.#shards; from++) if (from !== this.#me && (this.#promised[from] as number) < end) return false;
    return true;
  }
}

/** Sets the pace of a run's shards in rounds. Every shard may hold one and feed it the same numbers: all then agree without asking anybody. */
export class Pace {
  /** How far each shard has run. */
  readonly horizons: Float64Array;
  readonly #least: Float64Array;
  readonly #chains: Float64Array;
  readonly #potentials: Float64Array;
  readonly #until: Instant;

  constructor(least: Float64Array, shards: number, until: Instant) {
    this.#least = least;
    this.#chains = chains(least, shards);
    this.#potentials = potentials(least, shards);
    this.#until = until;
    this.horizons = new Float64Array(shards);
  }

  /** The instant up to which all shards have run. */
  get reached(): Instant {
    let reached = Infinity;
    for (const horizon of this.horizons) reached = Math.min(reached, horizon);
    return reached;
  }

  /** Sets the next horizons from every shard's earliest pending event, all messages of the last round exchanged. */
  advance(next: ArrayLike<number>): void {
    const n = this.horizons.length;
    let together = Infinity;
    let earliest = Infinity;
    for (let i = 0; i < n; i++) {
      const at = next[i] as number;
      if (at < earliest) earliest = at;
      for (let j = 0; j < n; j++) {
        const bound = at + (this.#least[i * n + j] as number) - (this.#potentials[j] as number);
        if (bound < together) together = bound;
      }
    }
    const cap = endOfCell(this.reached, earliest, this.#until);
    let busy = 0;
    let last = 0;
    for (let i = 0; i < n; i++) {
      const horizon = Math.max(this.horizons[i] as number, Math.min(cap, together + (this.#potentials[i] as number)));
      this.horizons[i] = horizon;
      if ((next[i] as number) >= horizon) continue;
      busy++;
      last = i;
    }
    if (busy === 1) this.horizons[last] = Math.max(this.horizons[last] as number, Math.min(cap, this.#reach(last, next)));
  }

  /** The earliest instant at which anything could still arrive at a shard. */
  #reach(shard: number, next: ArrayLike<number>): Instant {
    const n = this.horizons.length;
    let earliest = Infinity;
    for (let from = 0; from < n; from++) earliest = Math.min(earliest, (next[from] as number) + (this.#chains[from * n + shard] as number));
    return earliest;
  }
}
