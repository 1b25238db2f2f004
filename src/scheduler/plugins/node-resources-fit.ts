/** Whether a node has room, and how well it is used, by the profile's strategy. Mirrors kube-scheduler v1.34 plugins/noderesources/fit.go. */

import type { Node, Pod } from '#api';
import type { CycleState, EnqueueExtensions, FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { NodeInfo as NodeInfoClass } from '../node-info.ts';
import { heldNoNode, isSamePod } from '../pod-hints.ts';
import { isScalarResource, type PodUsage, podUsage } from '../pod-resources.ts';
import { ADD, DELETE, type EventRegistration, UPDATE_NODE_ALLOCATABLE, UPDATE_POD_SCALE_DOWN } from '../queueing-events.ts';
import {
  leastRequestedScore,
  mostRequestedScore,
  type ResourceScore,
  type ResourceWeight,
  requestedToCapacityScore,
  type ShapePoint,
  weightedScore,
} from '../resource-scorers.ts';
import { fillResources } from '../resource-view.ts';
import type { Status } from '../status.ts';

export type ScoringStrategy = 'LeastAllocated' | 'MostAllocated' | 'RequestedToCapacityRatio';

export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[];
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: {
    readonly type?: ScoringStrategy;
    readonly resources?: readonly { readonly name: string; readonly weight?: number }[];
    readonly requestedToCapacityRatio?: { readonly shape?: readonly ShapePoint[] };
  };
}

const DEFAULT_RESOURCES: readonly ResourceWeight[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];
/** MaxNodeScore / MaxCustomPriorityScore: a shape's scores run from 0 to 10. */
const SHAPE_FACTOR = 10;

export interface Shortage {
  readonly reason: string;
  /** The pod asks for more than the node has when empty. */
  readonly isHopeless: boolean;
}

/** What of a node decides whether a pod's requests fit. */
export type Room = Pick<NodeInfo, 'allowedPods' | 'allocatable' | 'requested'> & { readonly pods: { readonly length: number } };

/** fitsRequest: everything that is short, in upstream's order; scalar resources by name. */
export function findShortages(usage: PodUsage, node: Room, isIgnored: (resource: string) => boolean): Shortage[] {
  const short: Shortage[] = [];
  if (node.pods.length + 1 > node.allowedPods) short.push({ reason: 'Too many pods', isHopeless: false });
  const { requests } = usage;
  const check = (name: string, has: number, used: number): void => {
    const asked = requests[name] ?? 0;
    if (asked > 0 && asked > has - used) short.push({ reason: `Insufficient ${name}`, isHopeless: asked > has });
  };
  check('cpu', node.allocatable.milliCpu, node.requested.milliCpu);
  check('memory', node.allocatable.memory, node.requested.memory);
  check('ephemeral-storage', node.allocatable.ephemeralStorage, node.requested.ephemeralStorage);
  for (const name of Object.keys(requests).sort()) {
    if (!isScalarResource(name) || isIgnored(name)) continue;
    check(name, node.allocatable.scalar.get(name) ?? 0, node.requested.scalar.get(name) ?? 0);
  }
  return short;
}

export class NodeResourcesFit implements PreFilterPlugin, FilterPlugin, PreScorePlugin, ScorePlugin, EnqueueExtensions {
  readonly name = 'NodeResourcesFit';
  readonly strategy: ScoringStrategy;
  readonly resources: readonly ResourceWeight[];
  readonly isIgnored: (resource: string) => boolean;
  readonly resourceScore: ResourceScore;
  readonly #requested: number[] = [];
  readonly #capacity: number[] = [];

  constructor(args: NodeResourcesFitArgs = {}) {
    const ignored = new Set(args.ignoredResources ?? []);
    const groups = new Set(args.ignoredResourceGroups ?? []);
    this.isIgnored = (resource) => ignored.has(resource) || groups.has(resource.split('/')[0] as string);
    const strategy = args.scoringStrategy;
    this.strategy = strategy?.type ?? 'LeastAllocated';
    const listed = strategy?.resources;
    // A weight of 0 means the default of 1 (apis/config/v1/defaults.go).
    this.resources =
      listed === undefined || listed.length === 0 ? DEFAULT_RESOURCES : listed.map(({ name, weight }) => ({ name, weight: weight || 1 }));
    const shape = (strategy?.requestedToCapacityRatio?.shape ?? []).map((p) => ({
      utilization: p.utilization,
      score: p.score * SHAPE_FACTOR,
    }));
    this.resourceScore =
      this.strategy === 'LeastAllocated'
        ? leastRequestedScore
        : this.strategy === 'MostAllocated'
          ? mostRequestedScore
          : requestedToCapacityScore(shape);
  }

  preFilter(): undefined {
    return undefined;
  }

  filter(_state: CycleState, pod: Pod, node: NodeInfo): Status | undefined {
    const short = findShortages(podUsage(pod), node, this.isIgnored);
    if (short.length === 0) return undefined;
    const code = short.some((s) => s.isHopeless) ? 'UnschedulableAndUnresolvable' : 'Unschedulable';
    return { code, reasons: short.map((s) => s.reason) };
  }

  preScore(): undefined {
    return undefined;
  }

  score(_state: CycleState, pod: Pod, node: NodeInfo): number {
    fillResources(node, podUsage(pod), this.resources, false, this.#requested, this.#capacity);
    return weightedScore(this.resources, this.#requested, this.#capacity, this.resourceScore, this.strategy === 'RequestedToCapacityRatio');
  }

  eventsToRegister(): readonly EventRegistration[] {
    return [
      {
        resource: 'Pod',
        action: DELETE | UPDATE_POD_SCALE_DOWN,
        hint: (pod, before, after) => afterPodEvent(pod, before as Pod, after as Pod | undefined),
      },
      { resource: 'Node', action: ADD | UPDATE_NODE_ALLOCATABLE, hint: (pod, before, after) => this.#afterNodeChange(pod, before, after) },
    ];
  }

  /** isSchedulableAfterNodeChange: an empty node must have room, ignored resources included, and a changed one more of something the pod asks for. */
  #afterNodeChange(pod: Pod, before: unknown, after: unknown): 'Queue' | 'QueueSkip' {
    const usage = podUsage(pod);
    const now = new NodeInfoClass(after as Node);
    if (findShortages(usage, now, () => false).length > 0) return 'QueueSkip';
    if (before === undefined) return 'Queue';
    const then = new NodeInfoClass(before as Node);
    if (now.allowedPods > then.allowedPods) return 'Queue';
    const { requests } = usage;
    if ((requests.cpu ?? 0) > 0 && now.allocatable.milliCpu > then.allocatable.milliCpu) return 'Queue';
    if ((requests.memory ?? 0) > 0 && now.allocatable.memory > then.allocatable.memory) return 'Queue';
    if ((requests['ephemeral-storage'] ?? 0) > 0 && now.allocatable.ephemeralStorage > then.allocatable.ephemeralStorage) return 'Queue';
    for (const name in requests) {
      if (requests[name] !== 0 && (now.allocatable.scalar.get(name) ?? 0) > (then.allocatable.scalar.get(name) ?? 0)) return 'Queue';
    }
    return 'QueueSkip';
  }
}

/** isSchedulableAfterPodEvent: a pod gave a node back, or asks less of it, of something that the waiting one asks for too. */
function afterPodEvent(pod: Pod, before: Pod, after: Pod | undefined): 'Queue' | 'QueueSkip' {
  if (after === undefined) return heldNoNode(before) ? 'QueueSkip' : 'Queue';
  if (isSamePod(pod, after)) return 'Queue';
  if ((after.spec?.nodeName ?? '') === '') return 'QueueSkip';
  const had = podUsage(before).requests;
  const has = podUsage(after).requests;
  const { requests } = podUsage(pod);
  for (const name in requests) {
    const counts = name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isScalarResource(name);
    if (requests[name] !== 0 && counts && (had[name] ?? 0) > (has[name] ?? 0)) return 'Queue';
  }
  return 'QueueSkip';
}
