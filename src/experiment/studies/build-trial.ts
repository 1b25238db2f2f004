/** A trial by another Wavetank: an older version, or a branch. It is run as a program of its own and leaves a result.json, whose format is the contract. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '#scenario';
import type { Result } from '../result.ts';
import { readResult } from './read-result.ts';
import type { Arm, TrialHooks } from './trial.ts';

/** How often a wish to stop is looked for. */
const POLL_MS = 100;

export async function resultOfBuild(arm: Arm, bin: string, seed: number, hooks: TrialHooks): Promise<Result | undefined> {
  const out = mkdtempSync(join(tmpdir(), 'wavetank-build-'));
  try {
    const own = [...arm.plugins.flatMap((file) => ['--plugin', file]), ...arm.extenders.flatMap((text) => ['--extender', text])];
    const set = arm.set.flatMap((assignment) => ['--set', assignment]);
    const args = [bin, 'run', arm.file, '--seed', String(seed), '--shards', '0', '--quiet', '--out', out, ...set, ...own];
    const { code, err } = await finished(args, hooks);
    if (hooks.interrupted?.() === true) return undefined;
    // 1 is a verdict that failed: a result all the same.
    if ((code !== 0 && code !== 1) || !existsSync(join(out, 'result.json')))
      throw UserError.at({ file: bin }, `ended with ${code} and no result: ${err.trim().split('\n').at(-1) ?? 'it said nothing'}`);
    return readResult(out);
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function finished(args: readonly string[], hooks: TrialHooks): Promise<{ readonly code: number | string; readonly err: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk) => (err = `${err}${String(chunk)}`.slice(-4096)));
  const timer = setInterval(() => {
    if (hooks.interrupted?.() === true) child.kill('SIGKILL');
  }, POLL_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      resolve({ code: code ?? signal ?? 'unknown', err });
    });
  });
}
