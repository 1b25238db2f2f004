/** Reads a CSV file with a header, plain or gzip, and judges its cells: every mistake names file, line and column. */

import { gunzipSync } from 'node:zlib';
import { nearest } from './nearest.ts';
import { decodeText, readBytes } from './source.ts';
import { printable, UserError } from './user-error.ts';

export interface CsvTable {
  readonly file: string;
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  /** 1-based line of the file. */
  readonly line: number;
  readonly cells: readonly string[];
}

const MOST_BYTES = 2 * 1024 ** 3;

export function readCsv(file: string): CsvTable {
  const lines = readCsvText(file).split('\n');
  const header = cellsOf((lines[0] ?? '').replace(/\r$/, ''), file, 1);
  if (lines[0] === undefined || lines[0].trim() === '') throw UserError.at({ file, line: 1 }, 'has no header line');
  const rows: CsvRow[] = [];
  for (let index = 1; index < lines.length; index++) {
    const text = (lines[index] as string).replace(/\r$/, '');
    if (text.trim() === '') continue;
    const cells = cellsOf(text, file, index + 1);
    if (cells.length !== header.length)
      throw UserError.at({ file, line: index + 1 }, `has ${cells.length} columns, the header has ${header.length}`);
    rows.push({ line: index + 1, cells });
  }
  if (rows.length === 0) throw UserError.at({ file }, 'has a header but no rows');
  return { file, header, rows };
}

/** The text of a file, unzipped when it is gzip. */
export function readCsvText(file: string): string {
  const bytes = readBytes(file, MOST_BYTES);
  const zipped = bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!zipped && file.endsWith('.gz')) throw UserError.at({ file }, 'is not gzip, though its name says so');
  return decodeText(zipped ? unzip(bytes, file) : bytes, file);
}

function unzip(bytes: Buffer, file: string): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'Z_BUF_ERROR') throw UserError.at({ file }, 'is truncated: the gzip stream ends early');
    if (code === 'ERR_BUFFER_TOO_LARGE') throw UserError.at({ file }, 'unpacks to more than 2 GiB');
    throw UserError.at({ file }, `is damaged: ${(error as Error).message}`);
  }
}

/** RFC 4180: quotes double inside quotes. No line breaks inside cells. */
export function cellsOf(text: string, file: string, line: number): string[] {
  if (!text.includes('"')) return text.split(',').map((cell) => cell.trim());
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const comma = text.indexOf(',', at);
      cells.push(text.slice(at, comma < 0 ? text.length : comma).trim());
      if (comma < 0) return cells;
      at = comma + 1;
      continue;
    }
    let cell = '';
    for (;;) {
      const quote = text.indexOf('"', at + 1);
      if (quote < 0) throw UserError.at({ file, line }, 'a quote is not closed');
      cell += text.slice(at + 1, quote);
      at = quote + 1;
      if (text[at] !== '"') break;
      cell += '"';
    }
    cells.push(cell);
    if (at >= text.length) return cells;
    if (text[at] !== ',') throw UserError.at({ file, line }, 'expected a comma after a closing quote');
    at++;
  }
}

/** Where a column stands; a mistake when it is missing and required. */
export function columnOf(table: CsvTable, name: string, why?: string): number {
  const at = table.header.indexOf(name);
  if (at >= 0 || why === undefined) return at;
  const near = nearest(name, table.header);
  throw UserError.at(
    { file: table.file, line: 1 },
    `has no column '${name}'${why === '' ? '' : ` (${why})`}${near === undefined ? `; columns: ${printable(table.header.join(', '), 120)}` : `; did you mean '${near}'?`}`,
  );
}

/** A finite number that is not negative. */
export function numberAt(table: CsvTable, row: CsvRow, column: number): number {
  const text = row.cells[column] ?? '';
  const value = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  const name = table.header[column] ?? '';
  const place = { file: table.file, line: row.line };
  if (Number.isFinite(value)) throw UserError.at(place, `'${name}' must not be negative, found ${printable(text)}`);
  throw UserError.at(place, `'${name}' is not a number: found '${printable(text)}'`);
}

/** As numberAt; undefined for an empty cell or a missing column. */
export function optionalNumberAt(table: CsvTable, row: CsvRow, column: number): number | undefined {
  return column < 0 || (row.cells[column] ?? '') === '' ? undefined : numberAt(table, row, column);
}
