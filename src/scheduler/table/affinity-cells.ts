/** InterPodAffinity asked of cells: the same verdicts and scores as affinity-fit.ts gives slot by slot. */

import type { AffinityFit, Weighted } from './affinity-fit.ts';
import type { CellTraits } from './cell-traits.ts';
import type { DomainSums } from './count-column.ts';
import type { Cell } from './score-cells.ts';
import { NO_DOMAIN } from './topology-keys.ts';

const MISSING = -1;

const podsAt = ({ key, sums }: DomainSums, slot: number): number => {
  const domain = key.domains[slot] as number;
  return domain === NO_DOMAIN ? MISSING : (sums[domain] ?? 0);
};

/** A term on a key with few domains: pods are looked up by the cell's domain. */
interface ByDomain {
  readonly sums: DomainSums;
  readonly at: number;
  readonly weight: number;
}

export class AffinityCells {
  readonly #fit: AffinityFit;
  readonly #affinity: { readonly sums: DomainSums; readonly at: number; readonly isDomain: boolean }[];
  /** Terms that must find nobody: by domain, and one trait for all those on keys with a domain a node. */
  readonly #against: readonly ByDomain[];
  readonly #isTaken: number = -1;
  readonly #scoring: readonly ByDomain[];
  readonly #worth: number = -1;
  readonly #scores: boolean;

  constructor(fit: AffinityFit, traits: CellTraits, filters: boolean, scores: boolean) {
    this.#fit = fit;
    this.#scores = scores && fit.isScoring;
    this.#affinity = (filters ? fit.affinity : []).map((sums) => {
      const at = traits.domainOf(sums.key);
      return at >= 0 ? { sums, at, isDomain: true } : { sums, at: traits.add((slot) => Math.min(podsAt(sums, slot), 1)), isDomain: false };
    });
    const split = (terms: readonly Weighted[]): { few: ByDomain[]; wide: Weighted[] } => {
      const few: ByDomain[] = [];
      const wide: Weighted[] = [];
      for (const { sums, weight } of terms) {
        const at = traits.domainOf(sums.key);
        if (at >= 0) few.push({ sums, at, weight });
        else wide.push({ sums, weight });
      }
      return { few, wide };
    };
    const against = split((filters ? [...fit.antiAffinity, ...fit.existing] : []).map((sums) => ({ sums, weight: 1 })));
    this.#against = against.few;
    if (against.wide.length > 0) this.#isTaken = traits.add((slot) => (against.wide.some(({ sums }) => podsAt(sums, slot) > 0) ? 1 : 0));
    const scoring = split(this.#scores ? fit.scoring : []);
    this.#scoring = scoring.few;
    if (scoring.wide.length > 0) {
      this.#worth = traits.add((slot) => {
        let worth = 0;
        for (const { sums, weight } of scoring.wide) worth += weight * Math.max(podsAt(sums, slot), 0);
        return worth;
      });
    }
  }

  /** Whether the pod may go there. After the fit's prepareFilter(). */
  allows({ traits }: Cell): boolean {
    let isNear = true;
    for (const { sums, at, isDomain } of this.#affinity) {
      const trait = traits[at] as number;
      if (trait < 0) return false;
      if ((isDomain ? (sums.sums[trait] ?? 0) : trait) <= 0) isNear = false;
    }
    if (!isNear && !this.#fit.isFirstOfGroup) return false;
    if (this.#isTaken >= 0 && traits[this.#isTaken] === 1) return false;
    for (const { sums, at } of this.#against) {
      const domain = traits[at] as number;
      if (domain >= 0 && (sums.sums[domain] ?? 0) > 0) return false;
    }
    return true;
  }

  /** Adds weight * normalized score to the cells' totals. After the fit's prepareScore(). */
  score(cells: readonly Cell[], weight: number): void {
    if (!this.#scores) return;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      let worth = this.#worth < 0 ? 0 : (cell.traits[this.#worth] as number);
      for (const { sums, at, weight: each } of this.#scoring) {
        const domain = cell.traits[at] as number;
        if (domain >= 0) worth += each * (sums.sums[domain] ?? 0);
      }
      cell.raw = worth;
      if (worth < min) min = worth;
      if (worth > max) max = worth;
    }
    if (max <= min) return;
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      cell.total += weight * Math.trunc(100 * ((cell.raw - min) / (max - min)));
    }
  }
}
