/** One pod on this node: what the kubelet's pod worker, the runtime and the status manager know of it, as plain fields. The decisions are in
 *  pod-sync.ts, pod-termination.ts, pod-probes.ts and pod-status.ts. Mirrors v1.34 pkg/kubelet/pod_workers.go (podSyncStatus). */

import type { Container, ObjectMeta, Pod, PodSpec, Resources } from '#api';
import type { TokenBucket } from '#client';
import type { Duration, Instant, Timer } from '#sim';
import type { BackOffEntry } from './back-off.ts';
import type { ContainerBehaviour } from './behaviour.ts';
import type { LifeTrace, LogLine } from './container-log.ts';
import type { ProbeState, ProbeThresholds, ProbeTimeline } from './probe-schedule.ts';

export type ContainerRole = 'init' | 'sidecar' | 'main';
export type ProbeType = 'startup' | 'readiness' | 'liveness';

/** What a template says of a probe: shared by all its replicas. */
export interface ProbePlan extends ProbeThresholds {
  readonly type: ProbeType;
  readonly initialDelay: Duration;
}

/** One probe of one container. */
export interface ProbeWorker extends ProbeState {
  readonly plan: ProbePlan;
  timeline: ProbeTimeline | undefined;
  /** How many of them, and of the failed ones, the metrics have. */
  countedExecuted: number;
  countedFailed: number;
  /** The first tick of this life that probes. */
  since: Instant | undefined;
  /** It ticks, and it stands among those that are counted every minute. */
  counting: boolean;
  listed: boolean;
  /** It succeeds from here on for good: nothing of it has to be worked out. */
  steady: boolean;
  /** After a liveness or startup failure, until a new container runs. */
  onHold: boolean;
  timer: Timer | undefined;
}

/** How a container ended. */
export interface Termination {
  readonly exitCode: number;
  readonly reason: string;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  /** Which instance of the container it was. */
  readonly instance: number;
  /** For its log. */
  readonly trace: LifeTrace | undefined;
}

/** What went wrong with a container; made at the first failure, most containers never need it. */
export interface Trouble {
  /** Back-off of its restarts and of its image's pulls. */
  readonly crash: BackOffEntry;
  readonly pull: BackOffEntry;
  /** The end before the current instance. */
  previous: Termination | undefined;
  /** The probe whose failure asks for a restart. */
  failedProbe: ProbeType | undefined;
  /** Stopped by the kubelet for a failed probe: the back-off then looks at the end before this one (-1: none). */
  killed: boolean;
  /** Stopped by the kubelet for its postStart hook. */
  hookFailed: boolean;
  lastCrashAt: Instant;
}

/** A container of the pod. */
export class ContainerRecord {
  /** With the resources that it runs with, or last ran with. */
  spec: Container;
  /** Resources that it has been given and does not run with yet. */
  allocated: Container['resources'] | undefined = undefined;
  readonly role: ContainerRole;
  readonly behaviour: ContainerBehaviour;
  /** What the runtime has. */
  state: 'waiting' | 'running' | 'terminated' = 'waiting';
  /** Why it waits, when it does not run (ContainerStateWaiting). */
  reason: string;
  message: string | undefined = undefined;
  /** Instances are counted like restarts; -1 before the first. */
  instance = -1;
  startedAt: Instant = 0;
  readyAt: Instant = 0;
  termination: Termination | undefined = undefined;
  restarts = 0;
  /** The startup probe succeeded, or there is none. */
  started = false;
  ready = false;
  /** A sync has seen this instance running. */
  observed = false;
  /** The Service that its process waits for. */
  awaits: string | undefined = undefined;
  /** Its first readiness has left a span. */
  probeSpan = false;
  trouble: Trouble | undefined = undefined;
  /** It is being stopped: when SIGTERM comes, when it ends and with which code. */
  stop: { readonly signalAt: Instant; readonly at: Instant; readonly code: number } | undefined = undefined;
  exitTimer: Timer | undefined = undefined;
  /** The last requests that it answered, for its log. */
  requests: LogLine[] | undefined = undefined;
  probes: readonly ProbeWorker[];

  constructor(spec: Container, role: ContainerRole, behaviour: ContainerBehaviour, reason: string, probes: readonly ProbeWorker[]) {
    this.spec = spec;
    this.role = role;
    this.behaviour = behaviour;
    this.reason = reason;
    this.probes = probes;
  }
}

export function troubleOf(record: ContainerRecord): Trouble {
  record.trouble ??= {
    crash: { delay: 0, raisedAt: 0 },
    pull: { delay: 0, raisedAt: 0 },
    previous: undefined,
    failedProbe: undefined,
    killed: false,
    hookFailed: false,
    lastCrashAt: -1,
  };
  return record.trouble;
}

/** Unique and short: upstream's has 64 hexadecimal digits. */
export const containerId = (worker: PodWorker, index: number, instance: number): string =>
  `containerd://${worker.uid}-${index}-${instance}`;

/** idle: between syncs; busy: a sync is in the runtime's hands; terminating: containers are being stopped; terminated: nothing runs any more. */
export type Stage = 'idle' | 'busy' | 'terminating' | 'terminated';
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** An Event that a further occurrence only counts up. */
export interface WrittenEvent {
  readonly name: string;
  count: number;
}

/** When each condition last changed, and what it is. Order of the API's list. */
export interface ConditionTimes {
  sandbox: Instant;
  initialized: Instant;
  ready: Instant;
  containersReady: Instant;
}

export interface ResizeCondition {
  readonly reason?: string;
  readonly message?: string;
  readonly since: Instant;
  readonly generation: number;
}

/** What became of the resizes that were asked of a pod. */
export interface PodResize {
  pending: ResizeCondition | undefined;
  progress: ResizeCondition | undefined;
}

export class PodWorker {
  readonly slot: number;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly luck: number;
  readonly ordinal: number;
  /** What it has been given on this node. */
  requests: Resources;
  readonly containers: readonly ContainerRecord[];
  readonly initCount: number;
  metadata: ObjectMeta | undefined;
  spec: PodSpec;
  stage: Stage = 'idle';
  phase: PodPhase = 'Pending';
  /** What the API server was last told; behind `phase` while a pod that is over still holds its node's resources. */
  sentPhase: PodPhase = 'Pending';
  /** status.reason and status.message: rejection, eviction, deadline. */
  reason: string | undefined = undefined;
  message: string | undefined = undefined;
  /** Refused at admission: nothing ever ran. */
  rejected = false;
  /** From the node's own manifests; `mirrorUid` is the uid of its shadow at the API server. */
  /** Ended by the kubelet for the node's sake: condition DisruptionTarget. */
  disrupted = false;
  isStatic = false;
  mirrorUid: string | undefined = undefined;
  seenAt: Instant;
  sandboxReady = false;
  /** A relist has shown it, or will with its containers. */
  sandboxTold = true;
  sandboxes = 0;
  /** It had one before the machine lost its power. */
  sandboxLost = false;
  address: number | undefined = undefined;
  initialized = false;
  /** Bits of the conditions as last published: 1 sandbox, 2 initialized, 4 ready, 8 containersReady. */
  conditionBits = 0;
  conditionTimes: ConditionTimes;
  /** Containers that the sync in hand still has to start, and how far it is. */
  toStart: readonly number[] = [];
  startIndex = 0;
  stepAt: Instant = 0;
  createAt: Instant = 0;
  stepTimer: Timer | undefined = undefined;
  syncFailed = false;
  syncAgain = false;
  syncs = 0;
  /** Its requests and it are part of the node's sums. */
  counted = false;
  inPleg = false;
  resyncTimer: Timer | undefined = undefined;
  deadlineTimer: Timer | undefined = undefined;
  /** Made when a resize is asked for. */
  resize: PodResize | undefined = undefined;
  /** Time spent pulling and in init containers: not part of the start SLI. */
  pullTime = 0;
  initTime = 0;
  /** Creating and starting its containers. */
  startTime = 0;
  observedRunning = false;
  /** Deletion was asked for: the API object goes once the pod is terminated. */
  deleting = false;
  graceUntil: Instant = 0;
  /** The object is already gone from the API server. */
  orphaned = false;
  deleteSent = false;
  /** What the API server has of the status: nothing yet, all that was sent, or nobody knows (a write failed, or a former life wrote it). */
  known: 'nothing' | 'written' | 'unknown' = 'nothing';
  addressWritten = false;
  /** The API server has it as not ready, though it is. */
  contradicted = false;
  /** Status manager: one patch under way, the latest state wins. */
  print = 0;
  sentPrint = 0;
  statusInFlight = false;
  statusRetry: Timer | undefined = undefined;
  /** Events written that may repeat, by reason and text; the bucket of the spam filter. Made at the first trouble. */
  repeats: Map<string, WrittenEvent> | undefined = undefined;
  spam: TokenBucket | undefined = undefined;

  constructor(
    slot: number,
    pod: Pod,
    requests: Resources,
    luck: number,
    ordinal: number,
    containers: readonly ContainerRecord[],
    seenAt: Instant,
  ) {
    this.slot = slot;
    this.uid = pod.metadata?.uid ?? '';
    this.namespace = pod.metadata?.namespace ?? '';
    this.name = pod.metadata?.name ?? '';
    this.metadata = pod.metadata;
    this.spec = pod.spec as PodSpec;
    this.requests = requests;
    this.luck = luck;
    this.ordinal = ordinal;
    this.containers = containers;
    this.initCount = (pod.spec?.initContainers ?? []).length;
    this.seenAt = seenAt;
    this.conditionTimes = { sandbox: seenAt, initialized: seenAt, ready: seenAt, containersReady: seenAt };
  }
}

/** 'pods/<namespace>/<name>': the subject of its spans. */
export const subjectOf = (worker: PodWorker): string => `pods/${worker.namespace}/${worker.name}`;
