/** The probe workers of a pod's containers: when they tick, what their results do. Mirrors v1.34 pkg/kubelet/prober (prober_manager.go, worker.go);
 *  the arithmetic is probe-schedule.ts. A probe takes no time here, and an exec, HTTP or gRPC probe differ in nothing. */

import type { Container, Probe } from '#api';
import { type Context, type Instant, SECOND } from '#sim';
import type { KubeletTimer, NodeAgent } from './agent.ts';
import { LUCK } from './luck.ts';
import { podEvent } from './pod-events.ts';
import {
  type ContainerRecord,
  type PodWorker,
  type ProbePlan,
  type ProbeType,
  type ProbeWorker,
  subjectOf,
  troubleOf,
} from './pod-worker.ts';
import { advance, nextChange, nextFailure, type ProbeTimeline } from './probe-schedule.ts';
import { timelineOf } from './probe-timeline.ts';

// One plan a probe of a template.
const plans = new WeakMap<Probe, Map<ProbeType, ProbePlan>>();
function planOf(type: ProbeType, probe: Probe): ProbePlan {
  let byType = plans.get(probe);
  if (byType === undefined) plans.set(probe, (byType = new Map()));
  let plan = byType.get(type);
  if (plan === undefined) {
    plan = {
      type,
      period: (probe.periodSeconds ?? 10) * SECOND,
      failureThreshold: probe.failureThreshold ?? 3,
      successThreshold: probe.successThreshold ?? 1,
      initialDelay: (probe.initialDelaySeconds ?? 0) * SECOND,
    };
    byType.set(type, plan);
  }
  return plan;
}

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
    const plan = planOf(type, probe);
    const { period } = plan;
    const isYoung = period > ctx.now - agent.startedAt;
    const wait = isYoung ? Math.floor(ctx.chance.uniform(LUCK.probePhase, luck, ordinal, index * 4 + probes.length) * period) : 0;
    probes.push({
      plan,
      nextTick: ctx.now + wait,
      lastResult: undefined,
      resultRun: 0,
      published: undefined,
      executed: 0,
      failed: 0,
      countedExecuted: 0,
      countedFailed: 0,
      timeline: undefined,
      since: undefined,
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
  let healthy: ProbeTimeline | undefined;
  let readiness = false;
  for (const probe of record.probes) {
    const own = record.behaviour.probes?.[probe.plan.type];
    const timeline: ProbeTimeline =
      own === undefined
        ? (healthy ?? timelineOf(record.startedAt, record.readyAt, undefined))
        : timelineOf(record.startedAt, record.readyAt, own);
    if (own === undefined) healthy = timeline;
    probe.timeline = timeline;
    agent.hasProbed = true;
    probe.onHold = false;
    // The results manager's initial values (newWorker).
    const { type } = probe.plan;
    probe.published = type === 'liveness' ? true : type === 'readiness' ? false : undefined;
    if (type === 'startup') startup = true;
    if (type === 'readiness') readiness = true;
  }
  if (startup) {
    record.probes.forEach((probe, at) => {
      if (probe.plan.type === 'startup') begin(agent, worker, record, index, at, ctx);
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
    if (probe.plan.type === 'startup') return;
    // UpdatePodStatus triggers the readiness probe of a started container at once, and its ticker begins anew there.
    if (probe.plan.type === 'readiness') probe.nextTick = ctx.now;
    begin(agent, worker, record, index, at, ctx);
  });
}

/** Skips the ticks that do not probe: those gone by and those before the initial delay is over. */
function begin(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, at: number, ctx: Context): void {
  const probe = record.probes[at] as ProbeWorker;
  const from = Math.max(ctx.now, record.startedAt + probe.plan.initialDelay);
  const { period } = probe.plan;
  if (probe.nextTick < from) probe.nextTick += Math.ceil((from - probe.nextTick) / period) * period;
  probe.since = probe.nextTick;
  arm(agent, worker, record, index, at, ctx);
}

/** Sets the timer to the next tick that anyone will notice. */
function arm(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, at: number, ctx: Context): void {
  const probe = record.probes[at] as ProbeWorker;
  if (probe.timeline === undefined) return;
  let next: Instant;
  if (agent.settings.probes === 'each') next = probe.nextTick;
  else {
    next = nextChange(probe, probe.plan, probe.timeline).at;
    if (agent.settings.events !== 'none') {
      const from = ctx.now + (worker.spam === undefined ? 0 : worker.spam.wait(ctx.now));
      next = Math.min(next, nextFailure(probe, probe.plan, probe.timeline, from));
    }
  }
  probe.timer =
    next === Number.POSITIVE_INFINITY ? undefined : agent.after(ctx, Math.max(0, next - ctx.now), 'probe', worker.slot, index * 4 + at);
}

const TITLES: Readonly<Record<ProbeType, string>> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' };

/** A tick that matters. Returns whether the pod must be synced. */
export function probeDue(agent: NodeAgent, worker: PodWorker, message: KubeletTimer, ctx: Context): boolean {
  const index = message.index >> 2;
  const at = message.index & 3;
  const record = worker.containers[index] as ContainerRecord;
  const probe = record.probes[at] as ProbeWorker;
  probe.timer = undefined;
  if (record.state !== 'running' || probe.timeline === undefined || probe.onHold) return false;
  const before = probe.published;
  const ticksNow = probe.nextTick <= ctx.now;
  advance(probe, probe.plan, probe.timeline, ctx.now);
  if (ticksNow && probe.lastResult === false && (probe.nextTick - probe.plan.period === ctx.now || agent.settings.probes === 'each')) {
    podEvent(
      agent,
      worker,
      record,
      'Warning',
      'Unhealthy',
      `${TITLES[probe.plan.type]} probe failed: HTTP probe failed with statuscode: 503`,
      ctx,
    );
  }
  if (probe.published === before) {
    // The same reminder again: at one event a probe this is most of what a node does.
    if (agent.settings.probes === 'each') probe.timer = ctx.after(probe.nextTick - ctx.now, message);
    else arm(agent, worker, record, index, at, ctx);
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
  const { type } = probe.plan;
  if (probe.published === false && type !== 'readiness') {
    probe.onHold = true;
    probe.resultRun = 0;
    troubleOf(record).failedProbe = type;
    return true;
  }
  if (type === 'readiness') {
    record.ready = probe.published === true;
    // How long the first yes took; later ones are the container's changes of mind.
    if (record.ready && record.probeSpan === false) {
      record.probeSpan = true;
      agent.startParts?.probe.observe((ctx.now - record.startedAt) / SECOND);
      ctx.record.span(subjectOf(worker), 'probe', record.startedAt, ctx.now - record.startedAt, record.spec.name);
    }
  }
  if (type === 'startup') {
    // It stops probing until the container is restarted.
    containerStarted(agent, worker, record, index, hasReadiness(record), ctx);
    return true;
  }
  arm(agent, worker, record, index, at, ctx);
  return true;
}

const hasReadiness = (record: ContainerRecord): boolean => record.probes.some((probe) => probe.plan.type === 'readiness');

/** From now on the probes of one type, or of all, are answered differently: what was until now is counted, and the timers are set anew. */
function answerWith(
  agent: NodeAgent,
  worker: PodWorker,
  record: ContainerRecord,
  index: number,
  choose: (probe: ProbeWorker) => ProbeTimeline | undefined,
  ctx: Context,
): void {
  record.probes.forEach((probe, at) => {
    const next = probe.timeline === undefined || probe.onHold ? undefined : choose(probe);
    if (next === undefined) return;
    // One that waits for the startup probe has no tick yet.
    const begun = probe.since !== undefined && (probe.plan.type === 'startup' ? !record.started : record.started);
    if (begun) advance(probe, probe.plan, probe.timeline as ProbeTimeline, ctx.now - 1);
    probe.timeline = next;
    if (probe.timer !== undefined) ctx.cancel(probe.timer);
    probe.timer = undefined;
    if (begun) arm(agent, worker, record, index, at, ctx);
  });
}

/** `readyAt` has changed. */
export function answersChanged(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  const answers = ({ plan }: ProbeWorker): ProbeTimeline =>
    timelineOf(record.startedAt, record.readyAt, record.behaviour.probes?.[plan.type]);
  answerWith(agent, worker, record, index, answers, ctx);
}

/** Readiness fails until it is restored; the process is alive. */
export function cutReadiness(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  const never = timelineOf(record.startedAt, Number.POSITIVE_INFINITY, undefined);
  answerWith(agent, worker, record, index, ({ plan }) => (plan.type === 'readiness' ? never : undefined), ctx);
}

export function restoreReadiness(agent: NodeAgent, worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): void {
  const own = timelineOf(record.startedAt, record.readyAt, record.behaviour.probes?.readiness);
  answerWith(agent, worker, record, index, ({ plan }) => (plan.type === 'readiness' ? own : undefined), ctx);
}

/** prober_probe_total (pkg/kubelet/prober/prober_manager.go), without its labels for containers and pods. */
function count(probe: ProbeWorker, ctx: Context): void {
  const failed = probe.failed - probe.countedFailed;
  const succeeded = probe.executed - probe.countedExecuted - failed;
  probe.countedExecuted = probe.executed;
  probe.countedFailed = probe.failed;
  const { type } = probe.plan;
  if (succeeded > 0)
    ctx.record.counter('prober_probe_total', (SUCCEEDED[type] ??= { probe_type: TITLES[type], result: 'successful' })).add(succeeded);
  if (failed > 0) ctx.record.counter('prober_probe_total', (FAILED[type] ??= { probe_type: TITLES[type], result: 'failed' })).add(failed);
}
const SUCCEEDED: Partial<Record<ProbeType, Record<string, string>>> = {};
const FAILED: Partial<Record<ProbeType, Record<string, string>>> = {};

/** Brings the metrics up to now: nothing that anyone would notice happens before the timers of the probes. */
export function countProbes(agent: NodeAgent, ctx: Context): void {
  if (!agent.hasProbed) return;
  for (const { containers } of agent.workers.values()) {
    for (const { probes, started, state } of containers) {
      if (state !== 'running') continue;
      for (const probe of probes) {
        const begun = probe.since !== undefined && (probe.plan.type === 'startup' ? !started : started);
        if (!begun || probe.timeline === undefined || probe.onHold) continue;
        advance(probe, probe.plan, probe.timeline, ctx.now - 1);
        count(probe, ctx);
      }
    }
  }
}

/** The container no longer runs. */
export function stopProbes(record: ContainerRecord, ctx: Context): void {
  record.observed = false;
  record.ready = false;
  record.started = false;
  for (const probe of record.probes) {
    if (probe.timer !== undefined) ctx.cancel(probe.timer);
    probe.timer = undefined;
    if (probe.timeline !== undefined && !probe.onHold) advance(probe, probe.plan, probe.timeline, ctx.now - 1);
    count(probe, ctx);
    probe.timeline = undefined;
    probe.since = undefined;
  }
}

/** A pod that is being deleted is no longer restarted for its probes. */
export function stopLiveness(record: ContainerRecord, ctx: Context): void {
  for (const probe of record.probes) {
    if (probe.plan.type === 'readiness' || probe.timer === undefined) continue;
    ctx.cancel(probe.timer);
    probe.timer = undefined;
  }
}
