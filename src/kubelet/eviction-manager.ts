/** Node-pressure eviction: every ten seconds, while there is something to look at, the signals are compared with their thresholds; conditions follow at once
 *  and stay for a while, unused images go before pods, then one pod goes at a time, ranked by what is short. Pods above limits of their own on the disk go
 *  first, whatever the node has free. Mirrors v1.34 pkg/kubelet/eviction/eviction_manager.go (synchronize, waitForPodsCleanup, localStorageEviction) and
 *  helpers.go (rankMemoryPressure, rankPIDPressure, rankDiskPressureFunc, evictionMessage).
 *  Departures: statistics are never old; a node on which nothing can run short keeps no timer. */

import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import {
  amountIn,
  binaryText,
  EVICTION_SIGNALS,
  type EvictionSignal,
  type PressureCondition,
  type Threshold,
  thresholdsFor,
} from './eviction-signals.ts';
import { EvictionThresholds, type Observation, type Observe } from './eviction-threshold.ts';
import type { Heartbeats } from './heartbeats.ts';
import { isCritical, memoryAbove, requestOf, workingSet } from './node-memory.ts';
import { podEvent } from './pod-events.ts';
import { endPod } from './pod-termination.ts';
import type { PodWorker } from './pod-worker.ts';

/** immediateEvictionGracePeriodSeconds. */
const IMMEDIATE_SECONDS = 1;
/** podCleanupTimeout and podCleanupPollFreq: so long the next look waits for the pods of the last one. */
const CLEANUP_TIMEOUT = 30 * SECOND;
const CLEANUP_POLL = SECOND;

type Compare = (a: PodWorker, b: PodWorker) => number;
const trueFirst = (a: boolean, b: boolean): number => Number(b) - Number(a);
const byPriority: Compare = (a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0);

export class EvictionManager {
  private readonly agent: NodeAgent;
  private readonly heartbeats: Heartbeats;
  private made: EvictionThresholds | undefined;
  private readonly seenAt = new Map<PressureCondition, Instant>();
  private leaving: readonly PodWorker[] = [];
  private leavingUntil: Instant = 0;
  private isCrossed = false;

  constructor(agent: NodeAgent, heartbeats: Heartbeats) {
    this.agent = agent;
    this.heartbeats = heartbeats;
  }

  /** The next look is due. */
  due(ctx: Context): void {
    const { agent } = this;
    // Nobody else sets the timer while this decides.
    agent.evictArmed = true;
    const isBusy = this.leaving.some(({ stage }) => stage !== 'terminated') && ctx.now < this.leavingUntil;
    if (!isBusy) {
      this.leaving = this.look(ctx);
      this.leavingUntil = ctx.now + CLEANUP_TIMEOUT;
      this.heartbeats.setPressure(agent.pressures, ctx);
    }
    if (this.leaving.length > 0) return void agent.after(ctx, CLEANUP_POLL, 'evict');
    agent.evictArmed = false;
    if (agent.pressures.size > 0 || agent.storage.isBusy || this.isCrossed) agent.armEvict(ctx);
  }

  /** The pods that go. */
  private look(ctx: Context): readonly PodWorker[] {
    const { agent } = this;
    agent.storage.lookAt(ctx.now);
    const thresholds = (this.made ??= new EvictionThresholds(thresholdsFor(agent.settings)));
    const { crossed, met } = thresholds.look(this.observer(ctx.now), ctx.now);
    this.isCrossed = crossed.length > 0;
    this.conditions(crossed, ctx.now);
    const over = this.overLimits(ctx);
    if (over.length > 0) return over;
    if (agent.storage.isBusy) agent.disk.changed(ctx);
    const [first] = met;
    if (first === undefined) return [];
    const { resource } = EVICTION_SIGNALS[first.signal];
    agent.nodeEvent('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`, ctx);
    if (this.reclaimed(first.signal, thresholds, ctx)) return [];
    const victim = this.ranked(first.signal, ctx.now).find((worker) => !isCritical(worker));
    if (victim === undefined) return [];
    const grace =
      first.grace === 0
        ? IMMEDIATE_SECONDS
        : Math.min(victim.spec.terminationGracePeriodSeconds ?? 30, agent.settings.evictionMaxPodGraceSeconds);
    victim.disrupted = true;
    this.evict(victim, this.message(victim, met, ctx.now), first.signal, grace, ctx);
    return [victim];
  }

  private observer(now: Instant): Observe {
    const { memory, disk, storage } = this.agent;
    const seen = new Map<EvictionSignal, Observation | undefined>();
    const fresh = (signal: EvictionSignal): Observation | undefined => {
      if (signal === 'memory.available') return memory.observed(now);
      if (signal === 'allocatableMemory.available') return memory.observedOfPods(now);
      return signal === 'pid.available' ? storage.observedProcesses() : disk.observed(signal);
    };
    return (signal) => {
      if (!seen.has(signal)) seen.set(signal, fresh(signal));
      return seen.get(signal);
    };
  }

  /** A condition outlives its cause by evictionPressureTransitionPeriod. */
  private conditions(crossed: readonly Threshold[], now: Instant): void {
    const { pressures, settings } = this.agent;
    for (const { signal } of crossed) this.seenAt.set(EVICTION_SIGNALS[signal].condition, now);
    for (const [condition, at] of this.seenAt) {
      if (now - at < settings.evictionPressureTransitionSeconds * SECOND) pressures.add(condition);
      else {
        pressures.delete(condition);
        this.seenAt.delete(condition);
      }
    }
  }

  private overLimits(ctx: Context): readonly PodWorker[] {
    const gone: PodWorker[] = [];
    for (const { worker, message, signal } of this.agent.storage.overLimits()) {
      if (isCritical(worker)) continue;
      this.evict(worker, message, signal, IMMEDIATE_SECONDS, ctx);
      gone.push(worker);
    }
    return gone;
  }

  private evict(worker: PodWorker, message: string, signal: string, graceSeconds: number, ctx: Context): void {
    ctx.record.counter('kubelet_evictions', { eviction_signal: signal }).add();
    podEvent(this.agent, worker, undefined, 'Warning', 'Evicted', message, ctx);
    endPod(this.agent, worker, graceSeconds, { phase: 'Failed', reason: 'Evicted', message }, ctx);
  }

  /** reclaimNodeLevelResources: unused images, where images lie on the disk that is short; enough when no threshold of any signal is crossed after it. */
  private reclaimed(signal: EvictionSignal, thresholds: EvictionThresholds, ctx: Context): boolean {
    const { disk, images } = this.agent;
    if (EVICTION_SIGNALS[signal].condition !== 'DiskPressure' || !disk.holdsImages(signal)) return false;
    const before = images.version;
    disk.removeUnused(ctx.now);
    if (images.version !== before) this.heartbeats.statusDue(ctx);
    return thresholds.isRelieved(this.observer(ctx.now));
  }

  /** The pods that may go, the first first. */
  private ranked(signal: EvictionSignal, now: Instant): readonly PodWorker[] {
    const { agent } = this;
    const { storage } = agent;
    const candidates = [...agent.workers.values()].filter(({ stage }) => stage !== 'terminated' && stage !== 'terminating');
    const { resource } = EVICTION_SIGNALS[signal];
    if (resource === 'pids') {
      const compare: Compare = (a, b) => byPriority(a, b) || storage.processesOf(b) - storage.processesOf(a) || a.slot - b.slot;
      return candidates.sort(compare);
    }
    if (resource === 'memory') {
      const over = new Map(candidates.map((worker) => [worker, memoryAbove(agent, worker, now)]));
      const above = (worker: PodWorker): number => over.get(worker) ?? 0;
      return candidates.sort((a, b) => trueFirst(above(a) > 0, above(b) > 0) || byPriority(a, b) || above(b) - above(a) || a.slot - b.slot);
    }
    const use = new Map(candidates.map((worker) => [worker, agent.disk.useOf(worker, signal)]));
    const used = (worker: PodWorker): number => use.get(worker) ?? 0;
    const asked = (worker: PodWorker): number => worker.requests['ephemeral-storage'] ?? 0;
    // Nobody asks for inodes, yet what is asked for of the disk is taken off them too (helpers.go, disk).
    const exceeds = (worker: PodWorker): boolean => used(worker) > (resource === 'inodes' ? 0 : asked(worker));
    const above = (worker: PodWorker): number => used(worker) - asked(worker);
    return candidates.sort((a, b) => trueFirst(exceeds(a), exceeds(b)) || byPriority(a, b) || above(b) - above(a) || b.slot - a.slot);
  }

  private message(worker: PodWorker, met: readonly Threshold[], now: Instant): string {
    const { agent } = this;
    const { resource } = EVICTION_SIGNALS[(met[0] as Threshold).signal];
    let message = `The node was low on resource: ${resource}. `;
    const threshold = met.find(({ signal }) => EVICTION_SIGNALS[signal].resource === resource) as Threshold;
    const observed = this.observer(now)(threshold.signal);
    if (observed !== undefined) {
      const isCount = resource === 'inodes' || resource === 'pids';
      const quantity = amountIn(threshold.amount, observed.capacity);
      const available = isCount ? String(Math.floor(observed.available)) : binaryText(wholePages(observed.available));
      message += `Threshold quantity: ${isCount && typeof threshold.amount === 'number' ? quantity : binaryText(quantity)}, available: ${available}. `;
    }
    if (resource !== 'memory' && resource !== 'ephemeral-storage') return message;
    for (const record of worker.containers) {
      const used = resource === 'memory' ? workingSet(agent, record, now).now : agent.storage.ownBytes(record);
      const request = record.spec.resources?.requests?.[resource];
      const asked = requestOf(record, resource);
      if (wholePages(used) > asked)
        message += `Container ${record.spec.name} was using ${binaryText(wholePages(used))}, request is ${request ?? '0'}, has larger consumption of ${resource}. `;
    }
    return message;
  }
}

/** Memory and disks are handed out by pages of 4 KiB. */
const wholePages = (bytes: number): number => Math.floor(bytes / 4096) * 4096;
