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
import { UserError } from '#scenario';
import { onInterrupt } from './execute.ts';
import type { Shard, StudyFlags } from './study-options.ts';
import { StudyProgressLine } from './study-progress.ts';
import { VERSION } from './version.ts';

export interface StudyRequest {
  readonly kind: StudyHead['kind'];
  readonly plan: unknown;
  /** All trials that the study may come to. */
  readonly specs: readonly TrialSpec[];
  readonly flags: StudyFlags;
  readonly out: OutDirectory;
  /** Another reason to stop than Ctrl-C. */
  readonly stop?: () => boolean;
}

export interface StudyRun extends TrialsOutcome {
  readonly interrupted: boolean;
  readonly file: string;
}

/** A study under way. Studies that look at what they have before they ask for more call `run` several times. */
export interface StudySession {
  readonly file: string;
  readonly interrupted: () => boolean;
  /** Those of the trials that are this process' part; what is known already is not done again. */
  run(specs: readonly TrialSpec[]): Promise<TrialsOutcome>;
  close(): Promise<void>;
}

export async function runStudy(request: StudyRequest): Promise<StudyRun> {
  const session = await openStudy(request);
  try {
    return { ...(await session.run(request.specs)), interrupted: session.interrupted(), file: session.file };
  } finally {
    await session.close();
  }
}

export async function openStudy({ kind, plan, specs, flags, out, stop }: StudyRequest): Promise<StudySession> {
  // What is wrong with a scenario is said before anything runs, and by this process.
  checkArms(specs.map(({ arm }) => arm));
  const study = studyKey(specs);
  const file = join(out.path, TRIALS_FILE);
  const known = new Map((flags.resume === true ? knownTrials(file, study) : []).map((record) => [record.key, record]));
  const head: StudyHead = {
    format: 'wavetank-study/1',
    kind,
    study,
    trials: specs.length,
    ...(flags.shard === undefined ? {} : { shard: `${flags.shard.i}/${flags.shard.n}` }),
    plan,
    version: VERSION,
  };
  const executor = await executorFor(flags);
  const journal = new JournalWriter(file, head, [...known.values()]);
  const interrupt = onInterrupt();
  const progress = new StudyProgressLine(process.stderr, flags.quiet === true);
  const note = (record: TrialRecord): void => {
    known.set(record.key, record);
    journal.add(record);
  };
  return {
    file,
    interrupted: interrupt.asked,
    async run(wanted) {
      try {
        const outcome = await runTrials({
          specs: flags.shard === undefined ? wanted : partOf(wanted, flags.shard),
          known: [...known.values()],
          executor,
          onRecord: note,
          onProgress: (state) => progress.show(state),
          interrupted: () => interrupt.asked() || stop?.() === true,
        });
        const again = outcome.runAgain;
        if (again > 0) process.stderr.write(`${again} trial${again === 1 ? ' was' : 's were'} run again: a worker died\n`);
        return outcome;
      } finally {
        progress.finish();
      }
    },
    async close() {
      progress.finish();
      interrupt.release();
      journal.close();
      await executor.close();
    },
  };
}

/** Every n-th trial: parts of like size, each with some of every arm. */
const partOf = (specs: readonly TrialSpec[], { i, n }: Shard): readonly TrialSpec[] => specs.filter(({ index }) => index % n === i - 1);

async function executorFor(flags: StudyFlags): Promise<TrialExecutor> {
  if (flags.queue !== undefined) {
    if (flags.workers !== undefined) throw UserError.at({}, '--workers says nothing with --queue: each `wavetank worker` has its own');
    const { trialQueue } = await import('#workers');
    const say = (text: string): void => {
      process.stderr.write(`${text}\n`);
    };
    return trialQueue({
      url: flags.queue,
      version: VERSION,
      onStalled: () => say('a worker is gone: its trial waits for another'),
      ...(flags.quiet === true
        ? {}
        : { onAlone: () => say('nobody takes trials there yet: start `wavetank worker --queue ...` here or elsewhere') }),
    });
  }
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
