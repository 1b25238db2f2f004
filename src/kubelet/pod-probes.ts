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
      counting: false,
      listed: false,
      steady: false,
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
    probe.steady = false;
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
  probe.counting = true;
  if (!probe.listed) {
    probe.listed = true;
    agent.probing.push(probe);
  }
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
    probe.counting = false;
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
    probe.counting = false;
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
    probe.steady = false;
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

const TYPES: readonly ProbeType[] = ['startup', 'readiness', 'liveness'];
/** Probes of one count by type, successful and failed in turns. */
const sums = [0, 0, 0, 0, 0, 0];
const LABELS: readonly Record<string, string>[] = TYPES.flatMap((type) =>
  ['successful', 'failed'].map((result) => ({ probe_type: TITLES[type], result })),
);

function sum(probe: ProbeWorker): void {
  const failed = probe.failed - probe.countedFailed;
  const succeeded = probe.executed - probe.countedExecuted - failed;
  if (failed === 0 && succeeded === 0) return;
  probe.countedExecuted = probe.executed;
  probe.countedFailed = probe.failed;
  const { type } = probe.plan;
  const at = type === 'readiness' ? 2 : type === 'liveness' ? 4 : 0;
  sums[at] = (sums[at] as number) + succeeded;
  sums[at + 1] = (sums[at + 1] as number) + failed;
}

/** prober_probe_total (pkg/kubelet/prober/prober_manager.go), without its labels for containers and pods. */
function tellSums(ctx: Context): void {
  for (let at = 0; at < sums.length; at++) {
    const count = sums[at] as number;
    sums[at] = 0;
    if (count > 0) ctx.record.counter('prober_probe_total', LABELS[at]).add(count);
  }
}

/** Brings the metrics up to now: nothing that anyone would notice happens before the timers of the probes. */
export function countProbes(agent: NodeAgent, ctx: Context): void {
  const { probing } = agent;
  if (probing.length === 0) return;
  const to = ctx.now - 1;
  let kept = 0;
  for (let index = 0; index < probing.length; index++) {
    const probe = probing[index] as ProbeWorker;
    if (!probe.counting) {
      probe.listed = false;
      continue;
    }
    if (kept !== index) probing[kept] = probe;
    kept += 1;
    if (probe.steady) advanceSteadily(probe, to);
    else if (probe.timeline !== undefined) {
      advance(probe, probe.plan, probe.timeline, to);
      probe.steady = staysWell(probe, probe.timeline);
    }
    sum(probe);
  }
  if (kept < probing.length) probing.length = kept;
  tellSums(ctx);
}

/** Its last answer was a yes, and no other will come. */
const staysWell = (probe: ProbeWorker, timeline: ProbeTimeline): boolean =>
  probe.published === true && probe.lastResult === true && timeline.until(probe.nextTick - probe.plan.period) === Number.POSITIVE_INFINITY;

/** What `advance` comes to when every answer is a yes. */
function advanceSteadily(probe: ProbeWorker, to: Instant): void {
  if (probe.nextTick > to) return;
  const { period } = probe.plan;
  const ticks = Math.floor((to - probe.nextTick) / period) + 1;
  probe.resultRun += ticks;
  probe.executed += ticks;
  probe.nextTick += ticks * period;
}

/** The container no longer runs. */
export function stopProbes(record: ContainerRecord, ctx: Context): void {
  record.observed = false;
  record.ready = false;
  record.started = false;
  for (const probe of record.probes) {
    if (probe.timer !== undefined) ctx.cancel(probe.timer);
    probe.timer = undefined;
    if (probe.timeline !== undefined && probe.counting) advance(probe, probe.plan, probe.timeline, ctx.now - 1);
    sum(probe);
    probe.counting = false;
    probe.timeline = undefined;
    probe.since = undefined;
  }
  if (record.probes.length > 0) tellSums(ctx);
}

/** A pod that is being deleted is no longer restarted for its probes. */
export function stopLiveness(record: ContainerRecord, ctx: Context): void {
  for (const probe of record.probes) {
    if (probe.plan.type === 'readiness' || probe.timer === undefined) continue;
    ctx.cancel(probe.timer);
    probe.timer = undefined;
  }
}
