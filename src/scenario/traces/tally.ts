/** What became of the rows of a trace: how many were taken, which were left out and why, what was changed on the way. */

import { formatMistake, UserError } from '../user-error.ts';

interface Dropped {
  count: number;
  /** The first few lines, 1-based. */
  readonly lines: number[];
}

export interface TallyJson {
  readonly read: number;
  readonly kept: number;
  readonly dropped: readonly { readonly reason: string; readonly count: number; readonly firstLines: readonly number[] }[];
  readonly changed: readonly { readonly what: string; readonly count: number }[];
  readonly notes: readonly string[];
}

const FIRST_LINES = 3;

export class Tally {
  readonly #isStrict: boolean;
  readonly #dropped = new Map<string, Dropped>();
  readonly #changed = new Map<string, number>();
  readonly #notes = new Set<string>();
  #read = 0;
  #kept = 0;

  #firstBad: UserError | undefined;
  #bad = 0;

  /** `isStrict`: the first row with a mistake ends the import; else such rows are left out and counted. */
  constructor(isStrict: boolean) {
    this.#isStrict = isStrict;
  }

  read(): void {
    this.#read++;
  }

  keep(): void {
    this.#kept++;
  }

  drop(reason: string, line?: number): void {
    const found = this.#dropped.get(reason) ?? { count: 0, lines: [] };
    found.count++;
    if (line !== undefined && found.lines.length < FIRST_LINES) found.lines.push(line);
    this.#dropped.set(reason, found);
  }

  change(what: string): void {
    this.#changed.set(what, (this.#changed.get(what) ?? 0) + 1);
  }

  note(text: string): void {
    this.#notes.add(text);
  }

  /** A row with a mistake: counted under what is wrong without what was found, or thrown. */
  bad(mistake: UserError): void {
    if (this.#isStrict) throw mistake;
    this.#firstBad ??= mistake;
    this.#bad++;
    const first = mistake.mistakes[0];
    this.drop(first === undefined ? 'unreadable' : formatMistake({ message: first.message.replace(/[,:]? found .*$/, '') }), first?.line);
  }

  /** Throws when most rows are bad: then it is another kind of file, or a wrong mapping, and what is left would not be the trace. */
  refuseMostlyBad(unit: string): void {
    if (this.#firstBad === undefined || this.#bad * 2 <= this.#read) return;
    const [first, ...rest] = this.#firstBad.mistakes;
    if (first === undefined) throw this.#firstBad;
    const how = this.#bad === this.#read ? `all ${this.#read}` : `${this.#bad} of ${this.#read}`;
    throw new UserError([{ ...first, message: `${first.message} (${how} ${unit} are bad; this is the first)` }, ...rest]);
  }

  /** Reads one row; what it says wrong is dealt with as `bad` says, and undefined comes back. */
  judged<Value>(read: () => Value): Value | undefined {
    this.#read++;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.bad(error);
      return undefined;
    }
  }

  /** As `judged`, of a row that has been counted already. */
  judgedAgain<Value>(read: () => Value): Value | undefined {
    this.#read--;
    return this.judged(read);
  }

  json(): TallyJson {
    return {
      read: this.#read,
      kept: this.#kept,
      dropped: [...this.#dropped].map(([reason, { count, lines }]) => ({ reason, count, firstLines: lines })),
      changed: [...this.#changed].map(([what, count]) => ({ what, count })),
      notes: [...this.#notes],
    };
  }

  /** For people; `unit` says what one row is. */
  text(unit: string): string {
    const { read, kept, dropped, changed, notes } = this.json();
    const out = dropped.reduce((sum, { count }) => sum + count, 0);
    const lines = [`${read} ${unit} read, ${kept} kept${out === 0 ? '' : `, ${out} dropped:`}`];
    for (const { reason, count, firstLines } of dropped) {
      const where =
        firstLines.length === 0
          ? ''
          : `  (line${count === 1 ? '' : 's'} ${firstLines.join(', ')}${count > firstLines.length ? ', ...' : ''})`;
      lines.push(`${String(count).padStart(8)}  ${reason}${where}`);
    }
    for (const { what, count } of changed) lines.push(`${String(count).padStart(8)}  changed: ${what}`);
    for (const note of notes) lines.push(`  note: ${note}`);
    return `${lines.join('\n')}\n`;
  }
}
