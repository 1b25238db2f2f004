/** trials.jsonl: a head line that says which study this is, then a line a trial, written as each ends. Whatever happens to the process, trials that
 *  were reported stay reported; a line cut off in the middle is no trial. */

import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { decodeText, printable, readBytes, UserError } from '#scenario';
import { OutputError } from '../output-error.ts';
import { writeWhole } from '../whole-file.ts';
import type { TrialRecord } from './trial.ts';

export const STUDY_FORMAT = 'wavetank-study/1';
export const TRIALS_FILE = 'trials.jsonl';

export interface StudyHead {
  readonly format: typeof STUDY_FORMAT;
  readonly kind: 'compare' | 'sweep' | 'capacity' | 'ci';
  /** Names the work: parts with equal keys are parts of one study. */
  readonly study: string;
  /** Trials of the whole study. */
  readonly trials: number;
  /** '2/8': this file holds the second eighth. */
  readonly shard?: string;
  /** What the kind of study needs to be put together again. */
  readonly plan: unknown;
  readonly version: string;
}

export interface Journal {
  readonly head: StudyHead;
  readonly records: readonly TrialRecord[];
}

const MOST_BYTES = 1024 ** 3;

export function readJournal(file: string): Journal {
  const { head, records } = readLines<StudyHead, TrialRecord>(file, 'trial', (record) => {
    return typeof record.key === 'string' && typeof record.digest === 'string' && isMap(record.metrics);
  });
  if (head?.format !== STUDY_FORMAT || typeof head.study !== 'string')
    throw UserError.at({ file, line: 1 }, `is not the trials of a study ('format' is not ${STUDY_FORMAT})`);
  return { head: head as StudyHead, records };
}

/** A journal of any head and records; `what` one of them is called where it is damaged. Only the head's `format` can be relied upon to say what it is. */
export function readLines<Head, Line>(
  file: string,
  what: string,
  isWhole: (record: Partial<Line>) => boolean,
): { readonly head: Partial<Head> | undefined; readonly records: readonly Line[] } {
  const lines = decodeText(readBytes(file, MOST_BYTES), file).split('\n');
  const head = parsed(lines[0] ?? '') as Partial<Head> | undefined;
  const records: Line[] = [];
  lines.slice(1).forEach((text, at) => {
    if (text === '' || head === undefined) return;
    const record = parsed(text) as Line | undefined;
    if (record !== undefined && isWhole(record)) records.push(record);
    // The last line may have been cut off as the process died; any other is damage.
    else if (at + 2 < lines.length) throw UserError.at({ file, line: at + 2 }, `is no ${what}: ${printable(text)}`);
  });
  return { head, records };
}

const isMap = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Appends; every line is on the disk before it counts. */
export class JournalWriter<Head extends object = StudyHead, Line extends object = TrialRecord> {
  readonly #path: string;
  readonly #file: number;

  /** Begins anew with the head and what is known already; until that is on the disk, the journal that was there stays. */
  constructor(path: string, head: Head, known: readonly Line[] = []) {
    this.#path = path;
    writeWhole([{ path, content: [head, ...known].map(lineOf).join('') }]);
    this.#file = openSync(path, 'a');
  }

  add(record: Line): void {
    const line = Buffer.from(lineOf(record));
    try {
      for (let at = 0; at < line.length; ) at += writeSync(this.#file, line, at);
      fsyncSync(this.#file);
    } catch (error) {
      throw OutputError.from(this.#path, error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Trials that a file of this same study holds already; none where there is no such file or it is another study's. */
export function knownTrials(file: string, study: string): readonly TrialRecord[] {
  if (!existsSync(file)) return [];
  const { head, records } = readJournal(file);
  if (head.study !== study)
    throw UserError.at({ file }, 'belongs to another study: take another --out, or leave --resume away to begin anew');
  return records;
}
