/** The directory of one run or study: locked while it lasts, and every file in it is there whole or not at all. */

import { existsSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '#scenario';
import { dropLock, isAlive, LOCK_FILE, takeLock } from './directory-lock.ts';
import { OutputError } from './output-error.ts';
import { sweepTemporaries, writeWhole } from './whole-file.ts';

/** The directory of one run, locked while the run lasts. */
export interface OutDirectory {
  readonly path: string;
  write(name: string, content: string | Uint8Array): string;
  /** Several files that belong together: none is replaced before all are on the disk. Their paths. */
  writeAll(files: readonly (readonly [name: string, content: string | Uint8Array])[]): string[];
  /** Takes the lock away; further writes are mistakes. */
  close(): void;
}

/** Makes and locks it before the run begins, so that a long run does not end in 'permission denied'. Throws UserError, or OutputError where the machine refuses. */
export function openOutDirectory(path: string): OutDirectory {
  let made: readonly string[] = [];
  try {
    if (path === '') throw UserError.at({}, '--out: expected a directory, found nothing');
    made = makeDirectories(path);
    if (!statSync(path).isDirectory()) throw UserError.at({}, `--out ${path}: is not a directory`);
    const owner = takeLock(path);
    if (owner !== undefined) {
      const elsewhere = owner.host === undefined ? '' : ` on ${owner.host}`;
      throw UserError.at(
        {},
        `--out ${path}: another run (process ${owner.pid}${elsewhere}) is writing there; if it is gone, remove ${join(path, LOCK_FILE)}`,
      );
    }
    sweepTemporaries(path, isAlive);
  } catch (error) {
    removeEmpty(made);
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR' || code === 'EEXIST') throw UserError.at({}, `--out ${path}: is not a directory`);
    if (code === 'ENAMETOOLONG' || code === 'ELOOP' || code === 'ERR_INVALID_ARG_VALUE')
      throw UserError.at({}, `--out: is no path of a directory (${code})`);
    throw OutputError.from(`--out ${path}`, error);
  }
  const release = (): void => {
    dropLock(path);
    removeEmpty(made);
  };
  process.once('exit', release);
  const writeAll: OutDirectory['writeAll'] = (files) => {
    const whole = files.map(([name, content]) => ({ path: join(path, name), content }));
    writeWhole(whole);
    return whole.map((file) => file.path);
  };
  return {
    path,
    writeAll,
    write: (name, content) => writeAll([[name, content]])[0] as string,
    close() {
      release();
      process.removeListener('exit', release);
    },
  };
}

/** As mkdir -p, a directory at a time: Node's own `recursive` never returns under /proc, where a parent exists and yet refuses with ENOENT. */
function makeDirectories(path: string): readonly string[] {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.push(at);
  const made: string[] = [];
  try {
    for (const directory of missing.reverse()) {
      mkdirSync(directory);
      made.push(directory);
    }
  } catch (error) {
    removeEmpty(made);
    throw error;
  }
  return made;
}

/** A run that wrote nothing leaves nothing: directories made for it go, innermost first, unless something lies in them. */
function removeEmpty(made: readonly string[]): void {
  for (const directory of made.toReversed()) {
    try {
      rmdirSync(directory);
    } catch {
      return;
    }
  }
}
