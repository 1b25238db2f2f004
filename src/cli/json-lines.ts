/** Reads JSON Lines, gzipped or not, a line at a time: vectors and histories are too long to hold as text. */

import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { UserError } from '#scenario';

export interface JsonLine {
  /** 1-based. */
  readonly line: number;
  readonly value: unknown;
}

/** Yields each line's value; throws a UserError for a file that cannot be read, a broken gzip stream and a line that is no JSON. */
export async function* readJsonLines(file: string): AsyncGenerator<JsonLine> {
  let line = 0;
  let values = 0;
  try {
    for await (const text of createInterface({ input: open(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() === '') continue;
      values += 1;
      yield { line, value: parse(file, line, text) };
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw UserError.at({ file }, explain(error as NodeJS.ErrnoException));
  }
  if (values === 0) throw UserError.at({ file }, 'is empty: expected one JSON object a line');
}

const NEWLINE = 0x0a;
const SPACE = 0x20;

/** How many values `readJsonLines` will yield, without parsing any. Of a file that cannot be read: 0; reading it says why. */
export async function countJsonLines(file: string): Promise<number> {
  let values = 0;
  let isBlank = true;
  try {
    for await (const chunk of open(file) as AsyncIterable<Uint8Array>) {
      for (const byte of chunk) {
        if (byte > SPACE) {
          if (isBlank) values += 1;
          isBlank = false;
        } else if (byte === NEWLINE) isBlank = true;
      }
    }
  } catch {
    return 0;
  }
  return values;
}

function open(file: string): NodeJS.ReadableStream {
  const stat = statSync(file);
  // A pipe might never end, or never begin: reading it would hang.
  if (!stat.isFile() && !stat.isDirectory()) throw UserError.at({ file }, 'is not a regular file');
  const raw = createReadStream(file);
  if (!file.endsWith('.gz')) return raw;
  const plain = createGunzip();
  // A pipe does not pass its source's error on.
  raw.on('error', (error) => plain.destroy(error));
  return raw.pipe(plain);
}

function parse(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw UserError.at({ file, line }, `not JSON: ${(error as Error).message}`);
  }
}

function explain(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'no such file';
  if (error.code === 'EISDIR') return 'is a directory, expected a file';
  if (error.code === 'EACCES') return 'may not be read';
  if (error.code?.startsWith('Z_')) return `broken gzip: ${error.message}`;
  return error.message;
}
