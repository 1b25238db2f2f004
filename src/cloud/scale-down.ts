/** Which nodes nobody needs, and since when. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34 core/scaledown/{eligibility,planner,unneeded} and
 *  simulator/cluster.go. Departure: every candidate is simulated in each pass (upstream stops after 30 that are not empty, and after 30 s). */

import type { Node, Pod } from '#api';
import type { NodeInfo } from '#scheduler';
import type { Instant } from '#sim';
import { type Budget, type DrainRules, type Movable, podsToMove } from './pods-to-move.ts';
import { podInfo, type SimulatedCluster } from './simulated-cluster.ts';

const DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';
const GPU = 'nvidia.com/gpu';

/** The fuller of CPU and memory by requests; of a node with cards, the cards. */
export function utilisation({ requested, allocatable }: NodeInfo): number {
  const cards = allocatable.scalar.get(GPU) ?? 0;
  if (cards > 0) return (requested.scalar.get(GPU) ?? 0) / cards;
  const share = (used: number, has: number): number => (has === 0 ? 0 : used / has);
  return Math.max(share(requested.milliCpu, allocatable.milliCpu), share(requested.memory, allocatable.memory));
}

export interface Candidate {
  readonly name: string;
  readonly node: Node;
  readonly group: string;
}

export interface Unneeded extends Candidate {
  readonly since: Instant;
  readonly movable: Movable;
}

/** Keeps since when nodes are unneeded. */
export class UnneededNodes {
  #since = new Map<string, Instant>();

  get size(): number {
    return this.#since.size;
  }

  has(name: string): boolean {
    return this.#since.has(name);
  }

  forget(name: string): void {
    this.#since.delete(name);
  }

  clear(): void {
    this.#since.clear();
  }

  /** Looks at every candidate; those whose pods would all fit elsewhere are unneeded. Empty ones first, then those that were unneeded before. The pods of an
   *  unneeded node stand where they would go while the rest is looked at. */
  update(
    cluster: SimulatedCluster,
    candidates: readonly Candidate[],
    {
      budgets,
      rules,
      threshold,
      now,
    }: { readonly budgets: readonly Budget[]; readonly rules: DrainRules; readonly threshold: number; readonly now: Instant },
  ): readonly Unneeded[] {
    const found: { candidate: Candidate; info: NodeInfo; movable: Movable }[] = [];
    for (const candidate of candidates) {
      const info = cluster.get(candidate.name);
      if (info === undefined || candidate.node.metadata?.annotations?.[DISABLED] === 'true' || utilisation(info) >= threshold) continue;
      const movable = podsToMove(
        info.pods.map(({ pod }) => pod),
        budgets,
        rules,
      );
      if (movable.blocked === undefined) found.push({ candidate, info, movable });
    }
    const rank = ({ candidate, movable }: (typeof found)[number]): number =>
      movable.pods.length === 0 ? 0 : this.#since.has(candidate.name) ? 1 : 2;
    const since = new Map<string, Instant>();
    const gone = new Set<string>();
    const unneeded: Unneeded[] = [];
    for (const { candidate, info, movable } of found.toSorted((a, b) => rank(a) - rank(b))) {
      gone.add(candidate.name);
      if (!moves(cluster, info, movable.pods, gone)) {
        gone.delete(candidate.name);
        continue;
      }
      const from = this.#since.get(candidate.name) ?? now;
      since.set(candidate.name, from);
      unneeded.push({ ...candidate, since: from, movable });
    }
    this.#since = since;
    return unneeded;
  }
}

/** Puts the pods of a node on others that stay; undoes it when one finds no place. */
function moves(cluster: SimulatedCluster, from: NodeInfo, pods: readonly Pod[], gone: ReadonlySet<string>): boolean {
  const placed: { readonly pod: Pod; readonly on: NodeInfo }[] = [];
  for (const pod of pods) from.removePod(pod);
  for (const pod of pods) {
    const homeless = { ...pod, spec: { ...pod.spec, nodeName: undefined } } as Pod;
    const trial = cluster.begin(homeless);
    const on = cluster.nodes.find(
      (node) => !gone.has(node.name) && cluster.hasRoom(podInfo(pod), node) && cluster.fits(trial, node) === undefined,
    );
    if (on === undefined) {
      for (const { pod: back, on: there } of placed) there.removePod(back);
      for (const back of pods) from.addPod(podInfo(back));
      return false;
    }
    on.addPod(podInfo(pod));
    placed.push({ pod, on });
  }
  return true;
}
