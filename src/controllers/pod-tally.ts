/** How many pods each owner has, counted as their events pass: a pass that only reports counts then need not walk fifty pods to find that one became ready.
 *  Answers only where counting is all there is to it; whoever is told 'undefined' looks at the pods themselves. */

import type { Pod } from '#api';
import type { InformerEvent } from '#client';
import { controllerOf } from './owner-references.ts';
import { isPodActive, isPodReady } from './pod-state.ts';

export interface Tally {
  /** All pods, finished and dying ones too. */
  owned: number;
  /** Neither finished nor being deleted. */
  active: number;
  /** Active and ready. */
  ready: number;
  /** The labels that all of them share by reference; `isMixed`: they do not. */
  labels: NonNullable<Pod['metadata']>['labels'];
  isMixed: boolean;
}

export class PodTally {
  readonly #byOwner = new Map<string, Tally>();

  /** Takes in one event of a pod; each must be told once, in order. */
  observe(event: InformerEvent): void {
    const pod = event.object as Pod;
    const previous = event.previous as Pod | undefined;
    if (previous !== undefined) this.#count(previous, -1);
    if (event.type !== 'delete') this.#count(pod, 1);
    // A deletion that comes without what was known before.
    else if (previous === undefined) this.#count(pod, -1);
  }

  #count(pod: Pod, by: 1 | -1): void {
    const owner = controllerOf(pod)?.uid;
    if (owner === undefined) return;
    let tally = this.#byOwner.get(owner);
    if (tally === undefined) this.#byOwner.set(owner, (tally = { owned: 0, active: 0, ready: 0, labels: undefined, isMixed: false }));
    if (tally.owned === 0) {
      tally.labels = pod.metadata?.labels;
      tally.isMixed = false;
    } else if (pod.metadata?.labels !== tally.labels) tally.isMixed = true;
    tally.owned += by;
    if (isPodActive(pod)) {
      tally.active += by;
      if (isPodReady(pod)) tally.ready += by;
    }
    if (tally.owned === 0) this.#byOwner.delete(owner);
  }

  /** The counts of an owner whose `owned` pods (as the lister has them) all carry the same labels. */
  of(owner: string, owned: number): Tally | undefined {
    const tally = this.#byOwner.get(owner);
    return tally !== undefined && !tally.isMixed && tally.owned === owned ? tally : undefined;
  }
}
