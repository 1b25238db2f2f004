/** What nodes with nominated pods came to, kept while node and nominations stand: a class of pods that asks for room alone hears the same again
 *  (kube-scheduler v1.34 RunFilterPluginsWithNominatedPods, which clones such nodes for every attempt). */

import type { PodInfo } from '../pod-info.ts';
import type { Status } from '../status.ts';
import type { LocalFit } from './local-fit.ts';
import type { NodeTable } from './node-table.ts';

interface Known {
  readonly version: number;
  readonly priority: number;
  /** The nominator makes a new list with every change. */
  readonly nominated: readonly PodInfo[];
  readonly status: Status | undefined;
}

export class NominatedVerdicts {
  #known = new WeakMap<LocalFit, (Known | undefined)[]>();
  #generation = -1;

  /** `decide` is asked where nothing is known; the pod is not among the nominated ones. */
  of(
    local: LocalFit,
    table: NodeTable,
    slot: number,
    priority: number,
    nominated: readonly PodInfo[],
    decide: () => Status | undefined,
  ): Status | undefined {
    if (this.#generation !== table.generation) {
      this.#generation = table.generation;
      this.#known = new WeakMap();
    }
    let slots = this.#known.get(local);
    if (slots === undefined) {
      slots = [];
      this.#known.set(local, slots);
    }
    const version = table.version[slot] as number;
    const known = slots[slot];
    if (known !== undefined && known.version === version && known.priority === priority && known.nominated === nominated)
      return known.status;
    const status = decide();
    slots[slot] = { version, priority, nominated, status };
    return status;
  }
}
