/** Puts a run's files into its directory: everything goes to a temporary name first, is synced, then renamed, so that no half-written file is ever seen. */

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '#scenario';

/** The directory of one run, locked while the run lasts. */
export interface OutDirectory {
  readonly path: string;
  write(name: string, content: string | Uint8Array): string;
  /** Takes the lock away; further writes are mistakes. */
  close(): void;
}

/** Makes and locks it before the run begins, so that a long run does not end in 'permission denied'. */
export function openOutDirectory(path: string): OutDirectory {
  const lock = join(path, '.wavetank-lock');
  let made: readonly string[] = [];
  try {
    if (path === '') throw UserError.at({}, '--out: expected a directory, found nothing');
    made = makeDirectories(path);
    if (!statSync(path).isDirectory()) throw UserError.at({}, `--out ${path}: is not a directory`);
    claim(lock, path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason =
      code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
        ? 'cannot be written to'
        : code === 'ENOTDIR' || code === 'EEXIST'
          ? 'is not a directory'
          : `cannot be written to (${code})`;
    throw UserError.at({}, `--out ${path}: ${reason}`);
  }
  const release = (): void => {
    rmSync(lock, { force: true });
    removeEmpty(made);
  };
  process.once('exit', release);
  return {
    path,
    write(name, content) {
      const target = join(path, name);
      const temporary = `${target}.${process.pid}.tmp`;
      const file = openSync(temporary, 'w');
      try {
        if (typeof content === 'string') writeFileSync(file, content);
        else for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
        fsyncSync(file);
      } catch (error) {
        closeSync(file);
        rmSync(temporary, { force: true });
        throw error;
      }
      closeSync(file);
      renameSync(temporary, target);
      return target;
    },
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
  for (const directory of missing.reverse()) mkdirSync(directory);
  return missing;
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

/** Takes the lock; a lock whose process is gone is taken over. */
function claim(lock: string, path: string): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = ownerOf(lock);
      if (owner !== undefined && isAlive(owner)) throw UserError.at({}, `--out ${path}: another run (process ${owner}) is writing there`);
      rmSync(lock, { force: true });
    }
  }
  throw UserError.at({}, `--out ${path}: another run is writing there`);
}

function ownerOf(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
