/** A thread that runs seeds of the swarm, one task each. */

import { type FuzzTask, fuzzSeed, type SeedOutcome } from '#experiment';

export interface FuzzWork {
  readonly task: FuzzTask;
  readonly version: string;
  /** [0]: not 0 when all shall end. */
  readonly board: Int32Array;
}

export default function fuzz({ task, version, board }: FuzzWork): Promise<SeedOutcome | undefined> {
  return fuzzSeed(task, { version, interrupted: () => Atomics.load(board, 0) !== 0 });
}
