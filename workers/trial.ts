/** A thread that does trials, one task each. How far it is and whether to stop go through shared memory: a trial has no time to read mail. */

import { answerTrial, type TrialAnswer, type TrialSpec } from '#experiment';

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
