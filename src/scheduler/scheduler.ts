/** The scheduler as a host: informers feed cache and queue, one cycle at a time decides, bindings go their own way.
 *  Mirrors pkg/scheduler/{scheduler.go,eventhandlers.go,schedule_one.go} v1.34. */

import type { KubeObject, Node, Pod } from '#api';
import { keyOf } from '#api';
import type { ApiClient, Informer, InformerEvent, InformerFactory, Outcome } from '#client';
import { createApiClient, createInformerFactory, EventRecorder } from '#client';
import type { Context, Host, Instant, Message, Timer } from '#sim';
import { messageKind, SECOND } from '#sim';
import { BindingCycle, type Step } from './binding-cycle.ts';
import { Cache } from './cache.ts';
import {
  ASSIGNED_POD_ADD,
  ASSIGNED_POD_DELETE,
  assignedPodChanges,
  NODE_ADD,
  NODE_DELETE,
  nodeChanges,
  objectEvent,
  waitingPodChange,
} from './cluster-events.ts';
import { EVENT_COST } from './costs.ts';
import { ExplainJournal } from './explain-journal.ts';
import { JOURNAL } from './explain-records.ts';
import type { ObjectLister } from './framework.ts';
import { LiveHandle } from './live-handle.ts';
import { Nominator } from './nominator.ts';
import { registeredPlugins } from './plugin-registration.ts';
import { isFinished, isTerminating, nodeName, podUid } from './pod-fields.ts';
import { Profile } from './profile.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings, SchedulingQueue } from './queue/scheduling-queue.ts';
import type { EventResource } from './queueing-events.ts';
import { PodScheduler } from './schedule-pod.ts';
import { profilesOf, type SchedulerConfig } from './scheduler-config.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';

/** The thread that schedules: 'cycle' looks at the queue, 'failed' ends an attempt that found no node. */
interface SchedulerTurn extends Message {
  readonly kind: 'SchedulerTurn';
  readonly turn: 'cycle' | 'wake';
}
messageKind<SchedulerTurn>({
  kind: 'SchedulerTurn',
  digest(m, hasher) {
    hasher.string(m.turn);
  },
});
const CYCLE: SchedulerTurn = { kind: 'SchedulerTurn', turn: 'cycle' };
const WAKE: SchedulerTurn = { kind: 'SchedulerTurn', turn: 'wake' };

/** What plugins look at besides pods and nodes, with the resource name that events carry; '' where nothing can be waited for. */
const WATCHED: readonly (readonly [resource: string, event: EventResource | ''])[] = [
  ['namespaces', ''],
  ['services', ''],
  ['replicationcontrollers', ''],
  ['replicasets.apps', ''],
  ['statefulsets.apps', ''],
  ['poddisruptionbudgets.policy', ''],
  ['persistentvolumes', 'PersistentVolume'],
  ['persistentvolumeclaims', 'PersistentVolumeClaim'],
  ['storageclasses.storage.k8s.io', 'StorageClass'],
];
/** Constraints and namespaces were resolved through these. */
const RESOLVES = new Set(['namespaces', 'services', 'replicationcontrollers', 'replicasets.apps', 'statefulsets.apps']);

const ACTIVE_PODS = 'status.phase!=Succeeded,status.phase!=Failed';

export class Scheduler implements Host {
  readonly #config: SchedulerConfig;
  readonly #client: ApiClient<Step>;
  readonly #informers: InformerFactory;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #cache = new Cache();
  readonly #nominator = new Nominator();
  readonly #profiles = new Map<string, Profile>();
  readonly #schedulers = new Map<string, PodScheduler>();
  readonly #queue: SchedulingQueue;
  readonly #binding: BindingCycle;
  readonly #journal: ExplainJournal | undefined;
  #metrics: SchedulerMetrics | undefined;
  /** Where the next search starts in the node order. */
  #nextStart = 0;
  /** The scheduling thread is taken until then. */
  #busyUntil: Instant = 0;
  #isTurnDue = false;
  #wakeAt: Instant = Number.POSITIVE_INFINITY;
  #wakeTimer: Timer | undefined;
  /** The attempt under way, when it found no node: it is put back when its time is over. */
  #ending: (() => void) | undefined;

  constructor(config: SchedulerConfig) {
    this.#config = config;
    this.#client = createApiClient<Step>(config.client);
    this.#informers = createInformerFactory(this.#client, { eventCost: EVENT_COST });
    this.#pods = this.#informers.informer<Pod>('pods', { fieldSelector: ACTIVE_PODS });
    this.#nodes = this.#informers.informer<Node>('nodes');
    const listers = new Map<string, ObjectLister<KubeObject>>();
    for (const spec of profilesOf(config)) this.#profiles.set(spec.schedulerName, new Profile(spec, registeredPlugins()));
    for (const [name, profile] of this.#profiles) {
      const handle = new LiveHandle(profile, this.#cache, this.#nominator, listers);
      const percentage = config.configuration?.percentageOfNodesToScore ?? config.percentageOfNodesToScore ?? 0;
      this.#schedulers.set(name, new PodScheduler(profile, this.#cache, this.#nominator, handle, percentage));
    }
    const { podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10 } = config.configuration ?? {};
    const settings = {
      ...DEFAULT_QUEUE_SETTINGS,
      initialBackoff: podInitialBackoffSeconds * SECOND,
      maxBackoff: podMaxBackoffSeconds * SECOND,
    };
    this.#queue = new SchedulingQueue(this.#profiles, this.#nominator, settings);
    const lane = this.#client.lane({ qps: config.client.qps, burst: config.client.burst });
    const recorder = new EventRecorder(this.#client as never, lane, config.schedulerName ?? 'default-scheduler');
    this.#binding = new BindingCycle(this.#client, recorder, this.#cache, this.#queue, this.#nominator, this.#profiles);
    this.#journal = this.#startJournal(settings);
    this.#watch(listers);
  }

  start(ctx: Context): void {
    this.#metrics = new SchedulerMetrics(ctx.record);
    this.#binding.metrics = this.#metrics;
    this.#queue.instrument(this.#metrics);
    this.#informers.start(ctx);
    const journal = this.#journal;
    if (journal !== undefined) ctx.record.keep(JOURNAL, () => journal.read());
  }

  /** Only when a run is to be explained: whoever changes something tells the journal. */
  #startJournal({ maxUnschedulable }: QueueSettings): ExplainJournal | undefined {
    const { explain, configuration, percentageOfNodesToScore = 0 } = this.#config;
    if (explain === undefined) return undefined;
    const percentage = configuration?.percentageOfNodesToScore ?? percentageOfNodesToScore;
    const journal = new ExplainJournal({ mode: explain, profiles: profilesOf(this.#config), percentage, maxUnschedulable });
    for (const told of [this.#cache, this.#nominator, this.#queue, this.#binding]) told.journal = journal;
    return journal;
  }

  receive(message: Message, ctx: Context): void {
    this.#journal?.at(ctx.now);
    const receipt = this.#client.receive(message, ctx);
    if (receipt.handled) {
      if (receipt.outcome !== undefined) this.#binding.finished(receipt.outcome as Outcome<Step>, ctx);
    } else if (message.kind === 'SchedulerTurn') this.#turn((message as SchedulerTurn).turn, ctx);
    this.#arm(ctx);
  }

  #turn(turn: SchedulerTurn['turn'], ctx: Context): void {
    if (turn === 'wake') {
      this.#wakeTimer = undefined;
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#queue.advance(ctx.now);
      return;
    }
    this.#isTurnDue = false;
    const ending = this.#ending;
    this.#ending = undefined;
    ending?.();
    this.#cycle(ctx);
  }

  /** Sees to it that the scheduling thread runs when there is work, and that the queue is woken when time is all it waits for. */
  #arm(ctx: Context): void {
    if (!this.#isTurnDue && this.#queue.hasWork && this.#isSynced) {
      this.#isTurnDue = true;
      ctx.after(Math.max(this.#busyUntil - ctx.now, 0), CYCLE);
    }
    const wakeup = this.#queue.nextWakeup(ctx.now);
    if (wakeup === undefined || wakeup >= this.#wakeAt) return;
    if (this.#wakeTimer !== undefined) ctx.cancel(this.#wakeTimer);
    this.#wakeAt = wakeup;
    this.#wakeTimer = ctx.after(wakeup - ctx.now, WAKE);
  }

  get #isSynced(): boolean {
    return this.#pods.synced && this.#nodes.synced;
  }

  /** ScheduleOne. */
  #cycle(ctx: Context): void {
    for (;;) {
      const info = this.#queue.pop();
      if (info === undefined) return;
      const scheduler = this.#schedulers.get(info.pod.spec?.schedulerName ?? 'default-scheduler');
      // skipPodSchedule: on its way out, or already placed.
      if (scheduler === undefined || isTerminating(info.pod) || this.#cache.has(info.uid)) {
        this.#queue.done(info.uid);
        continue;
      }
      this.#attempt(info, scheduler, ctx);
      return;
    }
  }

  #attempt(info: QueuedPodInfo, scheduler: PodScheduler, ctx: Context): void {
    const { handle, profile } = scheduler;
    handle.chance = ctx.chance;
    handle.attempt = info.attempts;
    handle.now = ctx.clock();
    const subject = `pods/${info.key}`;
    ctx.record.span(subject, 'queue', info.timestamp, ctx.now - info.timestamp, `attempt ${info.attempts}`);
    const decision = scheduler.schedule(info.pod, this.#nextStart);
    this.#journal?.attempt(info, decision, this.#nextStart, handle.draw('tie', info.pod), ctx.now);
    const nodes = this.#cache.table.nodeCount;
    if (nodes > 0) this.#nextStart = (this.#nextStart + decision.evaluated) % nodes;
    const cost = this.#config.cost === undefined || this.#config.cost === 'model' ? decision.cost : this.#config.cost;
    this.#busyUntil = ctx.now + cost;
    this.#isTurnDue = true;
    ctx.after(cost, CYCLE);
    this.#metrics?.algorithm.observe(cost / SECOND);
    ctx.record.span(subject, 'scheduling', ctx.now, cost, decision.nodeName === '' ? decision.failure?.message : decision.nodeName);
    if (decision.failure === undefined) {
      this.#binding.begin({ info, profile, handle, state: decision.state, nodeName: decision.nodeName, startedAt: ctx.now }, cost, ctx);
      return;
    }
    const { failure } = decision;
    const startedAt = ctx.now;
    this.#ending = () => this.#binding.failed({ info, profile, handle, state: decision.state, nodeName: '', startedAt }, failure, ctx);
  }

  #watch(listers: Map<string, ObjectLister<KubeObject>>): void {
    this.#pods.onEvent((event, ctx) => this.#podEvent(event, ctx));
    this.#nodes.onEvent((event, ctx) => this.#nodeEvent(event, ctx));
    for (const [resource, name] of WATCHED) {
      const informer = this.#informers.informer<KubeObject>(resource);
      listers.set(resource, informer);
      informer.onEvent(({ type, object, previous }, ctx) => {
        const isSelecting = RESOLVES.has(resource);
        const isAnew = !isSelecting || isResolvedAnew(type, object, previous);
        if (isSelecting && isAnew) for (const scheduler of this.#schedulers.values()) scheduler.forgetResolved(resource, object);
        if (isAnew) this.#journal?.object(resource, object, type === 'delete', isSelecting);
        if (name === '') return;
        const [before, after] = type === 'delete' ? [object, undefined] : [previous, object];
        this.#queue.move(objectEvent(name, type), before, after, ctx.now);
      });
    }
  }

  #isResponsible(pod: Pod): boolean {
    return this.#profiles.has(pod.spec?.schedulerName ?? 'default-scheduler');
  }

  #podEvent({ type, object: pod, previous }: InformerEvent<Pod>, ctx: Context): void {
    const isGone = type === 'delete' || isFinished(pod);
    const wasAssigned = previous !== undefined && (previous.spec?.nodeName ?? '') !== '';
    const isAssigned = (pod.spec?.nodeName ?? '') !== '';
    if (isGone) {
      this.#podGone(pod, ctx);
      return;
    }
    if (previous !== undefined && podUid(previous) !== podUid(pod)) this.#podGone(previous, ctx);
    if (isAssigned) {
      if (wasAssigned && this.#cache.has(podUid(pod))) {
        this.#cache.updatePod(pod);
        for (const event of assignedPodChanges(previous, pod)) this.#queue.move(event, previous, pod, ctx.now);
        return;
      }
      this.#queue.delete(pod);
      this.#cache.addPod(pod);
      this.#queue.move(ASSIGNED_POD_ADD, undefined, pod, ctx.now);
      return;
    }
    if (!this.#isResponsible(pod) || this.#cache.isAssumed(podUid(pod))) return;
    if (previous === undefined || podUid(previous) !== podUid(pod)) {
      const nominated = (pod.status?.nominatedNodeName as string | undefined) ?? '';
      if (nominated !== '') this.#nominator.add(pod, nominated);
      this.#queue.add(pod, ctx.now);
    } else this.#queue.update(previous, pod, waitingPodChange(previous, pod), ctx.now);
  }

  #podGone(pod: Pod, ctx: Context): void {
    this.#queue.delete(pod);
    if (!this.#cache.has(podUid(pod))) return;
    this.#cache.removePod(pod);
    this.#queue.move(ASSIGNED_POD_DELETE, pod, undefined, ctx.now);
  }

  #nodeEvent({ type, object: node, previous }: InformerEvent<Node>, ctx: Context): void {
    if (type === 'delete') {
      this.#cache.removeNode(nodeName(node));
      this.#queue.move(NODE_DELETE, node, undefined, ctx.now);
    } else if (previous === undefined) {
      this.#cache.addNode(node);
      this.#queue.move(NODE_ADD, undefined, node, ctx.now);
    } else {
      this.#cache.updateNode(node);
      for (const event of nodeChanges(previous, node)) this.#queue.move(event, previous, node, ctx.now);
    }
  }
}

/** Whether selectors that plugins have resolved may come out otherwise: labels of a namespace, a selector. Status changes do not matter. */
function isResolvedAnew(type: string, object: KubeObject, previous: KubeObject | undefined): boolean {
  if (type !== 'update' || previous === undefined) return true;
  const selector = (of: KubeObject): unknown => (of as { spec?: { selector?: unknown } }).spec?.selector;
  return (
    object.metadata?.labels !== previous.metadata?.labels || selector(object) !== selector(previous) || keyOf(object) !== keyOf(previous)
  );
}
