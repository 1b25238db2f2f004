/** Which resources a node is short of for a class of pods, as NodeResourcesFit's status: kept per slot until the node changes. */

import type { NodeInfo } from '../node-info.ts';
import type { Status } from '../status.ts';
import type { LocalFit } from './local-fit.ts';
import type { NodeTable } from './node-table.ts';
import { statusOfShortage } from './verdicts.ts';

export class FitReasons {
  readonly #local: LocalFit;
  #statuses: Status[] = [];
  #seen = new Int32Array(0);
  #generation = -1;

  constructor(local: LocalFit) {
    this.#local = local;
  }

  statusAt(table: NodeTable, slot: number): Status {
    if (this.#generation !== table.generation || this.#seen.length < table.version.length) {
      this.#generation = table.generation;
      this.#seen = new Int32Array(table.version.length);
      this.#statuses = [];
    }
    if (this.#seen[slot] === table.version[slot]) return this.#statuses[slot] as Status;
    this.#seen[slot] = table.version[slot] as number;
    const status = statusOfShortage(this.#local.usage, table.infos[slot] as NodeInfo, this.#local.isIgnored);
    this.#statuses[slot] = status;
    return status;
  }
}
