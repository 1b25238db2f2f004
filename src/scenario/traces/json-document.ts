/** A whole JSON document, plain or gzip, with the line at which it stops being one. */

import { gunzipSync } from 'node:zlib';
import { decodeText, readBytes } from '../source.ts';
import { printable, UserError } from '../user-error.ts';
import { refuseUnreadable } from './text-lines.ts';

const MOST_BYTES = 1024 ** 3;

/** The bytes of a file, unzipped where they are gzip. */
export function unzippedBytes(file: string): Buffer {
  refuseUnreadable(file);
  const bytes = readBytes(file, MOST_BYTES);
  if (!(bytes[0] === 0x1f && bytes[1] === 0x8b)) {
    if (file.endsWith('.gz')) throw UserError.at({ file }, 'is not gzip, though its name says so');
    return bytes;
  }
  try {
    const plain = gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
    if (plain.length === 0) throw UserError.at({ file }, 'is empty');
    return plain;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'Z_BUF_ERROR') throw UserError.at({ file }, 'is truncated: the gzip stream ends early');
    if (code === 'ERR_BUFFER_TOO_LARGE') throw UserError.at({ file }, 'unpacks to more than 1 GiB');
    throw UserError.at({ file }, `is damaged gzip: ${(error as Error).message}`);
  }
}

export function parseJson(file: string, bytes: Buffer): unknown {
  const text = decodeText(bytes, file);
  if (text.trim() === '') throw UserError.at({ file }, 'is empty');
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    const offset = position === undefined ? text.length : Number(position);
    const line = text.slice(0, offset).split('\n').length;
    throw UserError.at(
      { file, line },
      `is no JSON: ${printable(message.replace(/,? ?(\.\.\.)?".*$/s, '').replace(/ in JSON.*$/s, ''), 120)}`,
    );
  }
}
