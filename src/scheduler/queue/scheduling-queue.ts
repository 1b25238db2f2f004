/** Where pods wait: active, backing off, or unschedulable until something changes. Mirrors pkg/scheduler/backend/queue/scheduling_queue.go v1.34
 *  with its default feature gates (SchedulerQueueingHints, SchedulerPopFromBackoffQ). Time is given with every call; it has no timers of its own. */

import type { KubeObject, Pod } from '#api';
import type { Duration, Instant } from '#sim';
import { SECOND } from '#sim';
import { podChanges, UNSCHEDULED_POD_ADD } from '../cluster-events.ts';
import { SMALL_POINT_COST } from '../costs.ts';
import type { ExplainJournal } from '../explain-journal.ts';
import type { Nominator } from '../nominator.ts';
import { podPriority, podUid } from '../pod-fields.ts';
import type { Profile } from '../profile.ts';
import { ALL, type ClusterEvent, type EventRegistration, matchesEvent, registrationsOf } from '../queueing-events.ts';
import { messageOf, type Status } from '../status.ts';
import { Heap } from './heap.ts';
import { InFlightEvents } from './in-flight-events.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueInstruments, type QueueSettings } from './queue-settings.ts';
import { backoffDuration, newQueuedPodInfo, type QueuedPodInfo } from './queued-pod-info.ts';
import { UnschedulablePods } from './unschedulable-pods.ts';

/** backoffQOrderingWindowDuration: pods whose back-off ends in one second leave by priority. */
const BACKOFF_WINDOW: Duration = SECOND;

/** How often pods are looked for that have waited too long. */
const FLUSH_PERIOD: Duration = 30 * SECOND;

interface Registered {
  readonly plugin: string;
  readonly registration: EventRegistration;
}

export class SchedulingQueue {
  readonly #settings: QueueSettings;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #nominator: Nominator;
  readonly #active: Heap<QueuedPodInfo>;
  readonly #backoff: Heap<QueuedPodInfo>;
  /** Pods that failed with an error back off apart: they are never taken early. */
  readonly #errorBackoff: Heap<QueuedPodInfo>;
  readonly #unschedulable = new UnschedulablePods();
  readonly #inFlight = new InFlightEvents();
  readonly #registered = new Map<string, readonly Registered[]>();
  #gated = 0;
  #flushFrom: Instant = 0;
  #flushAt: Instant = 0;
  /** isEventOfInterest, by label. */
  readonly #interest = new Map<string, boolean>();
  #instruments: QueueInstruments | undefined;
  /** Told of every way in and of pods deleted while they wait, when a run is to be explained. */
  journal: ExplainJournal | undefined;

  constructor(profiles: ReadonlyMap<string, Profile>, nominator: Nominator, settings: QueueSettings = DEFAULT_QUEUE_SETTINGS) {
    this.#settings = settings;
    this.#profiles = profiles;
    this.#nominator = nominator;
    // All profiles must sort alike, as upstream demands.
    const sort = [...profiles.values()][0]?.queueSort;
    const less = (a: QueuedPodInfo, b: QueuedPodInfo): boolean => sort?.less(a, b) ?? false;
    const windowOf = (pod: QueuedPodInfo): number => Math.floor(pod.backoffUntil / BACKOFF_WINDOW);
    const lessBackoff = (a: QueuedPodInfo, b: QueuedPodInfo): boolean => {
      const left = windowOf(a);
      const right = windowOf(b);
      return left === right ? less(a, b) : left < right;
    };
    this.#active = new Heap(less);
    this.#backoff = new Heap(lessBackoff);
    this.#errorBackoff = new Heap(lessBackoff);
    for (const profile of profiles.values()) {
      const registered: Registered[] = [];
      for (const plugin of profile.plugins.values()) {
        for (const registration of registrationsOf(plugin)) {
          const { hint: _hint, ...plain } = registration;
          registered.push({ plugin: plugin.name, registration: settings.usesHints ? registration : plain });
        }
      }
      this.#registered.set(profile.schedulerName, registered);
    }
  }

  instrument(instruments: QueueInstruments): void {
    this.#instruments = instruments;
    if (this.#settings.usesHints) this.#inFlight.levels = (event) => instruments.inFlight(event);
    if (this.size === 0) return;
    for (const { pod, blamed } of this.#unschedulable.values())
      for (const plugin of blamed) instruments.unschedulable(plugin, profileOf(pod)).add(1);
    this.#level('active');
    this.#level('backoff');
    this.#levelUnschedulable();
  }

  get activeSize(): number {
    return this.#active.size;
  }

  /** Something can be popped. */
  get hasWork(): boolean {
    return this.#active.size > 0 || this.#backoff.size > 0;
  }

  get size(): number {
    return this.#active.size + this.#backoff.size + this.#errorBackoff.size + this.#unschedulable.size;
  }

  /** When the next back-off or the next flush is due; undefined when nothing waits for time. */
  nextWakeup(now: Instant): Instant | undefined {
    let next = Number.POSITIVE_INFINITY;
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      const first = heap.peek();
      // flushBackoffQCompleted runs with every whole second.
      if (first !== undefined) next = Math.min(next, (Math.floor(Math.max(first.backoffUntil, now) / BACKOFF_WINDOW) + 1) * BACKOFF_WINDOW);
    }
    const due = this.#unschedulable.oldest + this.#settings.maxUnschedulable;
    if (this.#unschedulable.size > 0 && due < Number.POSITIVE_INFINITY)
      next = Math.min(next, Math.max(this.#flushAfter(due), this.#flushAt, now + 1));
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  /** Run: from now on flushUnschedulablePodsLeftover looks every 30 s. */
  run(now: Instant): void {
    this.#flushFrom = now;
    this.#flushAt = now;
  }

  /** The first look after an instant. */
  #flushAfter(instant: Instant): Instant {
    return this.#flushFrom + (Math.floor((instant - this.#flushFrom) / FLUSH_PERIOD) + 1) * FLUSH_PERIOD;
  }

  /** A new pod to schedule. */
  add(pod: Pod, now: Instant): void {
    this.#enter(newQueuedPodInfo(pod, now), 'active', UNSCHEDULED_POD_ADD.label, now);
  }

  /** A waiting pod changed: in the unschedulable pods that may be what its plugins waited for. */
  update(before: Pod, pod: Pod, now: Instant): void {
    const uid = podUid(pod);
    if (this.#inFlight.has(uid)) {
      // Judged when it comes back.
      for (const event of podChanges(before, pod)) this.#inFlight.record({ event, before, after: pod });
      return;
    }
    const queued = this.#active.get(uid) ?? this.#backoff.get(uid) ?? this.#errorBackoff.get(uid);
    const info = queued ?? this.#unschedulable.get(uid);
    if (info === undefined) return;
    info.pod = pod;
    this.#nominator.update(before, pod);
    if (queued !== undefined) return;
    for (const event of podChanges(before, pod)) {
      const isWorthTrying = this.#settings.usesHints ? this.#isWorthTrying(info, event, before, pod, now) : before.spec !== pod.spec;
      if (!isWorthTrying) continue;
      this.#leaveUnschedulable(info, event.label, now);
      return;
    }
    if (this.journal !== undefined && info.gatedBy === 'SchedulingGates' && before.spec?.schedulingGates !== pod.spec?.schedulingGates) {
      const status = this.#profiles.get(profileOf(pod))?.runPreEnqueue(pod);
      this.journal.queued(info, 'gated', 'UnschedulablePodUpdate', waitsFor(info, status), now);
    }
  }

  delete(pod: Pod): void {
    const uid = podUid(pod);
    this.#nominator.remove(pod);
    const active = this.#active.delete(uid);
    if (active !== undefined) this.#level('active');
    const backing = this.#backoff.delete(uid) ?? this.#errorBackoff.delete(uid);
    if (backing !== undefined) this.#level('backoff');
    const kept = this.#unschedulable.get(uid);
    if (kept !== undefined) this.#release(kept);
    const info = active ?? backing ?? kept;
    if (info !== undefined) this.#acquit(info);
    this.journal?.unqueued(pod);
  }

  /** The next pod to schedule; from the back-off queue when nothing else waits. It is in flight until done() or putBack(). */
  pop(): QueuedPodInfo | undefined {
    let info = this.#active.pop();
    if (info === undefined) {
      info = this.#backoff.pop();
      if (info === undefined) return undefined;
      this.#level('backoff');
      this.#instruments?.incoming('active', 'PopFromBackoffQ').add();
    } else this.#level('active');
    info.attempts++;
    this.#acquit(info);
    this.#inFlight.take(info.uid);
    return info;
  }

  /** The pod was bound, or is gone. */
  done(uid: string): void {
    this.#inFlight.done(uid);
  }

  /** AddUnschedulableIfNotPresent: after a failed attempt. `plugins` rejected it; none of them: an error. */
  putBack(info: QueuedPodInfo, plugins: ReadonlySet<string>, now: Instant): void {
    const seen = this.#inFlight.since(info.uid);
    const isActivated = this.#inFlight.isActivated(info.uid);
    this.#inFlight.done(info.uid);
    if (this.#has(info.uid)) return;
    info.timestamp = now;
    info.unschedulablePlugins = plugins;
    for (const plugin of plugins) this.#blame(info, plugin);
    if (plugins.size === 0) info.consecutiveErrors++;
    else {
      info.consecutiveErrors = 0;
      info.unschedulableCount++;
    }
    const failures = plugins.size === 0 ? info.consecutiveErrors : info.unschedulableCount;
    info.backoffUntil = now + backoffDuration(failures, this.#settings.initialBackoff, this.#settings.maxBackoff);
    // determineSchedulingHintForInFlightPod: an error waits for nothing but time.
    const isToBeTried =
      plugins.size === 0 || isActivated || seen.some(({ event, before, after }) => this.#isWorthTrying(info, event, before, after, now));
    const room = !isToBeTried ? 'unschedulable' : this.#isBackingOff(info, now) ? 'backoff' : 'active';
    this.#enter(info, room, 'ScheduleAttemptFailure', now);
  }

  /** isPodBackingoff: until the second in which it ends is over. */
  #isBackingOff({ backoffUntil }: QueuedPodInfo, now: Instant): boolean {
    return this.#settings.maxBackoff > 0 && Math.floor(backoffUntil / BACKOFF_WINDOW) >= Math.floor(now / BACKOFF_WINDOW);
  }

  /** Nothing is known of what this rejector waits for: every event may help (framework.go, defaultEnqueueExtension). */
  registerForAll(plugin: string): void {
    const registration: EventRegistration = { resource: '*', action: ALL };
    for (const [profile, registered] of this.#registered) this.#registered.set(profile, [...registered, { plugin, registration }]);
    this.#interest.clear();
  }

  /** MoveAllToActiveOrBackoffQueue: something changed; the pods that it may help are brought back. `except`: a pod that caused it itself;
   *  `atMost`: only pods of at most this priority (getLEPriorityPreCheck). */
  move(
    event: ClusterEvent,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
    now: Instant,
    except = '',
    atMost = Number.POSITIVE_INFINITY,
  ): void {
    if (!this.#isOfInterest(event)) return;
    if (this.#unschedulable.size > 0) {
      const plugins = new Set<string>();
      for (const registered of this.#registered.values()) {
        for (const { plugin, registration } of registered) if (matchesEvent(registration, event)) plugins.add(plugin);
      }
      for (const info of this.#unschedulable.keptBy(plugins)) {
        if (info.uid === except || podPriority(info.pod) > atMost) continue;
        if (this.#isWorthTrying(info, event, before, after, now)) this.#leaveUnschedulable(info, event.label, now);
      }
    }
    this.#inFlight.record({ event, before, after });
  }

  #isOfInterest(event: ClusterEvent): boolean {
    let isOfInterest = this.#interest.get(event.label);
    if (isOfInterest === undefined) {
      isOfInterest = [...this.#registered.values()].some((all) => all.some(({ registration }) => matchesEvent(registration, event)));
      this.#interest.set(event.label, isOfInterest);
    }
    return isOfInterest;
  }

  /** Pods whose back-off is over become active; pods that waited five minutes are tried again. */
  advance(now: Instant): void {
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (;;) {
        const first = heap.peek();
        // Back-offs end on whole seconds of the window.
        if (first === undefined || (Math.floor(first.backoffUntil / BACKOFF_WINDOW) + 1) * BACKOFF_WINDOW > now) break;
        heap.pop();
        this.#level('backoff');
        this.#enter(first, 'active', 'BackoffComplete', now);
      }
    }
    if (now < this.#flushAt) return;
    this.#flushAt = this.#flushAfter(now);
    for (const info of this.#unschedulable.waitingSinceBefore(now - this.#settings.maxUnschedulable))
      this.#leaveUnschedulable(info, 'UnschedulableTimeout', now);
  }

  /** Activate: out of the unschedulable pods or the back-off, whatever is left of it. */
  activate(uid: string, now: Instant): void {
    const info = this.#unschedulable.get(uid);
    if (info !== undefined) {
      this.#leaveUnschedulable(info, 'ForceActivate', now);
      return;
    }
    const backing = this.#backoff.delete(uid) ?? this.#errorBackoff.delete(uid);
    if (backing === undefined) {
      // Under way: it is tried again as soon as it comes back.
      this.#inFlight.activate(uid);
      return;
    }
    this.#level('backoff');
    this.#enter(backing, 'active', 'ForceActivate', now);
  }

  #has(uid: string): boolean {
    return this.#active.has(uid) || this.#backoff.has(uid) || this.#errorBackoff.has(uid) || this.#unschedulable.has(uid);
  }

  /** isPodWorthRequeuing: some plugin that rejected the pod registered for this event and does not rule its help out. */
  #isWorthTrying(
    info: QueuedPodInfo,
    event: ClusterEvent,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
    now: Instant,
  ): boolean {
    if (info.gatedBy === '' && info.unschedulablePlugins.size === 0) return true;
    // What holds it must hear of it first, and then any of those that kept it out.
    if (info.gatedBy !== '' && !this.#concerns(info.gatedBy, info.pod, event)) return false;
    for (const { plugin, registration } of this.#registered.get(profileOf(info.pod)) ?? []) {
      if (plugin !== info.gatedBy && !info.unschedulablePlugins.has(plugin)) continue;
      if (!matchesEvent(registration, event)) continue;
      const hint = registration.hint?.(info.pod, before, after) ?? 'Queue';
      if (this.#settings.usesHints) this.#instruments?.hint(plugin, event.label, hint === 'Queue' ? 'Queue' : 'QueueSkip', now);
      if (hint === 'Queue') return true;
    }
    return false;
  }

  /** GatingPluginEvents. */
  #concerns(gate: string, pod: Pod, event: ClusterEvent): boolean {
    const registered = this.#registered.get(profileOf(pod)) ?? [];
    return registered.some(({ plugin, registration }) => plugin === gate && matchesEvent(registration, event));
  }

  #leaveUnschedulable(info: QueuedPodInfo, event: string, now: Instant): void {
    this.#release(info);
    const isBackingOff = event !== 'ForceActivate' && info.backoffUntil > 0 && this.#isBackingOff(info, now);
    this.#enter(info, isBackingOff ? 'backoff' : 'active', event, now);
  }

  /** Every way in: PreEnqueue may hold the pod back. */
  #enter(info: QueuedPodInfo, room: 'active' | 'backoff' | 'unschedulable', event: string, now: Instant): void {
    const profile = profileOf(info.pod);
    // Who backed off was asked when it entered the back-off.
    const isAsked = room !== 'unschedulable' && event !== 'BackoffComplete';
    const status = isAsked ? this.#profiles.get(profile)?.runPreEnqueue(info.pod) : undefined;
    info.gatedBy = status?.plugin ?? '';
    if (status !== undefined) this.#blame(info, info.gatedBy);
    if (isAsked) this.#instruments?.point('PreEnqueue', status?.code ?? 'Success', profile, SMALL_POINT_COST);
    if (room === 'unschedulable' || status !== undefined) {
      this.#keep(info);
      this.journal?.queued(info, status === undefined ? 'unschedulable' : 'gated', event, waitsFor(info, status), now);
      this.#instruments?.incoming(status === undefined ? 'unschedulable' : 'gated', event).add();
      return;
    }
    if (room === 'active') {
      info.initialAttemptTimestamp ??= now;
      this.#active.push(info);
    } else (info.consecutiveErrors > 0 ? this.#errorBackoff : this.#backoff).push(info);
    this.journal?.queued(info, room, event, '', now);
    this.#instruments?.incoming(room, event).add();
    this.#level(room);
  }

  /** scheduler_unschedulable_pods: a pod counts under every plugin that keeps it out, until it is tried again or gone. */
  #blame(info: QueuedPodInfo, plugin: string): void {
    if (info.blamed.includes(plugin)) return;
    info.blamed = [...info.blamed, plugin];
    this.#instruments?.unschedulable(plugin, profileOf(info.pod)).add(1);
  }

  #acquit(info: QueuedPodInfo): void {
    if (info.blamed.length === 0) return;
    for (const plugin of info.blamed) this.#instruments?.unschedulable(plugin, profileOf(info.pod)).add(-1);
    info.blamed = NOBODY;
  }

  #level(room: 'active' | 'backoff'): void {
    this.#instruments?.pending(room).set(room === 'active' ? this.#active.size : this.#backoff.size + this.#errorBackoff.size);
  }

  /** Takes a pod out of, or into, the unschedulable pods; the two levels are counted along. */
  #keep(info: QueuedPodInfo): void {
    this.#unschedulable.add(info);
    if (info.gatedBy !== '') this.#gated++;
    this.#levelUnschedulable();
  }

  #release(info: QueuedPodInfo): void {
    if (!this.#unschedulable.delete(info.uid)) return;
    if (info.gatedBy !== '') this.#gated--;
    this.#levelUnschedulable();
  }

  #levelUnschedulable(): void {
    this.#instruments?.pending('unschedulable').set(this.#unschedulable.size - this.#gated);
    this.#instruments?.pending('gated').set(this.#gated);
  }
}

const NOBODY: readonly string[] = [];

const profileOf = (pod: Pod): string => pod.spec?.schedulerName ?? 'default-scheduler';

/** Who holds a pod: the plugin that keeps it out, with its words, or those that rejected it. */
const waitsFor = ({ gatedBy, unschedulablePlugins }: QueuedPodInfo, status: Status | undefined): string =>
  status === undefined ? [...unschedulablePlugins].sort().join(' ') : `${gatedBy}: ${messageOf(status)}`;
