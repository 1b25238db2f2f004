/** Topology domains as numbers: for each label key in use, which domain each slot is in. Brought up to date when nodes change their place. */

import { nodeLabels } from '../pod-fields.ts';
import type { NodeTable } from './node-table.ts';

/** The slot's node lacks the label (or is gone). */
export const NO_DOMAIN = -1;

export class TopologyKey {
  readonly key: string;
  /** Domain by slot. */
  domains = new Int32Array(0);
  readonly values: string[] = [];
  readonly #ids = new Map<string, number>();
  #places = -1;
  #generation = -1;
  #seen = new Int32Array(0);
  /** Rises when any slot moved to another domain. */
  version = 0;

  constructor(key: string) {
    this.key = key;
  }

  get count(): number {
    return this.values.length;
  }

  update(table: NodeTable): void {
    if (this.#places === table.places && this.#generation === table.generation) return;
    const capacity = table.version.length;
    if (this.#generation !== table.generation || this.domains.length < capacity) {
      this.domains = new Int32Array(capacity).fill(NO_DOMAIN);
      this.#seen = new Int32Array(capacity);
      this.version++;
    }
    this.#places = table.places;
    this.#generation = table.generation;
    for (let slot = 0; slot < table.size; slot++) {
      const version = table.placeVersion[slot] as number;
      if (this.#seen[slot] === version) continue;
      this.#seen[slot] = version;
      const domain = this.#domainOf(table, slot);
      if (this.domains[slot] === domain) continue;
      this.domains[slot] = domain;
      this.version++;
    }
  }

  #domainOf(table: NodeTable, slot: number): number {
    const info = table.infos[slot];
    const value = info === undefined ? undefined : nodeLabels(info.node)[this.key];
    if (value === undefined) return NO_DOMAIN;
    let id = this.#ids.get(value);
    if (id === undefined) {
      id = this.values.length;
      this.values.push(value);
      this.#ids.set(value, id);
    }
    return id;
  }
}

export class TopologyKeys {
  readonly #keys = new Map<string, TopologyKey>();

  /** The key's domains, up to date. */
  get(key: string, table: NodeTable): TopologyKey {
    let found = this.#keys.get(key);
    if (found === undefined) {
      found = new TopologyKey(key);
      this.#keys.set(key, found);
    }
    found.update(table);
    return found;
  }
}
