/** A CSV file with a header, row by row: which columns it has, and what their cells say. Every mistake names file, line and column. */

import { cellsOf } from '../csv.ts';
import { nearest } from '../nearest.ts';
import { printable, UserError } from '../user-error.ts';
import type { Tally } from './tally.ts';
import { textLines } from './text-lines.ts';

export class Row {
  readonly file: string;
  readonly line: number;
  readonly #header: ReadonlyMap<string, number>;
  readonly #cells: readonly string[];

  constructor(file: string, line: number, header: ReadonlyMap<string, number>, cells: readonly string[]) {
    this.file = file;
    this.line = line;
    this.#header = header;
    this.#cells = cells;
  }

  mistake(message: string): UserError {
    return UserError.at({ file: this.file, line: this.line }, message);
  }

  has(column: string): boolean {
    return this.#header.has(column);
  }

  text(column: string): string {
    const at = this.#header.get(column);
    return at === undefined ? '' : (this.#cells[at] ?? '');
  }

  /** A finite number that is not negative; undefined for an empty cell or a missing column. */
  optionalNumber(column: string): number | undefined {
    const text = this.text(column);
    if (text === '') return undefined;
    const value = Number(text);
    if (!Number.isFinite(value)) throw this.mistake(`'${column}' is not a number: found '${printable(text)}'`);
    if (value < 0) throw this.mistake(`'${column}' must not be negative, found ${printable(text)}`);
    return value;
  }

  number(column: string): number {
    const value = this.optionalNumber(column);
    if (value === undefined) throw this.mistake(`'${column}' is empty: expected a number`);
    return value;
  }
}

/** `needed`: columns without which the file is not what it should be. `tally`: hears of rows that are no rows; without it they are thrown. */
export async function* csvRows(
  file: string,
  needed: readonly string[] | ((header: readonly string[]) => void),
  tally?: Tally,
): AsyncIterable<Row> {
  let header: Map<string, number> | undefined;
  let width = 0;
  let count = 0;
  for await (const { line, text } of textLines(file)) {
    if (text.trim() === '') continue;
    if (header === undefined) {
      const names = cellsOf(text, file, line);
      width = names.length;
      header = new Map(names.map((name, index) => [name, index]));
      if (typeof needed === 'function') needed(names);
      else refuseMissing(file, line, names, needed);
      continue;
    }
    count++;
    try {
      const cells = cellsOf(text, file, line);
      if (cells.length !== width) throw UserError.at({ file, line }, `has ${cells.length} columns, the header has ${width}`);
      yield new Row(file, line, header, cells);
    } catch (error) {
      if (tally === undefined || !(error instanceof UserError)) throw error;
      tally.read();
      tally.bad(error);
    }
  }
  if (header === undefined) throw UserError.at({ file }, 'has no header line');
  if (count === 0) throw UserError.at({ file }, 'has a header but no rows');
}

function refuseMissing(file: string, line: number, names: readonly string[], needed: readonly string[]): void {
  for (const name of needed) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    throw UserError.at(
      { file, line },
      `has no column '${name}'${near === undefined ? `; columns: ${printable(names.join(', '), 160)}` : `; did you mean '${near}'?`}`,
    );
  }
}
