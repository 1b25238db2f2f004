/** The best nodes of a class of pods without looking at every node: highest score and its count per block of slots, made anew only for blocks in which
 *  a node changed. For pods whose verdict and score depend on nothing but the node itself. */

import type { LocalFit } from './local-fit.ts';
import type { NodeTable } from './node-table.ts';

/** Slots in a block: small enough to rescan, large enough that there are few blocks. */
const SHIFT = 6;
const BLOCK = 1 << SHIFT;

export class TopScores {
  /** Nodes that fit. */
  feasible = 0;
  /** The highest score, and how many nodes have it; valid after update(). */
  top = -1;
  tied = 0;
  readonly #local: LocalFit;
  #max = new Int32Array(0);
  #count = new Int32Array(0);
  #fits = new Int32Array(0);
  #isStale = new Uint8Array(0);
  #position = 0;
  #generation = -1;
  #epoch = -1;
  #size = -1;

  constructor(local: LocalFit) {
    this.#local = local;
  }

  update(table: NodeTable): void {
    const blocks = (table.size + BLOCK - 1) >> SHIFT;
    this.#local.sync(table);
    if (
      this.#epoch !== this.#local.epoch ||
      this.#generation !== table.generation ||
      this.#position < table.logStart ||
      this.#size !== table.size
    )
      this.#startOver(table, blocks);
    else {
      const { log, logStart } = table;
      for (let i = this.#position - logStart; i < log.length; i++) {
        const slot = log[i] as number;
        this.#local.at(table, slot);
        this.#isStale[slot >> SHIFT] = 1;
      }
    }
    this.#position = table.logStart + table.log.length;
    let top = -1;
    let tied = 0;
    for (let block = 0; block < blocks; block++) {
      if (this.#isStale[block] === 1) this.#rescan(table, block);
      const max = this.#max[block] as number;
      if (max > top) {
        top = max;
        tied = this.#count[block] as number;
      } else if (max === top && max >= 0) tied += this.#count[block] as number;
    }
    this.top = top;
    this.tied = tied;
  }

  /** The n-th (from 0) of the tied slots, in the order of names. */
  pick(n: number): number {
    const { scores } = this.#local;
    let left = n;
    for (let block = 0; block < this.#max.length; block++) {
      if (this.#max[block] !== this.top) continue;
      const count = this.#count[block] as number;
      if (left >= count) {
        left -= count;
        continue;
      }
      const end = Math.min((block + 1) << SHIFT, this.#size);
      for (let slot = block << SHIFT; slot < end; slot++) if (scores[slot] === this.top && left-- === 0) return slot;
    }
    return -1;
  }

  #startOver(table: NodeTable, blocks: number): void {
    this.#generation = table.generation;
    this.#size = table.size;
    this.#epoch = this.#local.epoch;
    this.#max = new Int32Array(blocks).fill(-1);
    this.#count = new Int32Array(blocks);
    this.#fits = new Int32Array(blocks);
    this.#isStale = new Uint8Array(blocks).fill(1);
    this.feasible = 0;
    for (let slot = 0; slot < table.size; slot++) this.#local.at(table, slot);
  }

  #rescan(table: NodeTable, block: number): void {
    this.#isStale[block] = 0;
    const { scores } = this.#local;
    const end = Math.min((block + 1) << SHIFT, table.size);
    let max = -1;
    let count = 0;
    let fits = 0;
    for (let slot = block << SHIFT; slot < end; slot++) {
      const score = scores[slot] as number;
      if (score < 0) continue;
      fits++;
      if (score > max) {
        max = score;
        count = 1;
      } else if (score === max) count++;
    }
    this.feasible += fits - (this.#fits[block] as number);
    this.#max[block] = max;
    this.#count[block] = count;
    this.#fits[block] = fits;
  }
}
