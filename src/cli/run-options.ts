/** Options that every command which runs a cluster shares. */

import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ExplainChoice } from '#experiment';
import { parseDuration } from '#scenario';
import { freeCores } from './free-cores.ts';

export interface RunFlags {
  readonly seed?: number;
  readonly shards?: number;
  readonly out?: string;
  readonly set: readonly string[];
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly plugin?: readonly string[];
  readonly controller?: readonly string[];
  readonly extender?: readonly string[];
  readonly cost?: 'model' | 'measured';
  readonly explain?: ExplainChoice;
  readonly recordHistory?: boolean;
  readonly check?: boolean;
  /** The scenario's. */
  readonly file?: string;
  readonly resume?: boolean;
  readonly checkpointEvery?: number;
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
    return value;
  };
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('expected a number above 0.');
  return value;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export function withRunFlags(command: Command, explain: ExplainChoice = 'failed'): Command {
  return command
    .addOption(new Option('--seed <n>', "luck of the run (default: the scenario's)").argParser(wholeNumber(0, 4_294_967_295)))
    .addOption(
      new Option(
        '--shards <n>',
        'worker threads; 0 runs all in this process (default: 2 for big clusters where 2 cores are free)',
      ).argParser(wholeNumber(0, 64)),
    )
    .option('--out <dir>', 'where result.json, report.html and the trace go (default: out/<name>)')
    .addOption(explainOption(explain))
    .option('--resume', 'go on where a run of the same scenario, seed and build that was killed had its last checkpoint in --out')
    .addOption(checkpointOption())
    .option(
      '--check',
      'judge what a watcher of everything saw, and what is said on the wires where all runs in one thread, by the invariants (docs/invariants.md); exit 1 when one is violated',
    )
    .option('--record-history', 'write history.jsonl: what etcd was asked and answered, for `wavetank conformance history`')
    .addOption(pluginOption())
    .addOption(controllerOption())
    .addOption(extenderOption())
    .addOption(costOption())
    .option('--quiet', 'no progress');
}

/** Of wall time: that much is lost at most when the machine dies. */
const checkpointOption = (): Option =>
  new Option('--checkpoint-every <duration>', 'wall time between two checkpoints (default: 10s)').argParser((text: string) => {
    const every = parseDuration(text);
    if (every === undefined || every < 10_000 || every > 86_400e6)
      throw new InvalidArgumentError("expected a duration from '10ms' to '1d'.");
    return every / 1e3;
  });

export const explainOption = (byDefault: ExplainChoice): Option =>
  new Option('--explain <which>', 'scheduling attempts that `wavetank explain` can take apart afterwards')
    .choices(['all', 'failed', 'none'])
    .default(byDefault);

/** Scheduler plugins of one's own. */
export const pluginOption = (): Option =>
  new Option('--plugin <file>', 'a scheduler plugin of your own (docs/write-a-plugin.md); may be given again').argParser(
    (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
  );

/** Controllers of one's own. */
export const controllerOption = (): Option =>
  new Option('--controller <file>', 'a controller or operator of your own (docs/write-a-controller.md); may be given again').argParser(
    (file: string, before: readonly string[] | undefined) => [...(before ?? []), file],
  );

/** What answers for HTTP extenders. */
export const extenderOption = (): Option =>
  new Option(
    '--extender <name=file>',
    "a file of your own that answers for an HTTP extender, by its URL or the URL's host; may be given again",
  ).argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);

export const costOption = (): Option =>
  new Option(
    '--cost <how>',
    'how long a scheduling attempt takes: as long as the real one, or the CPU time of our own code, which no two runs share',
  )
    .choices(['model', 'measured'])
    .default('model');

export function withSet(command: Command): Command {
  return command.option('--set <path=value>', 'overlay a value of the scenario; may be given again', collect, []);
}

/** Free cores from which two threads are faster than one, of two. */
const FOR_TWO = 1.25;

/** Threads pay off from a thousand nodes on, and only where there is a core for each that nobody else uses: two that wait for each other's turn on a
 *  busy machine are slower than one. The digest is the same either way. */
export async function defaultShards(nodes: number): Promise<number> {
  if (nodes < 1000 || availableParallelism() < 2) return 0;
  return (await freeCores(FOR_TWO)) >= FOR_TWO ? 2 : 0;
}
