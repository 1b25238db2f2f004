/** `wavetank branch <out> --at 1h --set ...`: what would have become of this run if, from an instant on, something had been otherwise? */

import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type Branches,
  type BranchOutcome,
  type BranchWish,
  branchOutcome,
  differenceOf,
  hashOf,
  type Identity,
  LIFE_FILE,
  type Life,
  loadControllers,
  loadExtenders,
  loadPlugins,
  openOutDirectory,
  planBranches,
  type Result,
  readLife,
  readResult,
  scenarioOfLife,
} from '#experiment';
import { parseDuration, printable, UserError } from '#scenario';
import { branchTable } from './branch-table.ts';
import { buildId } from './build-id.ts';
import { onInterrupt, writeFiles } from './execute.ts';
import { ProgressLine } from './progress.ts';
import { VERSION } from './version.ts';

interface BranchFlags {
  readonly at: number;
  readonly set: readonly string[];
  readonly branch: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const HELP = `
The run in <out> is lived again up to --at, held against the digests that it left, and goes on from there under the new settings: faults that come
or stay away ('faults[+]={...}', 'faults=[]'), other work for the users to ask for, a longer duration, slower disks; components whose configuration
changes (schedulers, API servers, controllers, kubelets, etcd) are restarted with it at that instant, as an operator would. What lies before --at,
which machines there are, their network and the seed cannot change. Each branch gets a folder with its own result.json and report.html; branches.json
and report.html hold them side by side with the run as it was.

Examples:
  wavetank branch out/first-light --at 2m --set faults=[]
  wavetank branch out/first-light --at 3m --branch 'two-more:faults[+]={crashNodes: {at: 4m, count: 2}}' --branch 'patient:cluster.controllers.nodeMonitorGracePeriod=2m'`;

export function branchCommand(): Command {
  return new Command('branch')
    .description('what-ifs from one past: a finished run again, and from an instant on under other settings')
    .argument('<out>', 'the folder of a finished run')
    .addOption(
      new Option('--at <duration>', 'when the branches leave the run, in simulated time').argParser(instantOf).makeOptionMandatory(),
    )
    .option('--set <path=value>', 'a setting from then on; all --set together are one branch, named what-if', collect, [])
    .option(
      '--branch <name:path=value>',
      'a setting of the branch of that name; may be given again, for others and for more settings',
      collect,
      [],
    )
    .option('--out <dir>', 'where everything goes (default: <out>-branches)')
    .option('--json', 'print branches.json instead of a table')
    .option('--quiet', 'no progress')
    .addHelpText('after', HELP)
    .action(async (directory: string, flags: BranchFlags) => {
      process.exitCode = await branch(directory, flags);
    });
}

function instantOf(text: string): number {
  const at = parseDuration(text);
  if (at === undefined || at <= 0) throw new InvalidArgumentError("expected a duration with its unit, such as '90s' or '1h'.");
  return at;
}

function wishesOf({ set, branch: named }: BranchFlags): readonly BranchWish[] {
  const wishes = new Map<string, string[]>(set.length === 0 ? [] : [['what-if', [...set]]]);
  for (const text of named) {
    const [, name = '', assignment = ''] = /^([A-Za-z0-9][A-Za-z0-9._-]{0,62}):(.*)$/s.exec(text) ?? [];
    if (name === '' || assignment === '')
      throw UserError.at({}, `--branch ${printable(text)}: expected name:path=value, such as --branch 'calm:faults=[]'`);
    wishes.set(name, [...(wishes.get(name) ?? []), assignment]);
  }
  if (wishes.size === 0) throw UserError.at({}, 'branch: expected --set path=value or --branch name:path=value: what is to be otherwise?');
  return [...wishes].map(([name, all]) => ({ name, set: all }));
}

/** The run's record and result, if they are whole, agree, and this build can live it again. */
function pastOf(directory: string): { readonly life: Life; readonly result: Result } {
  const result = readResult(directory);
  const life = readLife(directory);
  const file = join(directory, LIFE_FILE);
  if (life === undefined) throw UserError.at({ file }, 'no such file: an older Wavetank made this run; run it again to branch it');
  if (!life.finished)
    throw UserError.at({ file }, 'is the checkpoint of a run that is not done: finish it first (wavetank run ... --resume)');
  if (life.digest !== result.digest) throw UserError.at({ file }, 'does not belong to the result.json beside it: their digests differ');
  const here: Identity = { ...life.run, build: buildId(), node: process.version, files: filesOf(life) };
  const difference = differenceOf(life.run, here);
  if (difference !== undefined) throw UserError.at({ file }, `cannot be lived again: ${difference}; run it again first`);
  return { life, result };
}

const filesOf = ({ run }: Life): Identity['files'] => Object.fromEntries(Object.keys(run.files).map((file) => [file, hashed(file)]));

function hashed(file: string): string {
  try {
    return hashOf(file);
  } catch {
    throw UserError.at({ file }, 'cannot be read, and the run had it');
  }
}

async function branch(directory: string, flags: BranchFlags): Promise<number> {
  const wishes = wishesOf(flags);
  const { life, result } = pastOf(directory);
  const { flags: own } = life.run;
  const list = (name: string): readonly string[] => (own[name] ?? []) as readonly string[];
  const extenders = await loadExtenders(scenarioOfLife(life, []), list('extender'));
  const interrupt = onInterrupt();
  const progress = new ProgressLine(process.stderr, flags.quiet === true);
  const explain = (own['explain'] ?? 'failed') as 'all' | 'failed' | 'none';
  const request = {
    version: VERSION,
    explain,
    interrupted: interrupt.asked,
    onProgress: (state: Parameters<ProgressLine['show']>[0]) => progress.show(state),
    world: {
      plugins: (await loadPlugins(list('plugin'))).names,
      ownControllers: (await loadControllers(list('controller'))).names,
      extenders,
      recordHistory: own['recordHistory'] === true,
      check: own['check'] === true,
    },
  };
  try {
    const planned = planBranches(life, flags.at, wishes, request);
    const out = openOutDirectory(flags.out ?? `${directory.replace(/\/+$/, '')}-branches`);
    try {
      const branches: BranchOutcome[] = [branchOutcome({ name: 'as it was', set: [] }, [], result)];
      const results: Result[] = [result];
      for (const { wish, plan, run } of planned) {
        if (interrupt.asked()) break;
        const finished = await run();
        progress.finish();
        const folder = openOutDirectory(join(out.path, wish.name));
        try {
          await writeFiles(folder, finished, explain);
        } finally {
          folder.close();
        }
        results.push(finished.result);
        branches.push(branchOutcome(wish, plan.acts, finished.result));
      }
      const { scenario, seed } = result;
      const all: Branches = { format: 'wavetank-branches/1', version: VERSION, scenario, seed, atSeconds: flags.at / 1e6, branches };
      const { renderBranches } = await import('#report');
      const files = out.writeAll([
        ['branches.json', `${JSON.stringify(all)}\n`],
        ['report.html', renderBranches(all, results)],
      ]);
      if (flags.json === true) process.stdout.write(`${JSON.stringify(all)}\n`);
      else process.stdout.write(`${branchTable(all)}${files.map((file) => `  ${file}\n`).join('')}`);
      return branches.length <= wishes.length || branches.some(({ partial }) => partial) ? 130 : 0;
    } finally {
      out.close();
    }
  } finally {
    progress.finish();
    interrupt.release();
  }
}
