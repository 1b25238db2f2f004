/** Runs a world in this process, letting the event loop turn now and then so that Ctrl-C and a progress line get their chance. */

import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { type CreateHost, InProcessRun } from '#sim';
import { createHost } from './hosts.ts';
import type { Runner } from './run-scenario.ts';

/** Longest stretch of wall time without a turn of the event loop. */
const SLICE_MS = 40;

/** With hosts that are made so. */
export const inThisProcess =
  (create: CreateHost): Runner =>
  async (world, { onProgress, shouldStop, positions }) => {
    const run = new InProcessRun(world, create, { onProgress, shouldStop, ...(positions === undefined ? {} : { positions }) });
    let sliceEnds = performance.now() + SLICE_MS;
    while (run.step()) {
      if (performance.now() < sliceEnds) continue;
      await setImmediate();
      sliceEnds = performance.now() + SLICE_MS;
    }
    return run.outcome();
  };

export const runInThisProcess: Runner = inThisProcess(createHost);
