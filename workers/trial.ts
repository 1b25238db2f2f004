/** A thread that does trials, one task each. How far it is and whether to stop go through shared memory: a trial has no time to read mail. */

import { enableCompileCache } from 'node:module';
import type { TrialAnswer, TrialSpec } from '#experiment';

// The main thread's cache of compiled code does not reach its threads: without one of its own, each compiles everything again.
enableCompileCache();
const { answerTrial } = await import('#experiment');

export interface TrialTask {
  readonly spec: TrialSpec;
  readonly version: string;
  /** [0]: share done, in millionths; [1]: not 0 when the trial shall end. */
  readonly board: Int32Array;
}

export default function trial({ spec, version, board }: TrialTask): Promise<TrialAnswer> {
  return answerTrial(spec, {
    version,
    onShare: (share) => Atomics.store(board, 0, Math.round(share * 1e6)),
    interrupted: () => Atomics.load(board, 1) !== 0,
  });
}
