/** `wavetank fuzz`: seeds of the swarm, many at a time; what they violate, how to see it again, and which paths they took. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Command, Option } from 'commander';
import {
  type FuzzTask,
  fuzzSeed,
  knownBug,
  type OutDirectory,
  openOutDirectory,
  type SeedOutcome,
  scenarioText,
  swarmPlan,
} from '#experiment';
import { buildId } from './build-id.ts';
import { onInterrupt } from './execute.ts';
import { FuzzJournal } from './fuzz-journal.ts';
import { bugOption, minutesOption } from './fuzz-options.ts';
import { fuzzJson, summaryOf, summaryText, violationLines } from './fuzz-table.ts';
import { wholeNumber } from './run-options.ts';
import { StudyProgressLine } from './study-progress.ts';
import { VERSION } from './version.ts';

const HELP = `
Each seed draws a cluster of ten nodes, two API servers and three etcd members, its work, and a random subset of faults. First the faults strike, then
all is healed, and the cluster has the rest of the time to come to where it would have come without them. All invariants are asked all the way
(docs/invariants.md), of objects, of what is said on the wires, and of etcd's members. A violation is printed with its seed and the command that shows it again, with as few faults as do it.

Each seed that is done stands in seeds.jsonl at once: after a kill, a crash or Ctrl-C, --resume runs only the others.

Exit code: 0 nothing violated, 1 something was, 2 wrong use, 130 interrupted (the summary is written all the same).

Examples:
  wavetank fuzz --seeds 200
  wavetank fuzz --from 5000 --seeds 100 --minutes 20 --workers 2 --out out/night
  wavetank replay-seed 17`;

interface FuzzFlags {
  readonly seeds: number;
  readonly from: number;
  readonly minutes: number;
  readonly workers: number;
  readonly out?: string;
  readonly shrink: boolean;
  readonly failFast?: boolean;
  readonly injectBug?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export function fuzzCommand(): Command {
  return new Command('fuzz')
    .description('random clusters under random faults: do all invariants hold, and does everything converge when they are over?')
    .addOption(new Option('--seeds <n>', 'how many seeds').default(20).argParser(wholeNumber(1, 1_000_000)))
    .addOption(new Option('--from <seed>', 'the first seed').default(1).argParser(wholeNumber(0, 4_000_000_000)))
    .addOption(minutesOption())
    .addOption(
      new Option('--workers <n>', 'seeds at a time, each in a thread; 0: in this one')
        .default(availableParallelism())
        .argParser(wholeNumber(0, 256)),
    )
    .option('--out <dir>', 'where the summary and the scenarios of violations go (default: out/fuzz)')
    .option('--no-shrink', 'do not look for the fewest faults that do it')
    .option('--fail-fast', 'begin no further seed once one violates')
    .addOption(bugOption())
    .option('--resume', 'go on with what seeds.jsonl in --out holds of this same campaign; --seeds and --from may have changed')
    .option('--json', 'print the summary as JSON instead of a table')
    .option('--quiet', 'no progress')
    .addHelpText('after', HELP)
    .action(async (flags: FuzzFlags) => {
      process.exitCode = await fuzz(flags);
    });
}

interface Executor {
  run(task: FuzzTask): Promise<SeedOutcome | undefined>;
  stop(): void;
  close(): Promise<void>;
}

async function executorOf(workers: number): Promise<Executor> {
  if (workers > 0) return (await import('#workers')).fuzzPool({ workers, version: VERSION });
  let stopped = false;
  return {
    run: (task) => fuzzSeed(task, { version: VERSION, interrupted: () => stopped }),
    stop: () => {
      stopped = true;
    },
    close: async () => {},
  };
}

async function fuzz(flags: FuzzFlags): Promise<number> {
  if (flags.injectBug !== undefined) await knownBug(flags.injectBug);
  const out = openOutDirectory(flags.out ?? join('out', 'fuzz'));
  try {
    const build = buildId();
    const { minutes, shrink, injectBug: bug } = flags;
    const journal = new FuzzJournal(out.path, { build, minutes, shrink, ...(bug === undefined ? {} : { bug }) }, flags.resume === true);
    try {
      return await campaign(flags, build, out, journal);
    } finally {
      journal.close();
    }
  } finally {
    out.close();
  }
}

/** Those of the known seeds that are asked for, in order, told as if they had just been found. */
function knownOutcomes(flags: FuzzFlags, build: string, out: OutDirectory, journal: FuzzJournal): readonly SeedOutcome[] {
  const known = journal.known.filter(({ seed }) => seed >= flags.from && seed < flags.from + flags.seeds).sort((a, b) => a.seed - b.seed);
  if (flags.resume !== true) return known;
  if (flags.quiet !== true)
    process.stderr.write(
      known.length === 0
        ? `nothing to resume in ${out.path}: beginning anew\n`
        : `resuming: ${known.length} of ${flags.seeds} seeds are done\n`,
    );
  for (const outcome of known) if (outcome.violations.length > 0) tell(outcome, flags, build, out);
  return known;
}

async function campaign(flags: FuzzFlags, build: string, out: OutDirectory, journal: FuzzJournal): Promise<number> {
  const began = performance.now();
  const elapsed = (): number => journal.before + (performance.now() - began) / 1e3;
  const outcomes = [...knownOutcomes(flags, build, out, journal)];
  const { from, seeds, minutes, shrink, injectBug: bug } = flags;
  const interrupt = onInterrupt();
  const progress = new StudyProgressLine(process.stderr, flags.quiet === true);
  const executor = await executorOf(flags.workers);
  let next = from;
  let running = 0;
  const show = (): void => {
    if (interrupt.asked()) executor.stop();
    progress.show({ done: outcomes.length, total: seeds, running, share: outcomes.length / seeds }, 'seeds');
  };
  const timer = setInterval(show, 100);
  const isEnough = (): boolean => flags.failFast === true && outcomes.some(({ violations }) => violations.length > 0);
  const lane = async (): Promise<void> => {
    while (!interrupt.asked() && !isEnough()) {
      while (journal.has(next)) next++;
      if (next >= from + seeds) return;
      running++;
      const outcome = await executor.run({ seed: next++, minutes, shrink, ...(bug === undefined ? {} : { bug }) });
      running--;
      if (outcome === undefined) return;
      outcomes.push(outcome);
      if (outcome.violations.length > 0) {
        progress.finish();
        tell(outcome, flags, build, out);
      }
      journal.add(outcome, elapsed());
      show();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, flags.workers) }, lane));
    progress.finish();
    const interrupted = outcomes.length < seeds && !isEnough();
    outcomes.sort((a, b) => a.seed - b.seed);
    const summary = summaryOf(outcomes, { build, from, seeds, minutes, interrupted, wallSeconds: elapsed() });
    const file = out.write('fuzz.json', fuzzJson(summary, outcomes));
    process.stdout.write(flags.json === true ? `${JSON.stringify(summary)}\n` : `${summaryText(summary)}  ${file}\n`);
    if (interrupted) return 130;
    return summary.violated.length === 0 ? 0 : 1;
  } finally {
    clearInterval(timer);
    progress.finish();
    interrupt.release();
    await executor.close();
  }
}

/** On the spot, and as a scenario that `wavetank run --check` takes. */
function tell(outcome: SeedOutcome, flags: FuzzFlags, build: string, out: OutDirectory): void {
  const plan = swarmPlan(outcome.seed, flags.minutes);
  const lines = violationLines(outcome, flags, build);
  const kept = outcome.shrunk === undefined ? plan.faults : plan.faults.filter((_, place) => outcome.shrunk?.includes(place));
  const file = out.write(`seed-${outcome.seed}.yaml`, scenarioText(plan, kept));
  (flags.json === true ? process.stderr : process.stdout).write(`${lines.join('\n')}\n  ${file}\n`);
}
