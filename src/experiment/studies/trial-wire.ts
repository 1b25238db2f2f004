/** A trial as a task for another thread or machine: what goes there and what comes back survives structured clone and JSON. */

import { type Mistake, UserError } from '#scenario';
import { PluginError } from '#scheduler';
import { runTrial, type TrialHooks, type TrialRecord, type TrialSpec } from './trial.ts';

export interface TrialAnswer {
  /** Absent: stopped on the way. */
  readonly record?: TrialRecord;
  /** What the user did wrong. */
  readonly mistakes?: readonly Mistake[];
  /** A fault of our own, with its stack. */
  readonly fault?: string;
}

export async function answerTrial(spec: TrialSpec, hooks: TrialHooks): Promise<TrialAnswer> {
  try {
    const record = await runTrial(spec, hooks);
    return record === undefined ? {} : { record };
  } catch (error) {
    if (error instanceof UserError) return { mistakes: error.mistakes };
    if (error instanceof PluginError) return { mistakes: [{ message: error.message }] };
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** The record, or what went wrong thrown here. */
export function recordOf({ record, mistakes, fault }: TrialAnswer): TrialRecord | undefined {
  if (mistakes !== undefined) throw new UserError(mistakes);
  if (fault !== undefined) throw new Error(`in a trial: ${fault}`);
  return record;
}
