/** The parts of a study as one: every trial once, whoever did it, and however often. */

import { UserError } from '#scenario';
import type { Journal, StudyHead } from './journal.ts';
import type { TrialRecord } from './trial.ts';

export interface JournalFile {
  readonly file: string;
  readonly journal: Journal;
}

export interface MergedStudy {
  readonly head: StudyHead;
  /** By index. */
  readonly records: readonly TrialRecord[];
  /** Trials that no part holds. */
  readonly missing: number;
}

/** Throws when the parts belong to several studies, or when two machines disagree about a trial. */
export function mergeJournals(files: readonly JournalFile[]): MergedStudy {
  const first = files[0] as JournalFile;
  const byKey = new Map<string, { readonly record: TrialRecord; readonly file: string }>();
  for (const { file, journal } of files) {
    if (journal.head.study !== first.journal.head.study)
      throw UserError.at({ file }, `belongs to another study than ${first.file}: other scenarios, axes or seeds`);
    for (const record of journal.records) {
      const before = byKey.get(record.key);
      if (before !== undefined && before.record.digest !== record.digest)
        throw UserError.at(
          { file },
          `and ${before.file} disagree about the trial of ${record.arm} with seed ${record.seed}: digests ${record.digest} and ${before.record.digest}; the machines do not run the same Wavetank`,
        );
      if (before === undefined) byKey.set(record.key, { record, file });
    }
  }
  const { shard: _shard, ...head } = first.journal.head;
  const records = [...byKey.values()].map(({ record }) => record).sort((a, b) => a.index - b.index);
  return { head, records, missing: Math.max(0, head.trials - records.length) };
}
