/** `--resume` and the checkpoints of a run: which run this is, whether the folder holds the same one unfinished, and from when on its digests are checked. */

import { join, resolve } from 'node:path';
import {
  Checkpoints,
  differenceOf,
  hashOf,
  type Identity,
  LIFE_FILE,
  type Life,
  type OutDirectory,
  type Result,
  readLife,
  readResult,
} from '#experiment';
import { type Scenario, UserError } from '#scenario';
import { buildId } from './build-id.ts';
import { clock } from './progress.ts';
import type { RunFlags } from './run-options.ts';

const EVERY_MS = 10_000;

export type Resumption =
  | { readonly done: Result }
  | {
      readonly done?: undefined;
      readonly shards: number;
      /** None for a run that no other run equals. */
      readonly checkpoints: Checkpoints | undefined;
    };

/** Looks into the folder before anything runs. Throws UserError where `--resume` asks for what cannot be. */
export function resumption(scenario: Scenario, flags: RunFlags, shards: number, out: OutDirectory): Resumption {
  const isMeasured = flags.cost === 'measured';
  if (isMeasured && flags.resume === true)
    throw UserError.at({}, '--resume: with --cost measured no two runs are the same, so none can be gone on with');
  if (isMeasured) return { shards, checkpoints: undefined };
  const found = flags.resume === true ? readLife(out.path) : undefined;
  // The default number of threads is the machine's; a run that is gone on with keeps its own.
  const threads = flags.shards ?? found?.run.shards ?? shards;
  const identity = identityOf(scenario, flags, threads);
  if (found !== undefined) {
    const file = join(out.path, LIFE_FILE);
    const difference = differenceOf(found.run, identity);
    if (difference !== undefined)
      throw UserError.at({ file }, `is the checkpoint of another run: ${difference}; leave --resume away to begin anew`);
    const result = found.finished ? wholeResult(out.path, found) : undefined;
    if (result !== undefined) return { done: result };
    tell(found, flags);
  } else if (flags.resume === true && flags.quiet !== true) process.stderr.write(`nothing to resume in ${out.path}: beginning anew\n`);
  const checkpoints = new Checkpoints({
    out,
    identity,
    everyMs: flags.checkpointEvery ?? EVERY_MS,
    ...(flags.file === undefined ? {} : { from: resolve(flags.file) }),
    ...(found === undefined ? {} : { earlier: found }),
    onFailure: (error) => process.stderr.write(`wavetank: no checkpoint (the run goes on): ${error.message}\n`),
  });
  return { shards: threads, checkpoints };
}

/** The result of a finished life, unless somebody took it away or put another one there. */
function wholeResult(directory: string, { digest }: Life): Result | undefined {
  try {
    const result = readResult(directory);
    return result.digest === digest && !result.partial ? result : undefined;
  } catch {
    return undefined;
  }
}

function tell({ positions, wallSeconds }: Life, { quiet }: RunFlags): void {
  const last = positions.at(-1);
  if (quiet === true || last === undefined) return;
  process.stderr.write(
    `resuming: the run had reached ${clock(last.at / 1e6)} of simulated time after ${clock(wallSeconds)}; that much is lived again and held against it\n`,
  );
}

function identityOf(scenario: Scenario, flags: RunFlags, shards: number): Identity {
  const { check = false, recordHistory = false, explain = 'failed', plugin = [], controller = [], extender = [] } = flags;
  const named = [...plugin, ...controller, ...extender.map((text) => text.slice(text.indexOf('=') + 1))];
  return {
    scenario: scenario.name,
    source: scenario.source ?? null,
    seed: flags.seed ?? scenario.seed,
    shards,
    flags: { check, recordHistory, explain, plugin, controller, extender },
    files: Object.fromEntries(named.map((file) => [file, hashOf(file)])),
    build: buildId(),
    node: process.version,
  };
}
