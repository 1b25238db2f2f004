/** Places pods one after another under a policy: filter, score, normalise, the best score, ties to the lowest node rank. */

import type { Stream } from '#sim';
import { GpuCluster, type GpuNode, type GpuPod } from './cards.ts';
import { Fragmentation, type TypicalPod } from './fragmentation.ts';
import type { GpuPolicy, GpuPolicyContext } from './policy.ts';

/** Scores of one pod shape, valid where `version` is still the node's. */
interface ScoreMemo {
  readonly score: Int32Array;
  readonly version: Int32Array;
}

export interface GpuPlacement {
  readonly node: number;
  readonly cards: readonly number[];
}

export class GpuPlacer {
  readonly cluster: GpuCluster;
  readonly fragmentation: Fragmentation;
  private readonly policy: GpuPolicy;
  private readonly context: GpuPolicyContext;
  private readonly rank: Int32Array;
  private readonly feasible: Int32Array;
  private readonly scores: Int32Array;
  private readonly memos = new Map<string, ScoreMemo>();

  /** `rank[i]`: tie rank of node i, lower wins. */
  constructor(nodes: readonly GpuNode[], typical: readonly TypicalPod[], policy: GpuPolicy, rank: readonly number[], luck: Stream) {
    this.cluster = new GpuCluster(nodes);
    this.fragmentation = new Fragmentation(typical, [...new Set(nodes.map((node) => node.model))]);
    this.policy = policy;
    this.context = {
      cluster: this.cluster,
      fragmentation: this.fragmentation,
      luck,
    };
    this.rank = Int32Array.from(rank);
    this.feasible = new Int32Array(nodes.length);
    this.scores = new Int32Array(nodes.length);
  }

  /** Places one pod, or returns undefined when it fits nowhere. */
  place(pod: GpuPod): GpuPlacement | undefined {
    let count = 0;
    for (let node = 0; node < this.cluster.nodes.length; node++) if (this.cluster.fits(node, pod)) this.feasible[count++] = node;
    if (count === 0) return undefined;
    const node = this.choose(pod, count);
    const cards = this.policy.cards(this.context, node, pod);
    this.cluster.place(node, pod, cards);
    return { node, cards };
  }

  private choose(pod: GpuPod, count: number): number {
    if (count === 1) return this.feasible[0] as number;
    if (this.policy.score === undefined) return this.feasible[Math.floor(this.context.luck.next() * count)] as number;
    const memo = this.memoOf(pod);
    for (let i = 0; i < count; i++) {
      const node = this.feasible[i] as number;
      const version = this.cluster.version[node] as number;
      if (memo.version[node] !== version) {
        memo.score[node] = this.policy.score(this.context, node, pod);
        memo.version[node] = version;
      }
      this.scores[i] = memo.score[node] as number;
    }
    this.policy.normalize?.(this.scores.subarray(0, count));
    let best = 0;
    for (let i = 1; i < count; i++) {
      const lead = (this.scores[i] as number) - (this.scores[best] as number);
      if (lead > 0 || (lead === 0 && this.rankOf(i) < this.rankOf(best))) best = i;
    }
    return this.feasible[best] as number;
  }

  private rankOf(index: number): number {
    return this.rank[this.feasible[index] as number] as number;
  }

  private memoOf(pod: GpuPod): ScoreMemo {
    const shape = `${pod.cpuMilli} ${pod.cards} ${pod.cardMilli} ${pod.models.join('|')}`;
    let memo = this.memos.get(shape);
    if (memo === undefined) {
      const size = this.cluster.nodes.length;
      memo = {
        score: new Int32Array(size),
        version: new Int32Array(size).fill(-1),
      };
      this.memos.set(shape, memo);
    }
    return memo;
  }
}
