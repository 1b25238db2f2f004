/** The scheduling framework's extension points. Mirrors staging/src/k8s.io/kube-scheduler/framework/interface.go v1.34.
 *  A plugin is one class with a name that implements the points it needs. Calls are synchronous and must depend on their arguments alone. */

import type { KubeObject, Pod } from '#api';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Candidate } from './preemption.ts';
import type { EventRegistration, EventResource } from './queueing-events.ts';
import type { Status } from './status.ts';
import type { WaitingPodList } from './waiting-pods.ts';

export const MAX_NODE_SCORE = 100;

const NO_PLUGINS: ReadonlySet<string> = new Set();
const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** What plugins keep during one scheduling cycle, by a key of their own. Values that preemption changes implement `clone`. */
export class CycleState {
  /** Made with the first write: a plain pod's cycle writes nothing. */
  #data: Map<string, unknown> | undefined;
  /** Plugins whose PreFilter answered Skip: their Filter is not asked. */
  skipFilter: ReadonlySet<string> = NO_PLUGINS;
  skipScore: ReadonlySet<string> = NO_PLUGINS;

  read<T>(key: string): T | undefined {
    return this.#data?.get(key) as T | undefined;
  }

  write(key: string, value: unknown): void {
    this.#data ??= new Map();
    this.#data.set(key, value);
  }

  clone(): CycleState {
    const copy = new CycleState();
    for (const [key, value] of this.#data ?? NOTHING) copy.write(key, hasClone(value) ? value.clone() : value);
    copy.skipFilter = this.skipFilter;
    copy.skipScore = this.skipScore;
    return copy;
  }
}

const hasClone = (value: unknown): value is { clone(): unknown } =>
  typeof value === 'object' && value !== null && typeof (value as { clone?: unknown }).clone === 'function';

export interface Plugin {
  readonly name: string;
  /** What it looks at besides what every scheduler watches: resources, with the names that their events carry. */
  readonly watches?: readonly (readonly [resource: string, event: EventResource])[];
  /** Told once, before anything else: the scheduler that it works for. */
  attach?(handle: Handle): void;
  /** Changes of what plugins look at besides pods and nodes, before the queue hears of them. */
  observe?(resource: string, before: KubeObject | undefined, after: KubeObject | undefined): void;
}

/** Decides whether a pod may enter the active queue at all. */
export interface PreEnqueuePlugin extends Plugin {
  preEnqueue(pod: Pod): Status | undefined;
}

/** Names of the nodes worth looking at; absent means all. */
export interface PreFilterResult {
  readonly nodeNames?: ReadonlySet<string>;
  readonly status?: Status;
}

export interface PreFilterPlugin extends Plugin {
  preFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterResult | undefined;
  /** PreFilterExtensions: what changes when a pod is put on or taken off a node in a dry run. */
  addPod?(state: CycleState, pod: Pod, added: PodInfo, node: NodeInfo): void;
  removePod?(state: CycleState, pod: Pod, removed: PodInfo, node: NodeInfo): void;
}

export interface FilterPlugin extends Plugin {
  filter(state: CycleState, pod: Pod, node: NodeInfo, handle: Handle): Status | undefined;
}

/** What PostFilter found: a node to nominate ('' clears the nomination), victims to evict. */
export interface PostFilterResult {
  readonly nominatedNodeName?: string;
  readonly victims?: readonly Pod[];
  /** Where whom to evict would help, when extenders are to choose among them (Handle.keepsCandidates). */
  readonly candidates?: readonly Candidate[];
  /** What PostFilter plugins before that one said. */
  readonly earlierReasons?: readonly string[];
  /** Nodes on which evictions were tried out: what the attempt is charged for. */
  readonly dryRuns?: number;
  readonly status?: Status;
}

export interface PostFilterPlugin extends Plugin {
  postFilter(state: CycleState, pod: Pod, statuses: NodeStatuses, handle: Handle): PostFilterResult;
}

export interface PreScorePlugin extends Plugin {
  preScore(state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): Status | undefined;
}

export interface NodeScore {
  readonly name: string;
  score: number;
}

export interface ScorePlugin extends Plugin {
  /** Any integer; 0..100 after normalizeScore. */
  score(state: CycleState, pod: Pod, node: NodeInfo, handle: Handle): number;
  normalizeScore?(state: CycleState, pod: Pod, scores: NodeScore[], handle: Handle): void;
}

export interface ReservePlugin extends Plugin {
  reserve(state: CycleState, pod: Pod, nodeName: string, handle: Handle): Status | undefined;
  unreserve(state: CycleState, pod: Pod, nodeName: string, handle: Handle): void;
}

export interface PermitPlugin extends Plugin {
  /** Status 'Wait' holds the pod for `timeout` microseconds. */
  permit(state: CycleState, pod: Pod, nodeName: string, handle: Handle): { readonly status?: Status; readonly timeout?: number };
}

export interface PreBindPlugin extends Plugin {
  /** Requests that must succeed before the pod is bound, in order. */
  preBind(state: CycleState, pod: Pod, nodeName: string, handle: Handle): readonly PreBindRequest[];
  /** Once those are answered: what else must come about, looked at every `every` until it has or the time is up. */
  waitsFor?(state: CycleState, pod: Pod, nodeName: string, handle: Handle): PreBindWait | undefined;
}
/** wait.PollUntilContextTimeout without an immediate first look. Microseconds. */
export interface PreBindWait {
  readonly every: number;
  readonly timeout: number;
  /** 'done', 'waiting', or what went wrong. */
  check(): 'done' | 'waiting' | Status;
  /** What is said when the time is up. */
  readonly timeoutMessage: string;
}
export interface PreBindRequest {
  readonly verb: 'update' | 'patch';
  readonly resource: string;
  readonly namespace?: string;
  readonly name: string;
  readonly subresource?: string;
  readonly body: unknown;
  readonly patchType?: 'json' | 'merge' | 'strategic';
}

export interface QueueSortPlugin extends Plugin {
  less(a: QueuedPod, b: QueuedPod): boolean;
}
/** What the queue knows of a waiting pod. */
export interface QueuedPod {
  readonly pod: Pod;
  /** When it last entered the queue, microseconds. */
  readonly timestamp: number;
  /** When it was first to be tried. */
  readonly initialAttemptTimestamp?: number | undefined;
}

/** Which changes of the cluster may make a pod that this plugin rejected schedulable. */
export interface EnqueueExtensions extends Plugin {
  eventsToRegister(): readonly EventRegistration[];
}

export type AnyPlugin = Plugin &
  Partial<
    Pick<PreEnqueuePlugin, 'preEnqueue'> &
      Pick<PreFilterPlugin, 'preFilter' | 'addPod' | 'removePod'> &
      Pick<FilterPlugin, 'filter'> &
      Pick<PostFilterPlugin, 'postFilter'> &
      Pick<PreScorePlugin, 'preScore'> &
      Pick<ScorePlugin, 'score' | 'normalizeScore'> &
      Pick<ReservePlugin, 'reserve' | 'unreserve'> &
      Pick<PermitPlugin, 'permit'> &
      Pick<PreBindPlugin, 'preBind' | 'waitsFor'> &
      Pick<QueueSortPlugin, 'less'> &
      Pick<EnqueueExtensions, 'eventsToRegister'>
  >;

/** Rejections by node. Nodes absent here have `absent` (framework.NodeToStatus). */
export interface NodeStatuses {
  readonly byNode: ReadonlyMap<string, Status>;
  readonly absent: Status | undefined;
}

/** Objects of one kind, by key `namespace/name` or `name`. */
export interface ObjectLister<T extends KubeObject> {
  get(key: string): T | undefined;
  list(): Iterable<T>;
  /** Where such an index was made. */
  byIndex?(index: string, value: string): Iterable<T>;
}

/** All nodes as one cycle sees them. */
export interface Snapshot {
  /** In the node tree's order. */
  readonly nodes: readonly NodeInfo[];
  get(name: string): NodeInfo | undefined;
  /** Nodes with a pod that has any pod (anti-)affinity, in order. */
  withAffinity(): Iterable<NodeInfo>;
  withRequiredAntiAffinity(): Iterable<NodeInfo>;
  /** StorageInfoLister.IsPVCUsedByPods; key `namespace/name`. */
  isClaimUsed(key: string): boolean;
  /** Whether a pod is on a node, bound or assumed. */
  has(uid: string): boolean;
}

/** What plugins may ask of the scheduler (framework.Handle). */
export interface Handle {
  readonly snapshot: Snapshot;
  lister<T extends KubeObject>(resource: string): ObjectLister<T>;
  /** Pods nominated to run on a node, with the nomination in force. */
  nominatedPods(nodeName: string): readonly PodInfo[];
  /** RunFilterPluginsWithNominatedPods. */
  filterWithNominated(state: CycleState, pod: Pod, node: NodeInfo): Status | undefined;
  /** RunPreFilterExtensionAddPod / RemovePod. */
  addPodToState(state: CycleState, pod: Pod, added: PodInfo, node: NodeInfo): void;
  removePodFromState(state: CycleState, pod: Pod, removed: PodInfo, node: NodeInfo): void;
  /** One draw in [0, 1) for a choice that upstream makes at random, keyed by what it decides about. */
  draw(purpose: string, pod: Pod): number;
  /** PostFilter is to leave the choice among its candidates to extenders. */
  readonly keepsCandidates: boolean;
  /** What this host's clock showed at instant 0, microseconds since the Unix epoch. */
  readonly epoch: number;
  /** Pods that Permit holds back. */
  readonly waitingPods: WaitingPodList;
  /** PodsToActivate: pods that are to be tried again once this cycle has ended well. */
  activate(uid: string): void;
  /** Kubernetes' feature gates that differ from their defaults. */
  readonly featureGates?: Readonly<Record<string, boolean>> | undefined;
  /** A write whose answer nobody waits for. */
  send(request: PreBindRequest): void;
  /** Seconds since the epoch as this host's clock shows them; stands for time.Now() where a start time is missing. */
  readonly now: number;
}

/** helper.DefaultNormalizeScore: scales by the largest; `reverse` makes the largest the worst. */
export function defaultNormalizeScore(scores: readonly NodeScore[], reverse: boolean): void {
  let max = 0;
  for (const { score } of scores) if (score > max) max = score;
  for (const entry of scores) {
    if (max === 0) {
      if (reverse) entry.score = MAX_NODE_SCORE;
      continue;
    }
    const scaled = Math.trunc((MAX_NODE_SCORE * entry.score) / max);
    entry.score = reverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}
