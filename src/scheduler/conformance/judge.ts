/** One recorded line, decision or sequence: what differs from ours. */

import { judgeDecision } from './decision.ts';
import { judgeSequence } from './sequence.ts';
import type { DecisionVector, SequenceVector } from './vector.ts';

/** Empty when all is equal. A plugin that throws counts as a difference. */
export function judgeSchedulerVector(vector: DecisionVector | SequenceVector): string[] {
  try {
    return 'mode' in vector ? judgeSequence(vector) : judgeDecision(vector);
  } catch (error) {
    return [`ours failed: ${error instanceof Error ? error.message : String(error)}`];
  }
}
