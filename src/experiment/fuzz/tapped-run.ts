/** A runner like runInThisProcess, with somebody who listens on every wire. */

import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { InProcessRun } from '#sim';
import { createHost } from '../hosts.ts';
import type { Runner } from '../run-scenario.ts';
import type { Tap } from '../wire/tap.ts';

/** Longest stretch of wall time without a turn of the event loop. */
const SLICE_MS = 40;

export const tappedRunner =
  (tap: Tap): Runner =>
  async (world, { onProgress, shouldStop }) => {
    const run = new InProcessRun(world, tap.over(createHost), { onProgress, shouldStop });
    let sliceEnds = performance.now() + SLICE_MS;
    while (run.step()) {
      if (performance.now() < sliceEnds) continue;
      await setImmediate();
      sliceEnds = performance.now() + SLICE_MS;
    }
    return run.outcome();
  };
