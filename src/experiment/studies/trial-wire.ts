/** A trial as a task for another thread or machine: what goes there and what comes back survives structured clone and JSON. */

import { resolve } from 'node:path';
import { type Mistake, UserError } from '#scenario';
import { PluginError } from '#scheduler';
import { TrialCrash } from './run-trials.ts';
import { runTrial, type TrialHooks, type TrialRecord, type TrialSpec } from './trial.ts';
import { armKey, trialKey } from './trial-key.ts';

export interface TrialAnswer {
  /** Absent: stopped on the way. */
  readonly record?: TrialRecord;
  /** What the user did wrong. */
  readonly mistakes?: readonly Mistake[];
  /** A fault of our own, with its stack. */
  readonly fault?: string;
}

export const answerTrial = (spec: TrialSpec, hooks: TrialHooks): Promise<TrialAnswer> => answerOf(() => runTrial(spec, hooks));

/** What somebody else makes of a trial as an answer. That he died is no answer. */
export async function answerOf(work: () => Promise<TrialRecord | undefined>): Promise<TrialAnswer> {
  try {
    const record = await work();
    return record === undefined ? {} : { record };
  } catch (error) {
    if (error instanceof TrialCrash) throw error;
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

/** The same trial for somebody who works in another folder. */
export function withWholePaths(spec: TrialSpec): TrialSpec {
  const { arm } = spec;
  const extenders = arm.extenders.map((text) => {
    const equals = text.indexOf('=');
    return `${text.slice(0, equals + 1)}${resolve(text.slice(equals + 1))}`;
  });
  return { ...spec, arm: { ...arm, file: resolve(arm.file), plugins: arm.plugins.map((file) => resolve(file)), extenders } };
}

/** Why this machine cannot do the trial as it was meant: the files that it names hold something else here, or are not there. */
export function trialMisfit({ arm, seed, repeat, key }: TrialSpec): string | undefined {
  if (trialKey(armKey(arm), seed, repeat) === key) return undefined;
  const named = [...arm.plugins, ...arm.extenders, ...arm.set.filter((text) => text.includes('/'))];
  return `${arm.file}: a worker has other files than who asked: the same ${named.join(', ') || 'files'} must lie in the same place on every machine`;
}
