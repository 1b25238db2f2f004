/** Options that studies share: how many at a time, where to, how much to say. */

import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from './run-options.ts';

export interface StudyFlags {
  readonly workers?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly resume?: boolean;
  readonly shard?: Shard;
  readonly queue?: string;
}

/** The i-th of n parts of a study, from 1. */
export interface Shard {
  readonly i: number;
  readonly n: number;
}

export function withStudyFlags(command: Command, out: string): Command {
  return command
    .addOption(
      new Option(
        '--workers <n>',
        `trials at a time, each in a thread of its own; 0 does one after the other in this process (default: the cores, here ${availableParallelism()})`,
      ).argParser(wholeNumber(0, 256)),
    )
    .option('--out <dir>', `where everything goes (default: ${out})`)
    .option('--resume', 'go on with what trials.jsonl in --out holds of this same study')
    .option('--json', 'print the outcome as JSON instead of a table')
    .option('--quiet', 'no progress');
}

export const withQueue = (command: Command): Command =>
  command.option('--queue <redis://...>', 'have the trials done by `wavetank worker` processes that wait at this Redis, here or elsewhere');

/** For studies whose trials are known before the first one runs. */
export const withSharing = (command: Command): Command =>
  withQueue(
    command.addOption(
      new Option('--shard <i/n>', 'do only the i-th of n parts and write its trials; `wavetank merge` puts parts together').argParser(
        shardOf,
      ),
    ),
  );

function shardOf(text: string): Shard {
  const found = /^(\d+)\/(\d+)$/.exec(text);
  const [i, n] = [Number(found?.[1]), Number(found?.[2])];
  if (found === null || n < 1 || n > 100_000 || i < 1 || i > n)
    throw new InvalidArgumentError('expected i/n with i from 1 to n, such as 3/8.');
  return { i, n };
}

/** Seeds as people write them: '20' is so many from 1 on, '7,8,9' are these, '100..119' is a range. */
export function seedsOf(text: string): readonly number[] {
  const seeds = listed(text);
  if (seeds === undefined || seeds.length === 0 || seeds.length > 100_000)
    throw new InvalidArgumentError("expected how many ('20'), which ('1,5,9') or from where to where ('100..119').");
  return seeds;
}

function listed(text: string): readonly number[] | undefined {
  const whole = (part: string): number => (/^\d+$/.test(part) && Number(part) <= 4_294_967_295 ? Number(part) : Number.NaN);
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (range !== null) {
    const [from, to] = [whole(range[1] as string), whole(range[2] as string)];
    if (!(from <= to) || to - from > 100_000) return undefined;
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  if (text.includes(',')) {
    const all = text.split(',').map(whole);
    return all.some(Number.isNaN) || new Set(all).size < all.length ? undefined : all;
  }
  const count = whole(text);
  if (!(count >= 1) || count > 100_000) return undefined;
  return Array.from({ length: count }, (_, i) => i + 1);
}

export const seedsOption = (byDefault: string): Option =>
  new Option(
    '--seeds <n>',
    `how many seeds ('20'), which ('1,5,9'), or from where to where ('100..119') (default: ${byDefault})`,
  ).argParser(seedsOf);

/** Names of metrics with commas between. */
export const namesOf = (text: string): readonly string[] => {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('expected names with commas between.');
  return names;
};
