/** The scheduler as a host: informers feed cache and queue, one cycle at a time decides, bindings go their own way.
 *  Mirrors pkg/scheduler/{scheduler.go,eventhandlers.go,schedule_one.go} v1.34. */

import type { KubeObject, Node, Pod } from '#api';
import type { ApiClient, Informer, InformerFactory, Outcome } from '#client';
import { createApiClient, createInformerFactory, LeaderElector } from '#client';
import type { Context, Duration, Host, Instant, Message, Timer } from '#sim';
import { messageKind, SECOND } from '#sim';
import { AttemptMetrics } from './attempt-metrics.ts';
import { BindingCycle, type BindingTimer, type Step } from './binding-cycle.ts';
import { Cache } from './cache.ts';
import { CostMeter, type CpuClock } from './cost-meter.ts';
import { EVENT_COST } from './costs.ts';
import { EventHandlers } from './event-handlers.ts';
import { ExplainJournal } from './explain-journal.ts';
import { JOURNAL } from './explain-records.ts';
import { ExtenderClient, type ExtenderOutcome } from './extender-client.ts';
import { EXTENDER_NAME, ExtenderCycle } from './extender-cycle.ts';
import type { ObjectLister } from './framework.ts';
import { LiveHandle } from './live-handle.ts';
import { Nominator } from './nominator.ts';
import { registeredPlugins } from './plugin-registration.ts';
import { groupKeyOf, POD_GROUP_LABEL } from './plugins/coscheduling-groups.ts';
import { isTerminating } from './pod-fields.ts';
import { Profile } from './profile.ts';
import { profileEvents } from './profile-events.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueSettings } from './queue/queue-settings.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { type Decision, type Failure, PodScheduler } from './schedule-pod.ts';
import { profilesOf, type SchedulerConfig } from './scheduler-config.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';
import { FailureHandler } from './scheduling-failure.ts';
import { WaitingPods } from './waiting-pods.ts';

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

const ACTIVE_PODS = 'status.phase!=Succeeded,status.phase!=Failed';

export class Scheduler implements Host {
  readonly #config: SchedulerConfig;
  readonly #client: ApiClient<Step>;
  readonly #informers: InformerFactory;
  /** Drivers, their nodes and their room: started once there is anything that needs them. */
  readonly #storage: InformerFactory;
  #isStorageStarted = false;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #cache = new Cache();
  readonly #nominator = new Nominator();
  readonly #profiles = new Map<string, Profile>();
  readonly #schedulers = new Map<string, PodScheduler>();
  readonly #queue: SchedulingQueue;
  readonly #waiting = new WaitingPods();
  readonly #events: EventHandlers;
  readonly #failures: FailureHandler;
  readonly #binding: BindingCycle;
  readonly #extenders: ExtenderClient | undefined;
  readonly #meter: CostMeter;
  readonly #journal: ExplainJournal | undefined;
  readonly #elector: LeaderElector | undefined;
  /** Whether this replica is the one that schedules. */
  #leads: boolean;
  #isCandidate = false;
  #metrics: SchedulerMetrics | undefined;
  #attempts: AttemptMetrics | undefined;
  /** Where the next search starts in the node order. */
  #nextStart = 0;
  /** The scheduling thread is taken until then. */
  #busyUntil: Instant = 0;
  #isTurnDue = false;
  #wakeAt: Instant = Number.POSITIVE_INFINITY;
  #wakeTimer: Timer | undefined;
  /** The attempt under way, when it found no node: it is put back when its time is over. */
  #ending: ((ctx: Context) => void) | undefined;
  /** The cycle under way, while it waits for an extender. */
  #paused: { readonly cycle: ExtenderCycle; readonly startedAt: Instant } | undefined;

  /** `exit` is called when it has lost its lease: upstream's process ends then. `cpuClock`: for cost 'measured'. */
  constructor(config: SchedulerConfig, exit?: (ctx: Context) => void, cpuClock?: CpuClock) {
    this.#config = config;
    this.#client = createApiClient<Step>(config.client);
    this.#informers = createInformerFactory(this.#client, { eventCost: EVENT_COST });
    this.#storage = createInformerFactory(this.#client, { eventCost: EVENT_COST });
    this.#pods = this.#informers.informer<Pod>('pods', { fieldSelector: ACTIVE_PODS });
    this.#nodes = this.#informers.informer<Node>('nodes');
    const listers = new Map<string, ObjectLister<KubeObject>>();
    listers.set('pods', this.#pods);
    this.#meter = new CostMeter(config.cost, cpuClock);
    for (const spec of profilesOf(config)) this.#profiles.set(spec.schedulerName, new Profile(spec, registeredPlugins()));
    for (const [name, profile] of this.#profiles) {
      const handle = new LiveHandle(profile, this.#cache, this.#nominator, listers, this.#waiting);
      const percentage = config.configuration?.percentageOfNodesToScore ?? config.percentageOfNodesToScore ?? 0;
      this.#schedulers.set(name, new PodScheduler(profile, this.#cache, this.#nominator, handle, percentage));
      handle.featureGates = config.featureGates;
      for (const plugin of profile.plugins.values()) plugin.attach?.(handle);
    }
    const { podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10 } = config.configuration ?? {};
    const settings = {
      ...DEFAULT_QUEUE_SETTINGS,
      initialBackoff: podInitialBackoffSeconds * SECOND,
      maxBackoff: podMaxBackoffSeconds * SECOND,
      usesHints: config.featureGates?.['SchedulerQueueingHints'] !== false,
    };
    this.#queue = new SchedulingQueue(this.#profiles, this.#nominator, settings);
    this.#events = new EventHandlers(this.#cache, this.#queue, this.#nominator, this.#waiting, this.#schedulers);
    const lane = this.#client.lane({ qps: config.client.qps, burst: config.client.burst });
    const recorder = profileEvents(this.#client as never, lane, [...this.#profiles.keys()]);
    const extenders = config.extenders ?? [];
    this.#extenders = extenders.length === 0 ? undefined : new ExtenderClient(extenders);
    if (this.#extenders !== undefined) this.#queue.registerForAll(EXTENDER_NAME);
    const live = (key: string): Pod | undefined => this.#pods.get(key);
    this.#failures = new FailureHandler(
      this.#client,
      recorder,
      this.#queue,
      this.#nominator,
      this.#profiles,
      this.#waiting,
      live,
      config.featureGates,
    );
    this.#failures.onFree = (ctx) => ctx.after(0, CYCLE);
    this.#binding = new BindingCycle(
      this.#client,
      recorder,
      this.#cache,
      this.#queue,
      this.#nominator,
      this.#failures,
      this.#waiting,
      this.#extenders,
    );
    this.#journal = this.#startJournal(settings);
    this.#leads = config.leaderElection === undefined;
    this.#elector = this.#leads ? undefined : this.#newElector(exit);
    this.#indexGroups();
    this.#events.watch(this.#pods, this.#nodes, this.#informers, this.#storage, listers);
  }

  /** Coscheduling asks for the members of a group; nobody else pays for the index. */
  #indexGroups(): void {
    if (![...this.#profiles.values()].some((profile) => profile.plugins.has('Coscheduling'))) return;
    this.#pods.addIndex(POD_GROUP_LABEL, (pod) => {
      const key = groupKeyOf(pod);
      return key === '' ? [] : [key];
    });
  }

  start(ctx: Context): void {
    this.#metrics = new SchedulerMetrics(ctx.record);
    this.#attempts = new AttemptMetrics(this.#metrics);
    this.#binding.attempts = this.#attempts;
    this.#events.metrics = this.#metrics;
    this.#binding.metrics = this.#metrics;
    this.#failures.metrics = this.#metrics;
    if (this.#leads) {
      this.#queue.run(ctx.now);
      this.#queue.instrument(this.#metrics);
    }
    for (const { handle } of this.#schedulers.values()) handle.epoch = ctx.clock() - ctx.now;
    this.#informers.start(ctx);
    const journal = this.#journal;
    const epoch = ctx.clock() - ctx.now;
    if (journal !== undefined) ctx.record.keep(JOURNAL, () => journal.read(epoch));
  }

  /** Only when a run is to be explained: whoever changes something tells the journal. */
  #startJournal({ maxUnschedulable }: QueueSettings): ExplainJournal | undefined {
    const { explain, configuration, percentageOfNodesToScore = 0 } = this.#config;
    if (explain === undefined) return undefined;
    const percentage = configuration?.percentageOfNodesToScore ?? percentageOfNodesToScore;
    const journal = new ExplainJournal({ mode: explain, profiles: profilesOf(this.#config), percentage, maxUnschedulable });
    for (const told of [this.#cache, this.#nominator, this.#queue, this.#binding, this.#events]) told.journal = journal;
    return journal;
  }

  /** A replica keeps cache and queue warm while another leads; its levels count from when it does. */
  #newElector(exit: ((ctx: Context) => void) | undefined): LeaderElector | undefined {
    const { leaderElection } = this.#config;
    if (leaderElection === undefined) return undefined;
    const started = (ctx: Context): void => {
      this.#leads = true;
      this.#queue.run(ctx.now);
      if (this.#metrics !== undefined) this.#queue.instrument(this.#metrics);
    };
    const stopped = (ctx: Context): void => {
      this.#leads = false;
      this.#metrics?.withdraw();
      exit?.(ctx);
    };
    return new LeaderElector(this.#client as never, leaderElection, started, stopped);
  }

  receive(message: Message, ctx: Context): void {
    this.#journal?.at(ctx.now);
    const receipt = this.#client.receive(message, ctx);
    if (receipt.handled) {
      if (receipt.outcome !== undefined) this.#binding.finished(receipt.outcome as Outcome<Step>, ctx);
    } else if (message.kind === 'SchedulerTurn') this.#turn((message as SchedulerTurn).turn, ctx);
    else if (message.kind === 'SchedulerBindingTimer') this.#binding.timer(message as BindingTimer, ctx);
    else {
      const outcome = this.#extenders?.receive(message, ctx)?.outcome;
      if (outcome !== undefined) this.#extenderAnswered(outcome, ctx);
    }
    if (this.#events.usesStorage && !this.#isStorageStarted) {
      this.#isStorageStarted = true;
      this.#storage.start(ctx);
    }
    if (this.#leads) this.#metrics?.cacheSizes(ctx.now, this.#cache);
    // A wait that a plugin ended goes on when the scheduling thread has got so far.
    if (this.#waiting.hasSettled && (this.#paused !== undefined || ctx.now >= this.#busyUntil)) this.#binding.settle(ctx);
    for (const { handle } of this.#schedulers.values())
      for (const request of handle.takeWrites()) this.#client.request(ctx, { ...request, discardBody: true }, { step: 'ignore' });
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
    if (this.#waiting.hasSettled) this.#binding.settle(ctx);
    ending?.(ctx);
    // The thread stands still until the API server knows of a failure and, without asynchronous preemption, the victims are on their way out.
    if (this.#failures.isWaiting) this.#isTurnDue = true;
    else this.#cycle(ctx);
  }

  /** Sees to it that the scheduling thread runs when there is work, and that the queue is woken when time is all it waits for. */
  #arm(ctx: Context): void {
    if (!this.#leads) {
      // Run: caches first, then the election.
      if (this.#isCandidate || !this.#isSynced) return;
      this.#isCandidate = true;
      this.#elector?.start(ctx);
      return;
    }
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
    return this.#pods.synced && this.#nodes.synced && (!this.#isStorageStarted || this.#storage.synced);
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
    const { handle } = scheduler;
    handle.chance = ctx.chance;
    handle.attempt = info.attempts;
    handle.now = ctx.clock();
    const subject = `pods/${info.key}`;
    ctx.record.span(subject, 'queue', info.timestamp, ctx.now - info.timestamp, `attempt ${info.attempts}`);
    this.#meter.begin();
    if (this.#extenders?.hasSayIn(info.pod) === true) {
      const cycle = new ExtenderCycle(info, scheduler, this.#extenders, this.#meter, this.#nextStart);
      this.#paused = { cycle, startedAt: ctx.now };
      // No other cycle begins meanwhile.
      this.#isTurnDue = true;
      this.#binding.hold();
      this.#events.hold();
      const decision = cycle.begin(ctx);
      if (decision !== undefined) this.#resume(decision, ctx);
      return;
    }
    const decision = scheduler.schedule(info.pod, this.#nextStart);
    this.#conclude(info, scheduler, decision, this.#meter.read(decision.cost), ctx.now, ctx);
  }

  #extenderAnswered(outcome: ExtenderOutcome, ctx: Context): void {
    const { step, body, error } = outcome;
    if (step.for === 'bind') {
      this.#binding.extenderAnswered(step.uid, body, error, ctx);
      return;
    }
    if (this.#paused === undefined) return;
    this.#meter.resume();
    const { cycle } = this.#paused;
    cycle.scheduler.handle.chance = ctx.chance;
    const decision = cycle.answered(outcome, ctx);
    if (decision !== undefined) this.#resume(decision, ctx);
  }

  /** The cycle has come to its end: what has changed meanwhile is taken in, each change as of its own time. */
  #resume(decision: Decision, ctx: Context): void {
    const { cycle, startedAt } = this.#paused as { cycle: ExtenderCycle; startedAt: Instant };
    this.#paused = undefined;
    this.#binding.release();
    this.#events.release();
    this.#conclude(cycle.info, cycle.scheduler, decision, decision.cost, startedAt, ctx);
  }

  /** The end of an attempt, `cost` from now. */
  #conclude(info: QueuedPodInfo, scheduler: PodScheduler, decision: Decision, cost: Duration, startedAt: Instant, ctx: Context): void {
    const { handle, profile } = scheduler;
    this.#journal?.attempt(info, decision, this.#nextStart, handle.draw('tie', info.pod), startedAt, ctx.now + cost);
    const nodes = this.#cache.table.nodeCount;
    if (nodes > 0) this.#nextStart = (this.#nextStart + decision.evaluated) % nodes;
    this.#busyUntil = ctx.now + cost;
    this.#isTurnDue = true;
    ctx.after(cost, CYCLE);
    const took = this.#busyUntil - startedAt;
    this.#metrics?.algorithm.observe(took / SECOND);
    this.#attempts?.decided(scheduler, decision, ctx.now);
    const found = decision.nodeName === '' ? decision.failure?.message : decision.nodeName;
    ctx.record.span(`pods/${info.key}`, 'scheduling', startedAt, took, found);
    const attempt = { info, profile, handle, state: decision.state, nodeName: decision.nodeName, startedAt };
    const failure: Failure | undefined = decision.failure ?? this.#binding.begin(attempt, cost, ctx);
    if (failure !== undefined) this.#ending = (later) => this.#failures.failed(attempt, failure, later);
  }
}
