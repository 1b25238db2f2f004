/** The best node of a class of pods without looking at every node: slots stand in cells by what the topology rules can tell apart and by score, kept as nodes
 *  and pods change. Gives the same verdicts and totals as going through all slots (column-cycle.ts, `find` and `score`). */

import { AffinityCells } from './affinity-cells.ts';
import { type AffinityFit, ANTI_AFFINITY_RULES } from './affinity-fit.ts';
import { CellTraits } from './cell-traits.ts';
import type { LocalFit } from './local-fit.ts';
import type { NodeTable } from './node-table.ts';
import type { ProfileRules } from './rules.ts';
import { type Cell, ScoreCells } from './score-cells.ts';
import { SpreadFilterCells, SpreadScoreCells } from './spread-cells.ts';
import type { SpreadFit } from './spread-fit.ts';
import { CODES, INTER_POD, SPREAD_SKEWED } from './verdicts.ts';

/** What decides about the pods of a class. Without the topology parts: the nodes alone. */
export interface BoardParts {
  readonly local: LocalFit;
  readonly spreadFilter?: SpreadFit;
  readonly spreadScore?: SpreadFit;
  readonly affinity?: AffinityFit;
}

/** The node chosen, how many tied with it, how many fit. */
export interface Choice {
  readonly slot: number;
  readonly tied: number;
  readonly feasible: number;
}

/** Local scores above this are left to the plain cycle: cells count slots by score. */
const SCORE_MAX = 8192;
/** More live cells than this, and than a quarter of the slots, are no shortcut. */
const CELLS_MAX = 32;
/** Cells in use ever, dead ones included, after which to begin anew. */
const CELLS_EVER = 8192;

export class ClassBoard {
  readonly parts: BoardParts;
  readonly #table: NodeTable;
  readonly #rules: ProfileRules;
  readonly #range: number;
  readonly #isPlain: boolean;
  #cells: ScoreCells | undefined;
  #traits: CellTraits;
  #taints = -1;
  #preferences = -1;
  #spreadFilter: SpreadFilterCells | undefined;
  #spreadScore: SpreadScoreCells | undefined;
  #affinity: AffinityCells | undefined;
  #position = 0;
  /** What must be as it was for the cells to hold: generation, size, epoch, places, scope of the terms. */
  #stamp: readonly number[] = [];
  /** The last decision could not be answered for this reason: cells are made when the same is asked again. */
  #asked: readonly number[] = [];
  readonly #fitting: Cell[] = [];
  readonly #best: Cell[] = [];
  /** Nodes rejected in the last decision, by verdict code: those of a node's own state are kept along with the cells. */
  readonly rejected = new Uint32Array(CODES);
  #codes = new Uint8Array(0);

  constructor(parts: BoardParts, table: NodeTable, rules: ProfileRules) {
    this.parts = parts;
    this.#table = table;
    this.#rules = rules;
    this.#traits = new CellTraits(table);
    const { fitWeight, balancedWeight, imageWeight } = rules.local;
    this.#isPlain = parts.spreadFilter === undefined && parts.spreadScore === undefined && parts.affinity === undefined;
    this.#range = 100 * (fitWeight + balancedWeight + imageWeight) + 1;
  }

  /** Follows the cluster; false when the class has to be decided the long way: this time, or always. */
  update(): boolean {
    if (this.#range > SCORE_MAX) return false;
    const { local, spreadFilter, spreadScore, affinity } = this.parts;
    local.sync(this.#table);
    spreadFilter?.prepareFilter();
    spreadScore?.prepareScore();
    affinity?.prepareFilter();
    affinity?.prepareScore();
    const stamp = this.#stampNow();
    if (!isSame(this.#stamp, stamp) || this.#position < this.#table.logStart || (this.#cells?.count ?? 0) > CELLS_EVER) {
      // Making cells costs more than a decision the long way: where pods may be the only ones of their class, worth it from the second time on.
      const isAskedAgain = isSame(this.#asked, stamp);
      this.#asked = stamp;
      if (!isAskedAgain && !this.#isPlain) return false;
      this.#rebuild(stamp);
    } else this.#replay();
    return this.#cells !== undefined && this.#isShortcut(this.#cells);
  }

  /** Whether terms of pods, its own or others', had to be looked at in the last decision. */
  get isNear(): boolean {
    return this.#rules.filtersInterPod && this.parts.affinity?.isNear === true;
  }

  /** After update(): the node, or undefined when none fits. `draw` is asked only when several could be taken. */
  decide(draw: () => number): Choice | undefined {
    const cells = this.#cells as ScoreCells;
    const feasible = this.#findFitting(cells.live);
    if (feasible === 0) return undefined;
    const best = this.#best;
    if (feasible === 1) {
      best[0] = this.#fitting[0] as Cell;
      best.length = 1;
      return { slot: cells.nth(best, 0), tied: 1, feasible };
    }
    this.#score(feasible);
    let top = Number.NEGATIVE_INFINITY;
    let tied = 0;
    for (const cell of this.#fitting) {
      if (cell.total < top) continue;
      if (cell.total > top) {
        best.length = 0;
        tied = 0;
        top = cell.total;
      }
      best.push(cell);
      tied += cell.counts[cell.top] as number;
    }
    return { slot: cells.nth(best, Math.min(Math.floor(draw() * tied), tied - 1)), tied, feasible };
  }

  #isShortcut({ live }: ScoreCells): boolean {
    return live.length <= CELLS_MAX || live.length * 4 <= this.#table.size;
  }

  #stampNow(): readonly number[] {
    const { local, affinity } = this.parts;
    const { generation, size, places } = this.#table;
    return [generation, size, local.epoch, this.#isPlain ? 0 : places, affinity?.scope ?? 0];
  }

  #rebuild(stamp: readonly number[]): void {
    const { local, spreadFilter, spreadScore, affinity } = this.parts;
    const table = this.#table;
    const rules = this.#rules;
    const traits = new CellTraits(table);
    const { fit } = local;
    this.#stamp = stamp;
    this.#position = table.logStart + table.log.length;
    this.#traits = traits;
    this.#taints = rules.taintWeight === 0 ? -1 : traits.add((slot) => fit.taints[slot] as number);
    this.#preferences = rules.affinityWeight === 0 || !fit.hasPreferences ? -1 : traits.add((slot) => fit.preferences[slot] as number);
    this.#spreadFilter = spreadFilter === undefined ? undefined : new SpreadFilterCells(spreadFilter, traits);
    this.#spreadScore = spreadScore === undefined ? undefined : new SpreadScoreCells(spreadScore, traits);
    this.#affinity =
      affinity === undefined ? undefined : new AffinityCells(affinity, traits, rules.filtersInterPod, rules.interPodWeight !== 0);
    this.#cells = undefined;
    if (traits.isHopeless) return;
    const cells = new ScoreCells(table.size, this.#range);
    this.#codes = new Uint8Array(table.size);
    this.rejected.fill(0);
    this.#cells = cells;
    for (let slot = 0; slot < table.size; slot++) this.#place(cells, slot);
  }

  #replay(): void {
    const { log, logStart, size } = this.#table;
    const cells = this.#cells;
    if (cells !== undefined) {
      const from = this.#position - logStart;
      if (log.length - from > size) for (let slot = 0; slot < size; slot++) this.#place(cells, slot);
      else for (let i = from; i < log.length; i++) this.#place(cells, log[i] as number);
    }
    this.#position = logStart + log.length;
  }

  #place(cells: ScoreCells, slot: number): void {
    const score = this.parts.local.at(this.#table, slot);
    const code = score < 0 ? -score : 0;
    const before = this.#codes[slot] as number;
    if (code !== before) {
      this.#codes[slot] = code;
      this.rejected[before] = (this.rejected[before] as number) - 1;
      this.rejected[code] = (this.rejected[code] as number) + 1;
    }
    if (score < 0) cells.remove(slot);
    else cells.put(slot, this.#traits.read(slot), score);
  }

  /** Collects the cells whose nodes fit; how many nodes these are. */
  #findFitting(live: readonly Cell[]): number {
    const fitting = this.#fitting;
    fitting.length = 0;
    let feasible = 0;
    let skewed = 0;
    let repelled = 0;
    for (let i = 0; i < live.length; i++) {
      const cell = live[i] as Cell;
      if (this.#spreadFilter !== undefined && this.#spreadFilter.check(cell) !== 0) {
        skewed += cell.size;
        continue;
      }
      if (this.#affinity !== undefined && !this.#affinity.allows(cell)) {
        repelled += cell.size;
        continue;
      }
      feasible += cell.size;
      fitting.push(cell);
    }
    this.rejected[SPREAD_SKEWED] = skewed;
    this.rejected[INTER_POD + ANTI_AFFINITY_RULES] = repelled;
    return feasible;
  }

  #score(feasible: number): void {
    const { taintWeight, affinityWeight, spreadWeight, interPodWeight } = this.#rules;
    const cells = this.#fitting;
    const taints = this.#taints;
    const preferences = this.#preferences;
    let mostTaints = 0;
    let mostPreferred = 0;
    for (let i = 0; i < cells.length; i++) {
      const { traits } = cells[i] as Cell;
      if (taints >= 0 && (traits[taints] as number) > mostTaints) mostTaints = traits[taints] as number;
      if (preferences >= 0 && (traits[preferences] as number) > mostPreferred) mostPreferred = traits[preferences] as number;
    }
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i] as Cell;
      cell.total = cell.top + taintWeight * 100;
      if (mostTaints > 0) cell.total -= taintWeight * Math.trunc((100 * (cell.traits[taints] as number)) / mostTaints);
      if (mostPreferred > 0) cell.total += affinityWeight * Math.trunc((100 * (cell.traits[preferences] as number)) / mostPreferred);
    }
    this.#spreadScore?.score(cells, feasible, spreadWeight);
    this.#affinity?.score(cells, interPodWeight);
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
