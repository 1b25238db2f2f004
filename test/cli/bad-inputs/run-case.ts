/** Gives one case to the command line in this process, with an end to its patience: what still runs after a while hears Ctrl-C. */

import { run } from '../../../src/cli/main.ts';
import type { Outcome } from '../command.ts';

const PATIENCE_MS = 1500;
/** Would stay, or go out into the world. */
const NEVER: ReadonlySet<string> = new Set(['serve', 'worker', 'ctl']);

export async function runCase(args: readonly string[]): Promise<Outcome> {
  let err = '';
  const { stdout, stderr, exitCode } = process;
  const [out, complain, exit] = [stdout.write, stderr.write, process.exit];
  process.exitCode = undefined;
  stdout.write = (() => true) as typeof stdout.write;
  stderr.write = ((text: string | Uint8Array) => {
    err += String(text);
    return true;
  }) as typeof stderr.write;
  process.exit = ((code?: number) => {
    throw new Error(`process.exit(${code})`);
  }) as typeof process.exit;
  let asked = 0;
  const timer = setInterval(() => {
    // Once: a second one would mean to go at once.
    if (asked++ === 0) process.emit('SIGINT');
  }, PATIENCE_MS);
  try {
    return { code: await run(args), out: '', err };
  } catch (error) {
    return { code: 'threw', out: '', err: `${err}${error instanceof Error ? error.stack : String(error)}` };
  } finally {
    clearInterval(timer);
    stdout.write = out;
    stderr.write = complain;
    process.exit = exit;
    process.exitCode = exitCode;
  }
}

/** Commands that wait for somebody are asked for their options only. */
export const isSafe = (args: readonly string[]): boolean => !NEVER.has(args[0] ?? '');
