/** PodTopologySpread asked of cells: the same verdicts and scores as spread-fit.ts gives slot by slot. */

import type { CellTraits } from './cell-traits.ts';
import type { DomainSums } from './count-column.ts';
import type { Cell } from './score-cells.ts';
import { SPREAD_FITS, SPREAD_LABEL, SPREAD_SKEW, type SpreadFit, type SpreadPart } from './spread-fit.ts';
import { NO_DOMAIN, type TopologyKey } from './topology-keys.ts';

const MISSING = -1;

/** Where a constraint's trait is, and whether it is a domain or already a sum. */
interface At {
  readonly at: number;
  readonly isDomain: boolean;
}

/** Pods in the slot's domain, for keys with a domain a node. */
function sumTrait(key: TopologyKey, sums: DomainSums): (slot: number) => number {
  return (slot) => {
    const domain = key.domains[slot] as number;
    return domain === NO_DOMAIN ? MISSING : (sums.sums[domain] ?? 0);
  };
}

export class SpreadFilterCells {
  readonly #fit: SpreadFit;
  readonly #at: readonly At[];

  constructor(fit: SpreadFit, traits: CellTraits) {
    this.#fit = fit;
    this.#at = fit.parts.map(({ key, sums }) => {
      const at = traits.domainOf(key);
      return at >= 0 ? { at, isDomain: true } : { at: traits.add(sumTrait(key, sums)), isDomain: false };
    });
  }

  /** After the fit's prepareFilter(). */
  check({ traits }: Cell): number {
    const { parts, limits } = this.#fit;
    for (let i = 0; i < parts.length; i++) {
      const { at, isDomain } = this.#at[i] as At;
      const trait = traits[at] as number;
      if (trait < 0) return SPREAD_LABEL;
      const pods = isDomain ? ((parts[i] as SpreadPart).sums.sums[trait] ?? 0) : trait;
      if (pods > (limits[i] as number)) return SPREAD_SKEW;
    }
    return SPREAD_FITS;
  }
}

export class SpreadScoreCells {
  readonly #fit: SpreadFit;
  /** Whether the slot has all keys, where that decides. */
  readonly #hasKeys: number;
  readonly #at: readonly number[];
  readonly #marks: Int32Array[] = [];
  #stamp = 0;

  constructor(fit: SpreadFit, traits: CellTraits) {
    this.#fit = fit;
    this.#hasKeys = fit.allKeys ? traits.add((slot) => fit.hasKeys[slot] as number) : -1;
    this.#at = fit.parts.map(({ key, isHost, column }) => {
      // Hosts are counted by node, whatever the label says.
      if (isHost) return traits.add((slot) => (key.domains[slot] === NO_DOMAIN ? MISSING : (column.counts[slot] as number)));
      const at = traits.domainOf(key);
      // With a domain a node, how many domains there are cannot be read off cells.
      if (at < 0) traits.isHopeless = true;
      return at;
    });
  }

  /** Adds weight * normalized score to the cells' totals. After the fit's prepareScore(). */
  score(cells: readonly Cell[], feasible: number, weight: number): void {
    const ignored = this.#markScored(cells);
    const { parts } = this.#fit;
    for (let p = 0; p < parts.length; p++) {
      const { isHost } = parts[p] as SpreadPart;
      this.#addPart(p, Math.log((isHost ? feasible - ignored : this.#domainsOf(cells, p)) + 2), cells);
    }
    let min = Number.MAX_SAFE_INTEGER;
    let max = 0;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      if (cell.raw < 0) continue;
      cell.raw = Math.round(cell.raw);
      if (cell.raw < min) min = cell.raw;
      if (cell.raw > max) max = cell.raw;
    }
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      if (cell.raw < 0) continue;
      cell.total += weight * (max === 0 ? 100 : Math.trunc((100 * (max + min - cell.raw)) / max));
    }
  }

  #markScored(cells: readonly Cell[]): number {
    let ignored = 0;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      const isIgnored = this.#hasKeys >= 0 && cell.traits[this.#hasKeys] === 0;
      cell.raw = isIgnored ? -1 : 0;
      if (isIgnored) ignored += cell.size;
    }
    return ignored;
  }

  #addPart(p: number, weight: number, cells: readonly Cell[]): void {
    const { sums, isHost, constraint } = this.#fit.parts[p] as SpreadPart;
    const at = this.#at[p] as number;
    const skew = constraint.maxSkew - 1;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      const trait = cell.traits[at] as number;
      if (trait < 0 || cell.raw < 0) continue;
      const pods = isHost ? trait : ((sums.sums[trait] ?? 0) as number);
      cell.raw += pods * weight + skew;
    }
  }

  #domainsOf(cells: readonly Cell[], p: number): number {
    const { key } = this.#fit.parts[p] as SpreadPart;
    const at = this.#at[p] as number;
    const stamp = ++this.#stamp;
    let marks = this.#marks[p];
    if (marks === undefined || marks.length < key.count + 1) marks = this.#marks[p] = new Int32Array(key.count + 16);
    let found = 0;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      if (cell.raw < 0) continue;
      const domain = (cell.traits[at] as number) + 1;
      if (marks[domain] === stamp) continue;
      marks[domain] = stamp;
      found++;
    }
    return found;
  }
}
