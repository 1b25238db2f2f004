import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  advance,
  nextChange,
  nextFailure,
  type ProbeState,
  type ProbeThresholds,
  type ProbeTimeline,
} from '../../src/kubelet/probe-schedule.ts';
import { timelineOf } from '../../src/kubelet/probe-timeline.ts';

interface Change {
  readonly at: number;
  readonly published: boolean;
}

const fresh = (firstTick: number, published: boolean | undefined): ProbeState => ({
  nextTick: firstTick,
  lastResult: undefined,
  resultRun: 0,
  published,
  executed: 0,
  failed: 0,
});

/** The dumb twin: every probe, one by one, as worker.go does it. */
function naive(
  state: ProbeState,
  thresholds: ProbeThresholds,
  timeline: ProbeTimeline,
  until: number,
): { changes: Change[]; failures: number[] } {
  const changes: Change[] = [];
  const failures: number[] = [];
  for (; state.nextTick <= until; state.nextTick += thresholds.period) {
    const ok = timeline.ok(state.nextTick);
    if (!ok) failures.push(state.nextTick);
    state.executed += 1;
    state.failed += ok ? 0 : 1;
    if (ok === state.lastResult) state.resultRun += 1;
    else {
      state.lastResult = ok;
      state.resultRun = 1;
    }
    if (state.resultRun < (ok ? thresholds.successThreshold : thresholds.failureThreshold)) continue;
    if (state.published !== ok) changes.push({ at: state.nextTick, published: ok });
    state.published = ok;
  }
  return { changes, failures };
}

/** As the kubelet does it: from change to change. */
function ahead(
  state: ProbeState,
  thresholds: ProbeThresholds,
  timeline: ProbeTimeline,
  until: number,
): { changes: Change[]; events: number } {
  const changes: Change[] = [];
  let events = 0;
  for (;;) {
    const next = nextChange(state, thresholds, timeline);
    if (next.at > until) break;
    events += 1;
    const before = state.published;
    advance(state, thresholds, timeline, next.at);
    if (next.change) changes.push({ at: next.at, published: state.published as boolean });
    expect(state.published !== before).toBe(next.change);
  }
  advance(state, thresholds, timeline, until);
  return { changes, events };
}

const second = 1_000_000;
const cases = fc.record({
  period: fc.integer({ min: 1, max: 30 }),
  failureThreshold: fc.integer({ min: 1, max: 5 }),
  successThreshold: fc.integer({ min: 1, max: 5 }),
  firstTick: fc.integer({ min: 0, max: 30_000_000 }),
  readyAt: fc.integer({ min: 0, max: 100_000_000 }),
  published: fc.constantFrom(true, false, undefined),
  behaviour: fc.option(
    fc.record({
      failAfterSeconds: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
      failForSeconds: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
      flap: fc.option(
        fc.record({
          upSeconds: fc.double({ min: 0.5, max: 100, noNaN: true }),
          downSeconds: fc.double({ min: 0.5, max: 100, noNaN: true }),
        }),
        {
          nil: undefined,
        },
      ),
    }),
    { nil: undefined },
  ),
});

test('from change to change gives what probe by probe gives: changes, runs, counts', () => {
  fc.assert(
    fc.property(cases, ({ period, failureThreshold, successThreshold, firstTick, readyAt, published, behaviour }) => {
      const thresholds = { period: period * second, failureThreshold, successThreshold };
      const timeline = timelineOf(0, readyAt, behaviour);
      const until = 1_000 * second;
      const [dumb, clever] = [fresh(firstTick, published), fresh(firstTick, published)];
      const expected = naive(dumb, thresholds, timeline, until);
      const got = ahead(clever, thresholds, timeline, until);
      expect(got.changes).toEqual(expected.changes);
      expect(clever).toEqual(dumb);
      const first = nextFailure(fresh(firstTick, published), thresholds, timeline, 0);
      expect(expected.failures[0] ?? Number.POSITIVE_INFINITY).toBe(first > until ? Number.POSITIVE_INFINITY : first);
    }),
    { seed: 42, numRuns: 500 },
  );
});

test('a container that stays healthy needs no event at all', () => {
  const state = fresh(0, false);
  const thresholds = { period: 10 * second, failureThreshold: 3, successThreshold: 1 };
  const { events } = ahead(state, thresholds, timelineOf(0, 0, undefined), 100_000 * second);
  expect(events).toBe(1);
  expect(state.executed).toBe(10_001);
});
