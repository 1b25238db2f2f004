/** Lives a recorded life again up to an instant, held against the record on the way, and from there on another one. On one shard, in this process. */

import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { endOf, gridAfter, type HostSpec, outcomeOf, type Position, positionOf, Shard, type WorldSpec } from '#sim';
import type { BranchPlan } from './branch-point.ts';
import { createHost } from './hosts.ts';
import { goneAnotherWay } from './life.ts';
import type { Runner } from './run-scenario.ts';

const SLICE_MS = 40;

/** `past`: the world as it was; the world that the runner is given is the one from `plan.at` on. `positions`: what was recorded of the past. */
export const branchRunner =
  (past: WorldSpec, plan: BranchPlan, positions: readonly Position[]): Runner =>
  async (world, { onProgress, shouldStop }) => {
    const hosts: HostSpec[] = [...past.hosts];
    const before = past.changes.filter((change) => change.at < plan.at);
    const live: WorldSpec = { ...past, hosts, changes: before, until: world.until };
    const shard = new Shard({ world: live, shard: 0, placement: new Int32Array(hosts.length), createHost });
    const recorded = positions.filter(({ at }) => at <= plan.at);
    let next = 0;
    let reached = 0;
    let windows = 0;
    let isBranched = false;
    let ended: { readonly at: number; readonly reason: string } | undefined;
    let sliceEnds = performance.now() + SLICE_MS;
    const branch = (): void => {
      isBranched = true;
      for (const [id, spec] of plan.restarts) hosts[id] = spec;
      for (const change of plan.changes) shard.change(change);
      // From a host that there is none of: its place in the order of events is its own.
      plan.messages.forEach(({ to, message }, index) => shard.accept(plan.at, hosts.length, index + 1, to, 0, message));
    };
    shard.start();
    while (reached < world.until && ended === undefined) {
      if (!isBranched && reached === plan.at) branch();
      const stops = [world.until, gridAfter(reached), ...(isBranched ? [] : [plan.at]), recorded[next]?.at ?? Number.POSITIVE_INFINITY];
      reached = Math.min(...stops);
      shard.runUntil(reached);
      windows++;
      const expected = recorded[next];
      if (expected?.at === reached) {
        const found = positionOf(shard, reached);
        if (found.digest !== expected.digest || found.events !== expected.events) throw goneAnotherWay(expected, found);
        next++;
      }
      ended = endOf(shard.stopped === undefined ? [] : [shard.stopped], reached, world.until);
      if (performance.now() < sliceEnds) continue;
      onProgress({ at: reached, until: world.until, events: shard.events });
      const reason = shouldStop();
      if (reason !== undefined && reached < world.until) ended = { at: reached, reason };
      await setImmediate();
      sliceEnds = performance.now() + SLICE_MS;
    }
    const whole: WorldSpec = { ...world, changes: [...before, ...plan.changes] };
    const end = { stoppedAt: ended?.at ?? world.until, windows, messages: 0, ended: ended?.reason };
    return outcomeOf(whole, [shard.snapshot()], end);
  };
