/** `wavetank replay-seed 17`: one seed of the swarm again, in this thread, with what it draws printed. */

import { join } from 'node:path';
import { Command, Option } from 'commander';
import { type FaultValue, fuzzSeed, knownBug, openOutDirectory, scenarioText, swarmPlan } from '#experiment';
import { UserError } from '#scenario';
import { buildId } from './build-id.ts';
import { onInterrupt } from './execute.ts';
import { bugOption, minutesOption, placesOf } from './fuzz-options.ts';
import { violationLines } from './fuzz-table.ts';
import { wholeNumber } from './run-options.ts';
import { VERSION } from './version.ts';

interface ReplayFlags {
  readonly minutes: number;
  readonly only?: readonly number[];
  readonly shrink?: boolean;
  readonly injectBug?: string;
  readonly json?: boolean;
  readonly out?: string;
}

export function replaySeedCommand(): Command {
  return new Command('replay-seed')
    .description('one seed of the swarm again: its faults, what it violates, its digest')
    .argument('<seed>', 'the seed', wholeNumber(0, 4_294_967_295))
    .addOption(minutesOption())
    .addOption(new Option('--only <places>', "only these of its faults, by their place, such as '0,3'").argParser(placesOf))
    .option('--shrink', 'look for the fewest faults that do it')
    .addOption(bugOption())
    .option('--out <dir>', 'where the scenario goes, for `wavetank run --check` (default: out/seed-<seed>)')
    .option('--json', 'print the outcome as JSON')
    .action(async (seed: number, flags: ReplayFlags) => {
      process.exitCode = await replaySeed(seed, flags);
    });
}

async function replaySeed(seed: number, flags: ReplayFlags): Promise<number> {
  const { minutes, only, shrink, json, out: path, injectBug: bug } = flags;
  if (bug !== undefined) await knownBug(bug);
  const plan = swarmPlan(seed, minutes);
  const beyond = only?.find((place) => place >= plan.faults.length);
  if (beyond !== undefined) throw UserError.at({}, `--only: seed ${seed} has ${plan.faults.length} faults, there is no ${beyond}`);
  const places = only ?? plan.faults.map((_, index) => index);
  const out = openOutDirectory(path ?? join('out', `seed-${seed}`));
  const interrupt = onInterrupt();
  try {
    const file = out.write(
      'scenario.yaml',
      scenarioText(
        plan,
        places.map((place) => plan.faults[place] as FaultValue),
      ),
    );
    if (json !== true) {
      process.stdout.write(`seed ${seed}, ${minutes} simulated minutes, build ${buildId()}\n`);
      for (const place of places) process.stdout.write(`  fault ${place}: ${JSON.stringify(plan.faults[place])}\n`);
    }
    const task = { seed, minutes, shrink: shrink === true, ...(only === undefined ? {} : { only }), ...(bug === undefined ? {} : { bug }) };
    const outcome = await fuzzSeed(task, { version: VERSION, interrupted: interrupt.asked });
    if (outcome === undefined) return 130;
    if (json === true) process.stdout.write(`${JSON.stringify({ ...outcome, build: buildId(), scenario: file })}\n`);
    else {
      for (const line of violationLines(outcome, flags, buildId())) process.stdout.write(`${line}\n`);
      process.stdout.write(`digest ${outcome.digest}${outcome.violations.length === 0 ? '; all holds' : ''}\n  ${file}\n`);
    }
    return outcome.violations.length === 0 ? 0 : 1;
  } finally {
    interrupt.release();
    out.close();
  }
}
