/** seeds.jsonl of a fuzz campaign: a head line that says what each seed was run with, then a line a seed as it ends, so that `--resume` repeats none of them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { JournalWriter, readLines, type SeedOutcome } from '#experiment';
import { UserError } from '#scenario';

export const SEEDS_FILE = 'seeds.jsonl';
const FORMAT = 'wavetank-fuzz/1';

/** What makes an outcome the one that would come again. How many seeds there are may change. */
export interface FuzzHead {
  readonly build: string;
  readonly minutes: number;
  readonly shrink: boolean;
  readonly bug?: string;
}

interface SeedLine {
  readonly outcome: SeedOutcome;
  /** Wall time of the campaign until then, all attempts together. */
  readonly after: number;
}

const isWhole = ({ outcome, after }: Partial<SeedLine>): boolean =>
  typeof after === 'number' && typeof outcome?.seed === 'number' && typeof outcome.digest === 'string' && Array.isArray(outcome.violations);

const WORDS: Readonly<Record<keyof FuzzHead, string>> = {
  build: 'the build of Wavetank',
  minutes: '--minutes',
  shrink: 'shrinking',
  bug: '--inject-bug',
};

/** A campaign's outcomes so far. */
export class FuzzJournal {
  readonly #writer: JournalWriter<object, SeedLine>;
  readonly #outcomes = new Map<number, SeedOutcome>();
  /** Wall time of earlier attempts, in seconds. */
  readonly before: number;
  readonly known: readonly SeedOutcome[];

  constructor(directory: string, head: FuzzHead, isResumed: boolean) {
    const file = join(directory, SEEDS_FILE);
    const lines = isResumed ? linesOf(file, head) : [];
    this.before = Math.max(0, ...lines.map(({ after }) => after));
    for (const { outcome } of lines) this.#outcomes.set(outcome.seed, outcome);
    this.known = [...this.#outcomes.values()];
    this.#writer = new JournalWriter(file, { format: FORMAT, ...head }, lines);
  }

  has(seed: number): boolean {
    return this.#outcomes.has(seed);
  }

  add(outcome: SeedOutcome, after: number): void {
    this.#writer.add({ outcome, after });
    this.#outcomes.set(outcome.seed, outcome);
  }

  close(): void {
    this.#writer.close();
  }
}

function linesOf(file: string, head: FuzzHead): readonly SeedLine[] {
  if (!existsSync(file)) return [];
  const { head: found, records } = readLines<FuzzHead & { format: string }, SeedLine>(file, 'seed', isWhole);
  if (found?.format !== FORMAT) throw UserError.at({ file, line: 1 }, `is not the seeds of a fuzz campaign ('format' is not ${FORMAT})`);
  for (const key of Object.keys(WORDS) as (keyof FuzzHead)[])
    if (found[key] !== head[key])
      throw UserError.at(
        { file },
        `is of another campaign: ${WORDS[key]} was ${found[key] ?? 'none'}, is ${head[key] ?? 'none'}; take another --out, or leave --resume away to begin anew`,
      );
  return records;
}
