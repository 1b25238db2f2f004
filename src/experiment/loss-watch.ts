/** What becomes of lost nodes: when the control plane notices each, and when all pods of their ReplicaSets run again elsewhere. */

import type { Histogram, Instant, Recorder } from '#sim';

/** Nodes that a fault takes away at an instant. */
export interface LostNodes {
  readonly at: Instant;
  readonly nodes: readonly string[];
}

interface PodView {
  readonly seen: Instant;
  readonly owner: string;
  readonly state: string;
  readonly node: string;
}

export class LossWatch {
  readonly #losses: (LostNodes | undefined)[];
  readonly #lostAt = new Map<string, Instant>();
  /** Pods still to come back, by the uid of their ReplicaSet. */
  readonly #missing = new Map<string, number>();
  #missingInAll = 0;
  #firstLoss: Instant = -1;
  #noticed: Histogram | undefined;
  #back: Histogram | undefined;
  #record: Recorder | undefined;

  constructor(losses: readonly LostNodes[]) {
    this.#losses = [...losses];
  }

  start(record: Recorder): void {
    this.#record = record;
    this.#noticed = record.histogram('wavetank_node_loss_noticed_seconds');
    this.#back = record.histogram('wavetank_pods_back_seconds');
  }

  /** What was to be lost from an instant on is not; this is. Gives the index of the first of them. */
  instead(from: Instant, losses: readonly LostNodes[]): number {
    this.#losses.forEach((loss, index) => {
      if (loss !== undefined && loss.at >= from) this.#losses[index] = undefined;
    });
    return this.#losses.push(...losses) - losses.length;
  }

  /** The fault strikes: counts what runs on the nodes that go. */
  strike(index: number, pods: Iterable<PodView>): void {
    const loss = this.#losses[index];
    if (loss === undefined) return;
    if (this.#missingInAll === 0) this.#firstLoss = loss.at;
    const gone = new Set(loss.nodes);
    for (const node of loss.nodes) this.#lostAt.set(node, loss.at);
    let struck = 0;
    for (const { owner, state, node } of pods) {
      if (owner === '' || state !== 'Running' || !gone.has(node)) continue;
      this.#missing.set(owner, (this.#missing.get(owner) ?? 0) + 1);
      struck++;
    }
    this.#missingInAll += struck;
    this.#record?.gauge('wavetank_pods_lost_with_nodes').add(struck);
  }

  /** A node's Ready condition became Unknown. */
  noticed(node: string, now: Instant): void {
    const at = this.#lostAt.get(node);
    if (at === undefined) return;
    this.#lostAt.delete(node);
    this.#noticed?.observe((now - at) / 1e6);
  }

  /** A pod runs for the first time. */
  started({ owner, seen }: PodView, now: Instant): void {
    if (this.#missingInAll === 0 || seen < this.#firstLoss) return;
    const missing = this.#missing.get(owner) ?? 0;
    if (missing === 0) return;
    this.#missing.set(owner, missing - 1);
    this.#missingInAll--;
    this.#record?.gauge('wavetank_pods_lost_with_nodes').add(-1);
    if (this.#missingInAll > 0) return;
    this.#back?.observe((now - this.#firstLoss) / 1e6);
    this.#record?.mark('all lost pods are back');
  }
}
