/** Prefers nodes whose resources would be used in equal shares. Mirrors kube-scheduler v1.34 plugins/noderesources/balanced_allocation.go. */

import type { Pod } from '#api';
import type { CycleState, PreScorePlugin, ScorePlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { podUsage } from '../pod-resources.ts';
import { balancedScore, type ResourceWeight } from '../resource-scorers.ts';
import { fillResources } from '../resource-view.ts';
import { SKIP, type Status } from '../status.ts';

export interface NodeResourcesBalancedAllocationArgs {
  readonly resources?: readonly { readonly name: string; readonly weight?: number }[];
}

export class NodeResourcesBalancedAllocation implements PreScorePlugin, ScorePlugin {
  readonly name = 'NodeResourcesBalancedAllocation';
  readonly resources: readonly ResourceWeight[];
  readonly #requested: number[] = [];
  readonly #capacity: number[] = [];

  constructor(args: NodeResourcesBalancedAllocationArgs = {}) {
    const listed = args.resources ?? [{ name: 'cpu' }, { name: 'memory' }];
    this.resources = listed.map(({ name, weight }) => ({ name, weight: weight || 1 }));
  }

  /** A pod that asks for none of these resources would be balanced nowhere. */
  preScore(_state: CycleState, pod: Pod): Status | undefined {
    const { requests } = podUsage(pod);
    for (const { name } of this.resources) if ((requests[name] ?? 0) !== 0) return undefined;
    return SKIP;
  }

  score(_state: CycleState, pod: Pod, node: NodeInfo): number {
    fillResources(node, podUsage(pod), this.resources, true, this.#requested, this.#capacity);
    return balancedScore(this.#requested, this.#capacity);
  }
}
