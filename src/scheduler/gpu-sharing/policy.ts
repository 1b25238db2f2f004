/** What a GPU-sharing policy is: a score per feasible node, perhaps a normalisation over all of them, and a choice of cards. */

import type { Stream } from '#sim';
import type { GpuCluster, GpuPod } from './cards.ts';
import type { Fragmentation } from './fragmentation.ts';

export interface GpuPolicyContext {
  readonly cluster: GpuCluster;
  readonly fragmentation: Fragmentation;
  readonly luck: Stream;
}

/** One policy of the study, one file under policies/. */
export interface GpuPolicy {
  readonly name: string;
  /** Integer score of a feasible node, before normalisation. It may depend on the node's state and the pod's shape alone: it is remembered until the node changes.
   *  Absent: a node is drawn at random. */
  score?(context: GpuPolicyContext, node: number, pod: GpuPod): number;
  /** Rescales in place the scores of the feasible nodes (min-max). */
  normalize?(scores: Int32Array): void;
  cards(context: GpuPolicyContext, node: number, pod: GpuPod): readonly number[];
}
