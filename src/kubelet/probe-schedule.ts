/** Probes without an event per probe. Mirrors the kubelet's prober (v1.34 pkg/kubelet/prober/worker.go): a ticker per (container, probe), thresholds over
 *  runs of equal results, no probes before initialDelaySeconds nor while the startup probe has not succeeded.
 *
 *  How a container answers is a step function of time, known in advance (ProbeTimeline). So within one step every probe has the same result, the
 *  length of the run grows by one a tick, and the tick at which a threshold is reached is arithmetic: `nextChange` finds it over the following steps,
 *  `advance` counts the probes executed until then. An event is needed only at such a tick, and at failing ticks whose Event is still to be written.
 *  test/kubelet/probe-schedule.test.ts holds both against the naive simulation, probe by probe. */

import type { Duration, Instant } from '#sim';

/** A container's answers to one kind of probe. */
export interface ProbeTimeline {
  /** The answer at an instant. */
  ok(at: Instant): boolean;
  /** The first instant after `at` at which the answer may differ; Infinity when it stays. */
  until(at: Instant): Instant;
}

export interface ProbeThresholds {
  readonly period: Duration;
  readonly failureThreshold: number;
  readonly successThreshold: number;
}

/** A probe worker: what the prober remembers of one container's probe. */
export interface ProbeState {
  /** The next tick. */
  nextTick: Instant;
  lastResult: boolean | undefined;
  resultRun: number;
  /** What the results manager holds; undefined for a startup probe that has no result yet. */
  published: boolean | undefined;
  executed: number;
  /** Of those. */
  failed: number;
}

/** How many steps of the timeline are looked ahead; beyond them an event looks again. */
const HORIZON_STEPS = 256;

/** The first tick at which the published result changes; `change` is false when the search ended there without one (look again then). */
export interface NextChange {
  readonly at: Instant;
  readonly change: boolean;
}
const NEVER: NextChange = { at: Number.POSITIVE_INFINITY, change: false };

export function nextChange(state: ProbeState, thresholds: ProbeThresholds, timeline: ProbeTimeline): NextChange {
  const { period } = thresholds;
  let tick = state.nextTick;
  let last = state.lastResult;
  let run = state.resultRun;
  for (let step = 0; step < HORIZON_STEPS; step++) {
    const ok = timeline.ok(tick);
    const end = timeline.until(tick);
    if (ok !== last) run = 0;
    last = ok;
    const threshold = ok ? thresholds.successThreshold : thresholds.failureThreshold;
    if (ok !== state.published) {
      const at = tick + Math.max(0, threshold - run - 1) * period;
      if (at < end) return { at, change: true };
    }
    if (end === Number.POSITIVE_INFINITY) return NEVER;
    const ticks = Math.ceil((end - tick) / period);
    run += ticks;
    tick += ticks * period;
  }
  return { at: tick, change: false };
}

/** Executes all ticks up to and including `to`. The caller has made sure that at most the tick at `to` changes the published result. */
export function advance(state: ProbeState, thresholds: ProbeThresholds, timeline: ProbeTimeline, to: Instant): void {
  const { period } = thresholds;
  while (state.nextTick <= to) {
    const ok = timeline.ok(state.nextTick);
    const end = Math.min(timeline.until(state.nextTick), to + 1);
    const ticks = Math.ceil((end - state.nextTick) / period);
    state.resultRun = ok === state.lastResult ? state.resultRun + ticks : ticks;
    state.lastResult = ok;
    state.executed += ticks;
    if (!ok) state.failed += ticks;
    state.nextTick += ticks * period;
    if (state.resultRun >= (ok ? thresholds.successThreshold : thresholds.failureThreshold)) state.published = ok;
  }
}

/** The first tick at or after `from` that fails; Infinity when none does within the horizon's steps (nextChange's horizon then looks again). */
export function nextFailure(state: ProbeState, thresholds: ProbeThresholds, timeline: ProbeTimeline, from: Instant): Instant {
  const { period } = thresholds;
  let tick = state.nextTick >= from ? state.nextTick : state.nextTick + Math.ceil((from - state.nextTick) / period) * period;
  for (let step = 0; step < HORIZON_STEPS; step++) {
    if (!timeline.ok(tick)) return tick;
    const end = timeline.until(tick);
    if (end === Number.POSITIVE_INFINITY) return end;
    tick += Math.ceil((end - tick) / period) * period;
  }
  return tick;
}
