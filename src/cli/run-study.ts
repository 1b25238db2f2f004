/** Has the trials of a study done for a command: workers, progress, Ctrl-C, trials.jsonl. */

import { join } from 'node:path';
import {
  answerTrial,
  checkArms,
  JournalWriter,
  knownTrials,
  type OutDirectory,
  recordOf,
  runTrials,
  type StudyHead,
  studyKey,
  TRIALS_FILE,
  type TrialExecutor,
  type TrialRecord,
  type TrialSpec,
  type TrialsOutcome,
} from '#experiment';
import { onInterrupt } from './execute.ts';
import type { Shard, StudyFlags } from './study-options.ts';
import { StudyProgressLine } from './study-progress.ts';
import { VERSION } from './version.ts';

export interface StudyRequest {
  readonly kind: StudyHead['kind'];
  readonly plan: unknown;
  readonly specs: readonly TrialSpec[];
  readonly flags: StudyFlags;
  readonly out: OutDirectory;
  readonly enough?: (records: readonly TrialRecord[]) => boolean;
}

export interface StudyRun extends TrialsOutcome {
  readonly interrupted: boolean;
  readonly file: string;
}

export async function runStudy({ kind, plan, specs, flags, out, enough }: StudyRequest): Promise<StudyRun> {
  // What is wrong with a scenario is said before anything runs, and by this process.
  await checkArms(specs.map(({ arm }) => arm));
  const study = studyKey(specs);
  const file = join(out.path, TRIALS_FILE);
  const known = flags.resume === true ? knownTrials(file, study) : [];
  const part = flags.shard === undefined ? specs : partOf(specs, flags.shard);
  const head: StudyHead = {
    format: 'wavetank-study/1',
    kind,
    study,
    trials: specs.length,
    ...(flags.shard === undefined ? {} : { shard: `${flags.shard.i}/${flags.shard.n}` }),
    plan,
    version: VERSION,
  };
  const journal = new JournalWriter(file, head, known);
  const interrupt = onInterrupt();
  const progress = new StudyProgressLine(process.stderr, flags.quiet === true);
  const executor = await executorFor(flags, study);
  try {
    const outcome = await runTrials({
      specs: part,
      known,
      executor,
      onRecord: (record) => journal.add(record),
      onProgress: (state) => progress.show(state),
      interrupted: interrupt.asked,
      ...(enough === undefined ? {} : { enough }),
    });
    progress.finish();
    if (outcome.runAgain > 0)
      process.stderr.write(`${outcome.runAgain} trial${outcome.runAgain === 1 ? ' was' : 's were'} run again: a worker died\n`);
    return { ...outcome, interrupted: interrupt.asked(), file };
  } finally {
    progress.finish();
    interrupt.release();
    journal.close();
    await executor.close();
  }
}

/** Every n-th trial: parts of like size, each with some of every arm. */
const partOf = (specs: readonly TrialSpec[], { i, n }: Shard): readonly TrialSpec[] => specs.filter(({ index }) => index % n === i - 1);

export async function executorFor(flags: StudyFlags, _study: string): Promise<TrialExecutor> {
  if (flags.workers === 0) return inThisProcess();
  const { trialPool } = await import('#workers');
  return trialPool({ version: VERSION, ...(flags.workers === undefined ? {} : { workers: flags.workers }) });
}

function inThisProcess(): TrialExecutor {
  let stopped = false;
  return {
    width: 1,
    run: async (spec, onShare) => recordOf(await answerTrial(spec, { version: VERSION, onShare, interrupted: () => stopped })),
    stop: () => {
      stopped = true;
    },
    close: async () => {},
  };
}
