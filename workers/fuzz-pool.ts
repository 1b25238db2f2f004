/** Seeds of the swarm on piscina's pool, one a thread at a time. A thread that dies takes its seed with it, which is then a finding. */

import { Piscina } from 'piscina';
import type { FuzzTask, SeedOutcome } from '#experiment';
import type { FuzzWork } from './fuzz-seed.ts';
import { workerFile } from './worker-file.ts';

export interface FuzzPool {
  /** Undefined: stopped on the way. */
  run(task: FuzzTask): Promise<SeedOutcome | undefined>;
  stop(): void;
  close(): Promise<void>;
}

export function fuzzPool({ workers, version }: { readonly workers: number; readonly version: string }): FuzzPool {
  const pool = new Piscina<FuzzWork, SeedOutcome | undefined>({
    filename: workerFile('fuzz-seed'),
    minThreads: 0,
    maxThreads: workers,
    idleTimeout: 10_000,
    resourceLimits: { maxOldGenerationSizeMb: 4096, maxYoungGenerationSizeMb: 128 },
    execArgv: [],
  });
  const board = new Int32Array(new SharedArrayBuffer(4));
  return {
    run: (task) => pool.run({ task, version, board }),
    stop: () => void Atomics.store(board, 0, 1),
    close: () => pool.destroy(),
  };
}
