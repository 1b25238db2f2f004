/** The probe workers of a pod's containers: when they tick, what their results do. Mirrors v1.34 pkg/kubelet/prober (prober_manager.go, worker.go);
 *  the arithmetic is probe-schedule.ts. A probe takes no time here, and an exec, HTTP or gRPC probe differ in nothing. */

import type { Container, Probe } from '#api';
import { type Context, type Instant, SECOND } from '#sim';
import type { NodeAgent } from './agent.ts';
import { LUCK } from './luck.ts';
import { podEvent } from './pod-events.ts';
import { type ContainerRecord, type PodWorker, type ProbeType, type ProbeWorker, subjectOf } from './pod-worker.ts';
import { advance, nextChange, nextFailure } from './probe-schedule.ts';
import { timelineOf } from './probe-timeline.ts';

const NO_PROBES: readonly ProbeWorker[] = [];

/** The workers of one container. Their tickers begin now, or, soon after the kubelet's start, at a random part of the period. */
export function probesOf(
  agent: NodeAgent,
  container: Container,
  luck: number,
  ordinal: number,
  index: number,
  ctx: Context,
): readonly ProbeWorker[] {
  if (container.startupProbe === undefined && container.readinessProbe === undefined && container.livenessProbe === undefined)
    return NO_PROBES;
  const probes: ProbeWorker[] = [];
  const add = (type: ProbeType, probe: Probe | undefined): void => {
    if (probe === undefined) return;
    const period = (probe.periodSeconds ?? 10) * SECOND;
    const isYoung = period > ctx.now - agent.startedAt;
    const wait = isYoung ? Math.floor(ctx.chance.uniform(LUCK.probePhase, luck, ordinal, index * 4 + probes.length) * period) : 0;
    probes.push({
      type,
      period,
      failureThreshold: probe.failureThreshold ?? 3,
      successThreshold: probe.successThreshold ?? 1,
      initialDelay: (probe.initialDelaySeconds ?? 0) * SECOND,
      nextTick: ctx.now + wait,
      lastResult: undefined,
      resultRun: 0,
      published: undefined,
      executed: 0,
      timeline: undefined,
      onHold: false,
      timer: undefined,
    });
  };
  add('startup', container.startupProbe);
  add('readiness', container.readinessProbe);
  add('liveness', container.livenessProbe);
  return probes;
}

/** A sync sees the container running for the first time: probing begins. */
export function containerObserved(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  record.observed = true;
  let startup = false;
  let readiness = false;
  for (const probe of record.probes) {
    probe.timeline = timelineOf(record.startedAt, record.readyAt, record.behaviour.probes?.[probe.type]);
    probe.onHold = false;
    // The results manager's initial values (newWorker).
    probe.published = probe.type === 'liveness' ? true : probe.type === 'readiness' ? false : undefined;
    if (probe.type === 'startup') startup = true;
    if (probe.type === 'readiness') readiness = true;
  }
  if (startup) {
    record.probes.forEach((probe, at) => {
      if (probe.type === 'startup') begin(agent, worker, record, index, at, ctx);
    });
    return;
  }
  containerStarted(agent, worker, record, index, readiness, ctx);
}

/** There is no startup probe, or it has succeeded: the other probes begin. */
function containerStarted(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord,
  index: number,
  readiness: boolean,
  ctx: Context,
): void {
  record.started = true;
  if (!readiness) record.ready = true;
  record.probes.forEach((probe, at) => {
    if (probe.type === 'startup') return;
    // UpdatePodStatus triggers the readiness probe of a started container at once, and its ticker begins anew there.
    if (probe.type === 'readiness') probe.nextTick = ctx.now;
    begin(agent, worker, record, index, at, ctx);
  });
}

/** Skips the ticks that do not probe: those gone by and those before the initial delay is over. */
function begin(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, at: number, ctx: Context): void {
  const probe = record.probes[at] as ProbeWorker;
  const from = Math.max(ctx.now, record.startedAt + probe.initialDelay);
  if (probe.nextTick < from) probe.nextTick += Math.ceil((from - probe.nextTick) / probe.period) * probe.period;
  arm(agent, worker, record, index, at, ctx);
}

/** Sets the timer to the next tick that anyone will notice. */
function arm(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, at: number, ctx: Context): void {
  const probe = record.probes[at] as ProbeWorker;
  if (probe.timeline === undefined) return;
  let next: Instant;
  if (agent.settings.probes === 'each') next = probe.nextTick;
  else {
    next = nextChange(probe, probe, probe.timeline).at;
    if (agent.settings.events !== 'none') {
      const from = ctx.now + (worker.spam === undefined ? 0 : worker.spam.wait(ctx.now));
      next = Math.min(next, nextFailure(probe, probe, probe.timeline, from));
    }
  }
  probe.timer =
    next === Number.POSITIVE_INFINITY ? undefined : agent.after(ctx, Math.max(0, next - ctx.now), 'probe', worker.slot, index * 4 + at);
}

const TITLES: Readonly<Record<ProbeType, string>> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' };

/** A tick that matters. Returns whether the pod must be synced. */
export function probeDue(agent: NodeAgent, worker: PodWorker, index: number, at: number, ctx: Context): boolean {
  const record = worker.containers[index] as ContainerRecord;
  const probe = record.probes[at] as ProbeWorker;
  probe.timer = undefined;
  if (record.state !== 'running' || probe.timeline === undefined || probe.onHold) return false;
  const before = probe.published;
  const ticksNow = probe.nextTick <= ctx.now;
  advance(probe, probe, probe.timeline, ctx.now);
  if (ticksNow && probe.lastResult === false && (probe.nextTick - probe.period === ctx.now || agent.settings.probes === 'each')) {
    podEvent(
      agent,
      worker,
      record,
      'Warning',
      'Unhealthy',
      `${TITLES[probe.type]} probe failed: HTTP probe failed with statuscode: 503`,
      ctx,
    );
  }
  if (probe.published === before) {
    arm(agent, worker, record, index, at, ctx);
    return false;
  }
  return apply(agent, worker, record, probe, index, at, ctx);
}

function apply(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord,
  probe: ProbeWorker,
  index: number,
  at: number,
  ctx: Context,
): boolean {
  if (probe.published === false && probe.type !== 'readiness') {
    probe.onHold = true;
    probe.resultRun = 0;
    record.failedProbe = probe.type;
    return true;
  }
  if (probe.type === 'readiness') {
    record.ready = probe.published === true;
    // How long the first yes took; later ones are the container's changes of mind.
    if (record.ready && record.probeSpan === false) {
      record.probeSpan = true;
      ctx.record.span(subjectOf(worker), 'probe', record.startedAt, ctx.now - record.startedAt, record.spec.name);
    }
  }
  if (probe.type === 'startup') {
    // It stops probing until the container is restarted.
    containerStarted(agent, worker, record, index, hasReadiness(record), ctx);
    return true;
  }
  arm(agent, worker, record, index, at, ctx);
  return true;
}

const hasReadiness = (record: ContainerRecord): boolean => record.probes.some((probe) => probe.type === 'readiness');

/** The container no longer runs. */
export function stopProbes(record: ContainerRecord, ctx: Context): void {
  record.observed = false;
  record.ready = false;
  record.started = false;
  for (const probe of record.probes) {
    if (probe.timer !== undefined) ctx.cancel(probe.timer);
    probe.timer = undefined;
    if (probe.timeline !== undefined && !probe.onHold) advance(probe, probe, probe.timeline, ctx.now - 1);
    probe.timeline = undefined;
  }
}

/** A pod that is being deleted is no longer restarted for its probes. */
export function stopLiveness(record: ContainerRecord, ctx: Context): void {
  for (const probe of record.probes) {
    if (probe.type === 'readiness' || probe.timer === undefined) continue;
    ctx.cancel(probe.timer);
    probe.timer = undefined;
  }
}
