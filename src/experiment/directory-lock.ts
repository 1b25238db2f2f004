/** One writer a directory. The lock names its process; one whose process is gone (or whose number another process has by now) is taken over. */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

export const LOCK_FILE = '.wavetank-lock';

export interface LockOwner {
  readonly pid: number;
  /** When the process began, in the kernel's ticks: tells it from a later one with its number. */
  readonly since?: string;
  /** The machine or container. */
  readonly host?: string;
}

/** Takes the lock of a directory, or says who holds it. Undefined: it is ours. */
export function takeLock(directory: string): LockOwner | undefined {
  const lock = join(directory, LOCK_FILE);
  const own = `${lock}.${process.pid}.tmp`;
  writeFileSync(own, `${process.pid} ${beginOf(process.pid) ?? '-'} ${hostname()}\n`);
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (placed(own, lock)) return undefined;
      const owner = ownerOf(lock);
      if (owner !== undefined && holds(owner)) return owner;
      const other = dislodged(lock);
      if (other !== undefined) return other;
    }
    return ownerOf(lock) ?? { pid: 0 };
  } finally {
    rmSync(own, { force: true });
  }
}

export function dropLock(directory: string): void {
  rmSync(join(directory, LOCK_FILE), { force: true });
}

/** The lock appears with its content or not at all; false: there is one. */
function placed(own: string, lock: string): boolean {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    // File systems without hard links: nearly as good.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EOPNOTSUPP') throw error;
    try {
      writeFileSync(lock, readFileSync(own), { flag: 'wx' });
      return true;
    } catch (second) {
      if ((second as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw second;
    }
  }
}

/** Moves a dead lock out of the way. Between our look and our move somebody else may have taken it: then it is put back, and its owner returned. */
function dislodged(lock: string): LockOwner | undefined {
  const aside = `${lock}.stale.${process.pid}.tmp`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const owner = ownerOf(aside);
  const isHeld = owner !== undefined && holds(owner);
  if (isHeld) placed(aside, lock);
  rmSync(aside, { force: true });
  return isHeld ? owner : undefined;
}

function ownerOf(lock: string): LockOwner | undefined {
  try {
    const [number, since, host] = readFileSync(lock, 'utf8').trim().split(' ');
    const pid = Number(number);
    if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
    return { pid, ...(since === undefined || since === '-' ? {} : { since }), ...(host === undefined ? {} : { host }) };
  } catch {
    return undefined;
  }
}

/** Of another machine nobody here can tell: it is believed. */
function holds({ pid, since, host }: LockOwner): boolean {
  if (host !== undefined && host !== hostname()) return true;
  if (!isAlive(pid)) return false;
  const began = beginOf(pid);
  return since === undefined || began === undefined || began === since;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of Linux' /proc/<pid>/stat; elsewhere nothing. */
function beginOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name, which may hold spaces and brackets.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
