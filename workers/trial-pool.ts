/** Trials on piscina's pool: so many threads, each trial an isolated run in one of them. A thread that dies takes nothing with it but its trial, which is
 *  given to another. Trials with plugins of their own get threads of their own: names of plugins are a thread's. */

import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { recordOf, type TrialAnswer, TrialCrash, type TrialExecutor, type TrialRecord, type TrialSpec } from '#experiment';
import type { TrialTask } from './trial.ts';
import { workerFile } from './worker-file.ts';

export interface TrialPoolOptions {
  /** Threads; default: as many as there are cores. */
  readonly workers?: number;
  readonly version: string;
  /** Old-generation limit of each thread's heap. */
  readonly heapMb?: number;
}

const POLL_MS = 100;

export function trialPool({ workers = availableParallelism(), version, heapMb = 8192 }: TrialPoolOptions): TrialExecutor {
  const pools = new Map<string, Piscina<TrialTask, TrialAnswer>>();
  const boards = new Set<Int32Array>();
  const poolFor = (spec: TrialSpec): Piscina<TrialTask, TrialAnswer> => {
    const key = JSON.stringify([spec.arm.plugins, spec.arm.extenders]);
    let pool = pools.get(key);
    if (pool === undefined) {
      pool = new Piscina<TrialTask, TrialAnswer>({
        filename: workerFile('trial'),
        minThreads: 0,
        maxThreads: workers,
        // Threads that wait for nothing give their memory back.
        idleTimeout: 10_000,
        resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 128 },
        execArgv: [],
      });
      pools.set(key, pool);
    }
    return pool;
  };
  return {
    width: workers,
    async run(spec, onShare, stopped): Promise<TrialRecord | undefined> {
      const board = new Int32Array(new SharedArrayBuffer(8));
      boards.add(board);
      const timer = setInterval(() => {
        onShare(Atomics.load(board, 0) / 1e6);
        if (stopped?.() === true) Atomics.store(board, 1, 1);
      }, POLL_MS);
      try {
        return recordOf(await poolFor(spec).run({ spec, version, board }).catch(crashed));
      } finally {
        clearInterval(timer);
        boards.delete(board);
      }
    },
    stop() {
      for (const board of boards) Atomics.store(board, 1, 1);
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** A task answers for itself, so what rejects is the thread. */
function crashed(error: unknown): never {
  throw new TrialCrash(error instanceof Error ? error.message : String(error));
}
