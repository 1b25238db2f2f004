/** Runs the command line in this process and keeps what it prints; or as a process of its own, with an end to its patience. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { run } from '../../src/cli/main.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Outcome {
  readonly code: number | string;
  readonly out: string;
  readonly err: string;
}

export async function inProcess(...args: readonly string[]): Promise<Outcome> {
  let out = '';
  let err = '';
  const before = process.exitCode;
  process.exitCode = undefined;
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  try {
    return { code: await run(args), out, err };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
    process.exitCode = before;
  }
}

/** Like `inProcess`, with Ctrl-C as soon as the command listens for it. */
export async function interrupted(...args: readonly string[]): Promise<Outcome> {
  const before = process.listenerCount('SIGINT');
  const timer = setInterval(() => {
    if (process.listenerCount('SIGINT') <= before) return;
    clearInterval(timer);
    process.emit('SIGINT');
  }, 1);
  try {
    return await inProcess(...args);
  } finally {
    clearInterval(timer);
  }
}

/** Looks again and again, on a machine of any speed: for when what a process does can only be seen from outside. */
export function whenItIs(so: () => boolean, then: () => void): void {
  const timer = setInterval(() => {
    if (!so()) return;
    clearInterval(timer);
    then();
  }, 20);
  timer.unref();
}

/** `meanwhile` is given the process once it has started. A process that is still there after `patience` ms is killed: code 'SIGKILL'. */
export function asProcess(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly patience?: number;
    readonly meanwhile?: (kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [`${ROOT}bin/wavetank.js`, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const timer = setTimeout(() => child.kill('SIGKILL'), options.patience ?? 20_000);
  options.meanwhile?.((signal) => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal ?? 'unknown', out, err });
    });
  });
}
