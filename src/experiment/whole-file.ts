/** Files that are there whole or not at all: written under a temporary name, synced, renamed, and the rename synced too. Whoever kills the process at any
 *  moment finds the old file or the new one. */

import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OutputError } from './output-error.ts';

export interface FileToWrite {
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** All of them or, as far as a file system can promise it, none: nothing is renamed before the last byte of the last file is on the disk. Throws OutputError. */
export function writeWhole(files: readonly FileToWrite[]): void {
  const staged: string[] = [];
  let at = files[0]?.path ?? '';
  try {
    for (const { path, content } of files) {
      at = path;
      const temporary = `${path}.${process.pid}.tmp`;
      staged.push(temporary);
      stage(temporary, content);
    }
    for (const { path } of files) {
      at = path;
      renameSync(`${path}.${process.pid}.tmp`, path);
    }
  } catch (error) {
    for (const temporary of staged) discard(temporary);
    throw OutputError.from(at, error);
  }
  for (const directory of new Set(files.map(({ path }) => dirname(path)))) syncDirectory(directory);
}

function stage(temporary: string, content: string | Uint8Array): void {
  const file = openSync(temporary, 'w');
  try {
    if (typeof content === 'string') writeFileSync(file, content);
    else for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // A disk that refuses to forget a file must not hide why it refused the file.
  }
}

/** A rename is on the disk when its directory is. File systems that cannot sync a directory are left to themselves. */
function syncDirectory(path: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    fsyncSync(handle);
  } catch {
    // The files are whole either way.
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** Takes away temporary files that killed processes left in a directory. */
export function sweepTemporaries(directory: string, isAlive: (pid: number) => boolean): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(/\.(\d+)\.tmp$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(pid) || (pid !== process.pid && isAlive(pid))) continue;
    discard(join(directory, name));
  }
}
