/** The lines of a file, plain or gzip, one after another: memory holds one block of it, however long it is. */

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { UserError } from '../user-error.ts';

export interface TextLine {
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** Longer lines are no rows of a table. */
const LONGEST_LINE = 16 * 1024 * 1024;

/** Says in plain words why a file cannot be read. */
export function refuseUnreadable(file: string): void {
  if (!existsSync(file)) throw UserError.at({ file }, 'no such file');
  const stat = statSync(file);
  if (stat.isDirectory()) throw UserError.at({ file }, 'is a directory, not a file');
  if (!stat.isFile()) throw UserError.at({ file }, 'is not a regular file');
  if (stat.size === 0) throw UserError.at({ file }, 'is empty');
}

async function* bytesOf(file: string): AsyncIterable<Buffer> {
  const raw = createReadStream(file, { highWaterMark: 1 << 18 });
  let first: Buffer | undefined;
  const parts = raw[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    first = (await parts.next()).value as Buffer | undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw UserError.at({ file }, code === 'EACCES' ? 'permission denied' : `cannot be read (${code ?? String(error)})`);
  }
  const zipped = first !== undefined && first[0] === 0x1f && first[1] === 0x8b;
  if (!zipped) {
    if (file.endsWith('.gz')) throw UserError.at({ file }, 'is not gzip, though its name says so');
    for (let part = first; part !== undefined; part = (await parts.next()).value as Buffer | undefined) yield part;
    return;
  }
  raw.destroy();
  const gunzip = createGunzip();
  const again = createReadStream(file, { highWaterMark: 1 << 18 });
  again.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const part of again.pipe(gunzip)) yield part as Buffer;
  } finally {
    again.destroy();
  }
}

function damage(file: string, line: number, error: unknown): UserError {
  if (error instanceof UserError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR') return UserError.at({ file, line }, 'is truncated: the gzip stream ends here');
  if (code?.startsWith('Z_') === true) return UserError.at({ file, line }, `is damaged gzip: ${(error as Error).message}`);
  if (error instanceof TypeError) return UserError.at({ file, line }, 'is not valid UTF-8');
  return UserError.at({ file, line }, `cannot be read (${code ?? String(error)})`);
}

/** Line ends may be LF or CRLF; a byte order mark is dropped. Throws UserError naming the line where the file is damaged. */
export async function* textLines(file: string): AsyncIterable<TextLine> {
  refuseUnreadable(file);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let line = 0;
  try {
    for await (const bytes of bytesOf(file)) {
      rest += decoder.decode(bytes, { stream: true });
      let from = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
        yield { line: ++line, text: checked(rest.slice(from, rest[end - 1] === '\r' ? end - 1 : end), file, line) };
        from = end + 1;
      }
      rest = rest.slice(from);
      if (rest.length > LONGEST_LINE) throw UserError.at({ file, line: line + 1 }, 'is longer than 16 MiB: not a line of text');
    }
    rest += decoder.decode();
  } catch (error) {
    throw damage(file, line + 1, error);
  }
  if (rest !== '') yield { line: ++line, text: checked(rest.replace(/\r$/, ''), file, line) };
}

function checked(text: string, file: string, line: number): string {
  if (text.includes('\0')) throw UserError.at({ file, line }, 'contains a NUL byte: not a text file');
  return text;
}
