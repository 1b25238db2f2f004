/** Brings simulated time and the wall clock together: at speed n, n simulated seconds pass in a second of ours; at 'max' as many as the machine can.
 *  Time is run in slices, so that the event loop (HTTP, Ctrl-C) never waits long. A machine that cannot keep up falls behind and does not race to catch up.
 *  While paused, time stands still but for what it takes to answer requests: a paused cluster can be looked at. */

import { performance } from 'node:perf_hooks';
import type { Instant } from '#sim';
import type { LiveRun } from './live-run.ts';

export type Speed = number | 'max';

/** Longest stretch without a turn of the event loop, in milliseconds. */
const SLICE_MS = 12;
/** Longest sleep: the clocks of a quiet cluster go on in such steps. */
const NAP_MS = 50;
/** Further behind than this, simulated time is let go. */
const BEHIND_MS = 250;
/** Answering a request may take so much simulated time while paused. */
const ANSWER_MOST: Instant = 70_000_000;
const ANSWER_STEP: Instant = 500;

interface Step {
  readonly to: Instant;
  readonly done: () => void;
}

export class Driver {
  private run: LiveRun;
  private speed: Speed;
  private paused: boolean;
  private steps: Step[] = [];
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private isStopped = false;
  /** This moment of the wall clock was this instant. */
  private anchorWall = performance.now();
  private anchor: Instant = 0;
  /** Simulated seconds that were let go since the start. */
  behindSeconds = 0;
  /** Questions out to HTTP extenders: at 'max' nothing moves before they are answered. */
  questions = 0;
  private pausedSince: Instant = 0;

  constructor(run: LiveRun, speed: Speed, paused: boolean) {
    this.run = run;
    this.speed = speed;
    this.paused = paused;
  }

  start(): void {
    this.reanchor();
    this.wake();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    if (this.immediate !== undefined) clearImmediate(this.immediate);
    for (const { done } of this.steps) done();
    this.steps = [];
  }

  /** Nothing moves until `catchUp` or `resume`. */
  halt(): void {
    this.pause();
    for (const { done } of this.steps) done();
    this.steps = [];
  }

  /** Another world takes the place of the one that ran, and is brought to an instant as fast as that goes; then it is paused. */
  async catchUp(run: LiveRun, to: Instant): Promise<void> {
    this.run = run;
    await this.step(to - run.now);
  }

  get isPaused(): boolean {
    return this.paused;
  }

  get pace(): Speed {
    return this.speed;
  }

  setSpeed(speed: Speed): void {
    this.speed = speed;
    this.reanchor();
    this.wake();
  }

  pause(): void {
    this.paused = true;
    this.pausedSince = this.run.now;
  }

  resume(): void {
    this.paused = false;
    this.reanchor();
    this.wake();
  }

  /** So far from now, as fast as it goes; then paused. */
  async step(by: Instant): Promise<void> {
    this.pause();
    await new Promise<void>((done) => {
      this.steps.push({ to: this.run.now + by, done });
      this.wake();
    });
  }

  /** The instant that the wall clock asks for: what comes in now comes in then. */
  get due(): Instant {
    if (this.paused || this.speed === 'max') return this.run.now;
    return Math.max(this.run.now, Math.floor(this.anchor + (performance.now() - this.anchorWall) * 1000 * this.speed));
  }

  /** Something has come in. */
  wake(): void {
    if (this.isStopped || this.immediate !== undefined) return;
    clearTimeout(this.timer);
    this.immediate = setImmediate(() => this.turn());
  }

  private reanchor(): void {
    this.anchorWall = performance.now();
    this.anchor = this.run.now;
  }

  private turn(): void {
    this.immediate = undefined;
    if (this.isStopped) return;
    if (this.paused) this.turnPaused();
    else if (this.speed === 'max') {
      if (this.questions === 0) this.run.runTo(Number.MAX_SAFE_INTEGER, SLICE_MS, () => this.questions === 0);
      if (this.questions === 0) this.wake();
    } else this.turnPaced(this.speed);
  }

  private turnPaced(speed: number): void {
    const goal = this.due;
    if (this.run.runTo(goal, SLICE_MS)) {
      const ahead = (this.run.next - goal) / 1000 / speed;
      this.timer = setTimeout(() => this.turn(), Math.min(NAP_MS, Math.max(1, Math.floor(ahead))));
      return;
    }
    const behind = (this.due - this.run.now) / 1000 / speed;
    if (behind > BEHIND_MS) {
      this.behindSeconds += ((behind - BEHIND_MS) * speed) / 1000;
      this.anchorWall += behind - BEHIND_MS;
    }
    this.wake();
  }

  private turnPaused(): void {
    const [step] = this.steps;
    if (step !== undefined) {
      if (this.run.runTo(step.to, SLICE_MS)) {
        this.steps.shift();
        this.pausedSince = this.run.now;
        step.done();
      }
      this.wake();
      return;
    }
    const { door } = this.run;
    const most = Math.max(this.pausedSince, this.run.lastInput) + ANSWER_MOST;
    const isAsked = (): boolean => this.run.isAsked || door.waiting > 0;
    if (!isAsked() || this.run.now >= most) return;
    this.run.runTo(most, SLICE_MS, isAsked, ANSWER_STEP);
    this.wake();
  }
}
