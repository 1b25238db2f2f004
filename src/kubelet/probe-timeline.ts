/** How a container answers its probes over time, from its behaviour: warm-up, then success with the failures the behaviour names. */

import { type Instant, SECOND } from '#sim';
import type { ProbeBehaviour } from './behaviour.ts';
import type { ProbeTimeline } from './probe-schedule.ts';

/** Answers of a container started at `startedAt` that warms up until `readyAt`. */
export function timelineOf(startedAt: Instant, readyAt: Instant, behaviour: ProbeBehaviour | undefined): ProbeTimeline {
  if (behaviour === undefined) return new WarmUp(readyAt);
  const failAt = behaviour.failAfterSeconds === undefined ? Number.POSITIVE_INFINITY : startedAt + behaviour.failAfterSeconds * SECOND;
  const failUntil = failAt + (behaviour.failForSeconds ?? Number.POSITIVE_INFINITY) * SECOND;
  const { upSeconds = 0, downSeconds = 0 } = behaviour.flap ?? {};
  return new Troubled(readyAt, failAt, failUntil, startedAt, Math.round(upSeconds * SECOND), Math.round(downSeconds * SECOND));
}

/** Fails until ready, then succeeds for good. */
class WarmUp implements ProbeTimeline {
  private readonly readyAt: Instant;
  constructor(readyAt: Instant) {
    this.readyAt = readyAt;
  }
  ok(at: Instant): boolean {
    return at >= this.readyAt;
  }
  until(at: Instant): Instant {
    return at < this.readyAt ? this.readyAt : Number.POSITIVE_INFINITY;
  }
}

/** Warm-up, one spell of failure, and flapping counted from the container's start. */
class Troubled implements ProbeTimeline {
  private readonly readyAt: Instant;
  private readonly failAt: Instant;
  private readonly failUntil: Instant;
  private readonly startedAt: Instant;
  private readonly up: number;
  private readonly cycle: number;
  constructor(readyAt: Instant, failAt: Instant, failUntil: Instant, startedAt: Instant, up: number, down: number) {
    this.readyAt = readyAt;
    this.failAt = failAt;
    this.failUntil = failUntil;
    this.startedAt = startedAt;
    this.up = up;
    this.cycle = down > 0 ? up + down : 0;
  }
  ok(at: Instant): boolean {
    if (at < this.readyAt || (at >= this.failAt && at < this.failUntil)) return false;
    return this.cycle === 0 || (at - this.startedAt) % this.cycle < this.up;
  }
  until(at: Instant): Instant {
    let next = Number.POSITIVE_INFINITY;
    if (at < this.readyAt) next = this.readyAt;
    if (at < this.failAt) next = Math.min(next, this.failAt);
    else if (at < this.failUntil) next = Math.min(next, this.failUntil);
    if (this.cycle > 0) {
      const phase = (at - this.startedAt) % this.cycle;
      next = Math.min(next, at - phase + (phase < this.up ? this.up : this.cycle));
    }
    return next;
  }
}
