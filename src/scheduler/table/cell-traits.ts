/** Which numbers about a slot the cells of a class tell apart: its taints and preferences, its domain of each topology key with few domains, and for keys with
 *  a domain a node (hostname) whatever the rules read of that domain. */

import type { NodeTable } from './node-table.ts';
import { NO_DOMAIN, type TopologyKey } from './topology-keys.ts';

/** Domains a key may always have to tell slots apart by domain. */
const FEW_DOMAINS = 8;
const MANY_DOMAINS = 1024;

export class CellTraits {
  readonly #table: NodeTable;
  readonly #readers: ((slot: number) => number)[] = [];
  readonly #byKey = new Map<TopologyKey, number>();
  /** The traits last read. */
  values = new Int32Array(0);
  /** Some key has neither few domains nor a domain a node: cells would be as many as nodes, or would not hold. */
  isHopeless = false;

  constructor(table: NodeTable) {
    this.#table = table;
  }

  /** Another trait; its place in `values`. */
  add(reader: (slot: number) => number): number {
    this.#readers.push(reader);
    this.values = new Int32Array(this.#readers.length);
    return this.#readers.length - 1;
  }

  /** The place of a key's domain in `values`, where slots are told apart by it; -1 for a key with a domain a node. */
  domainOf(key: TopologyKey): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const { size } = this.#table;
    let at = -1;
    if (key.count <= FEW_DOMAINS || key.count * 8 <= size) at = this.add((slot) => key.domains[slot] as number);
    else if (!isUnique(key, size)) {
      if (key.count > MANY_DOMAINS) this.isHopeless = true;
      at = this.add((slot) => key.domains[slot] as number);
    }
    this.#byKey.set(key, at);
    return at;
  }

  read(slot: number): Int32Array {
    const readers = this.#readers;
    const { values } = this;
    for (let i = 0; i < readers.length; i++) values[i] = (readers[i] as (slot: number) => number)(slot);
    return values;
  }
}

function isUnique({ domains, count }: TopologyKey, size: number): boolean {
  const seen = new Uint8Array(count);
  for (let slot = 0; slot < size; slot++) {
    const domain = domains[slot] as number;
    if (domain === NO_DOMAIN) continue;
    if (seen[domain] === 1) return false;
    seen[domain] = 1;
  }
  return true;
}
