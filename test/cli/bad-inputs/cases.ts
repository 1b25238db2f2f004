/** Generated bad inputs, numbered: each number is one spoilt file or one spoilt command line, the same on every machine. And what a program may do with it. */

import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../command.ts';
import { luck, MUTATIONS, OPTION_VALUES } from './mutations.ts';
import { FILE_KINDS, type FileKind, layOut, SCENARIO } from './valid-files.ts';

export interface BadCase {
  readonly what: string;
  readonly args: readonly string[];
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  run: ['--seed', '--shards', '--set', '--explain', '--cost', '--checkpoint-every', '--plugin', '--controller', '--extender'],
  compare: ['--seeds', '--a-set', '--b-set', '--metrics', '--fail-if', '--confidence', '--workers', '--shard', '--queue', '--scenario'],
  sweep: ['--workers', '--shard'],
  capacity: ['--set', '--machines', '--mix', '--prices', '--workers'],
  ci: ['--tolerance', '--budget', '--baseline', '--workers'],
  fuzz: ['--seeds', '--from', '--minutes', '--workers'],
  'replay-seed': ['--minutes', '--only'],
  branch: ['--at', '--set', '--branch'],
  report: ['--format'],
  bench: ['--case', '--workload', '--label-filter', '--config'],
  explain: ['--at', '--attempt'],
  serve: ['--port', '--speed', '--seed', '--set', '--token', '--cert'],
  ctl: ['--port', '--server', '--token'],
  'gpu-study': ['--nodes', '--pods', '--policy', '--seed', '--order'],
};

/** The case of a number, laid out in `folder`. */
export function badCase(number: number, folder: string): BadCase {
  rmSync(folder, { recursive: true, force: true });
  const draw = luck(number * 7919 + 17);
  // A third are command lines.
  if (number % 3 === 2) return badCommand(draw, folder);
  const kinds = Object.entries(FILE_KINDS);
  const ways = Object.entries(MUTATIONS);
  const [name, kind] = kinds[Math.floor(draw() * kinds.length)] as [string, FileKind];
  const [way, spoil] = ways[Math.floor(draw() * ways.length)] as [string, (typeof MUTATIONS)[string]];
  return { what: `${name}: ${way}`, args: layOut(kind, spoil(kind.text, draw), folder) };
}

function badCommand(draw: () => number, folder: string): BadCase {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(draw() * all.length)] as T;
  layOut(FILE_KINDS['scenario'] as FileKind, SCENARIO, folder);
  const file = join(folder, 'tiny.yaml');
  writeFileSync(join(folder, 'empty'), '');
  const [command, options] = pick(Object.entries(COMMANDS));
  const operand = pick([file, folder, join(folder, 'nowhere'), join(folder, 'empty'), '', '/dev/null', '-', 'x'.repeat(300), 'a\nb']);
  const option = pick([...options, '--out', '--nonsense']);
  const value = pick([...OPTION_VALUES, operand]);
  return { what: `${command} ${option}`, args: [command, ...(draw() < 0.9 ? [operand] : []), option, ...(draw() < 0.9 ? [value] : [])] };
}

/** What is wrong with what a command did, or undefined. `folder` is where the case was laid out. */
export function complaint({ args }: BadCase, { code, err }: Outcome, folder: string): string | undefined {
  if (code === 70) return 'ended as by a mistake of its own (70)';
  if (![0, 1, 2, 3, 130].includes(code as number)) return `ended with ${code}`;
  if (/\n\s+at .*[:(]\d+/.test(err) || /\b(TypeError|RangeError|ReferenceError|SyntaxError|UnhandledPromise)\b/.test(err))
    return 'shows a stack or an error of JavaScript';
  if (({} as Record<string, unknown>)['polluted'] !== undefined) return 'polluted the prototype of all objects';
  if (code !== 2) return torn(folder);
  if (err.trim() === '') return 'refuses without a word';
  const lines = err.trimEnd().split('\n');
  const longest = Math.max(...lines.map((line) => line.length));
  if (longest > 1000) return `a line of ${longest} characters`;
  if (lines.length > 30) return `${lines.length} lines`;
  // Control characters of a hostile file never reach the terminal.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(err)) return 'prints control characters';
  if (existsSync(join(folder, 'out')) && !args.includes('merge')) return 'left an output folder';
  return torn(folder);
}

function torn(folder: string): string | undefined {
  const left = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => /\.tmp$|wavetank-lock$/.test(name));
  return left === undefined ? undefined : `left ${left} behind`;
}
