/** `wavetank replay`: a real trace on a simulated cluster. `replay openb --nodes FILE --pods FILE` tells allocation against arrived load; every other kind of
 *  trace is imported into the output folder and run. */

import { join } from 'node:path';

import { Command, Option } from 'commander';
import { type AllocationPoint, allocationCurve, type FinishedRun, pickNodes, rejected, replayScenario } from '#experiment';
import {
  clusterPlan,
  IMPORTERS,
  type Importer,
  loadScenario,
  type OpenbNode,
  readOpenbNodes,
  readOpenbPods,
  type Scenario,
} from '#scenario';
import { execute } from './execute.ts';
import { type ImportFlags, importTo, withImportFlags } from './import-command.ts';
import { positiveNumber, type RunFlags, wholeNumber, withRunFlags } from './run-options.ts';
import { columns } from './verdict-table.ts';

interface ReplayFlags extends RunFlags {
  readonly nodes: string;
  readonly pods: string;
  readonly mode: 'timed' | 'fill';
  readonly timeScale: number;
  readonly pickNodes?: number;
  readonly podsPerSecond: number;
  readonly load: number;
}

export function replayCommand(): Command {
  const command = new Command('replay').description('play a real trace');
  const openb = command
    .command('openb')
    .description('the openb GPU trace (Alibaba cluster-trace-gpu-v2023)')
    .requiredOption('--nodes <file>', 'node list, CSV, plain or gzip')
    .requiredOption('--pods <file>', 'pod list, CSV, plain or gzip')
    .addOption(
      new Option(
        '--mode <mode>',
        "timed: the trace's own arrivals and departures; fill: file order, no departures, until the cluster is full",
      )
        .choices(['timed', 'fill'])
        .default('timed'),
    )
    .addOption(new Option('--time-scale <x>', "timed: how many times as fast as the trace's own pace").argParser(positiveNumber).default(1))
    .addOption(new Option('--pick-nodes <n>', 'only the n machines with most cards').argParser(wholeNumber(1, 100_000)))
    .addOption(new Option('--pods-per-second <x>', 'fill: arrivals a second').argParser(positiveNumber).default(50))
    .addOption(
      new Option('--load <x>', 'fill: stop when arrivals have asked for x times the cluster').argParser(positiveNumber).default(1.3),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank replay openb --nodes nodes.csv.gz --pods pods.csv.gz --mode timed --time-scale 100 --pick-nodes 12\n  wavetank replay openb --nodes nodes.csv.gz --pods pods.csv.gz --mode fill',
    );
  withRunFlags(openb).action(async (flags: ReplayFlags) => {
    process.exitCode = await replay(flags);
  });
  for (const importer of IMPORTERS) if (importer.kind !== 'openb') command.addCommand(importedCommand(importer));
  return command;
}

/** As `wavetank import` and `wavetank run` one after the other. */
function importedCommand(importer: Importer): Command {
  const command = new Command(importer.kind)
    .description(importer.description)
    .argument('<file...>', 'the trace, plain or gzip')
    .addOption(new Option('--shards <n>', 'worker threads; 0 runs all in this process').argParser(wholeNumber(0, 64)))
    .option('--out <dir>', 'where the scenario, result.json and report.html go (default: out/<kind>)')
    .option('--quiet', 'no progress and no summary');
  return withImportFlags(command, importer).action(async (files: readonly string[], flags: ImportFlags & RunFlags) => {
    const out = flags.out ?? join('out', importer.kind);
    const { imported, path } = await importTo(importer, files, flags, join(out, `${importer.kind}.yaml`));
    if (flags.quiet !== true) process.stdout.write(`${imported.tally.text(importer.unit)}${imported.summary}\n`);
    const { shards, quiet } = flags;
    process.exitCode = await execute(loadScenario(path), {
      set: [],
      out,
      ...(shards === undefined ? {} : { shards }),
      ...(quiet === undefined ? {} : { quiet }),
    });
  });
}

async function replay(flags: ReplayFlags): Promise<number> {
  const nodes = pickNodes(readOpenbNodes(flags.nodes), flags.pickNodes);
  const pods = readOpenbPods(flags.pods, flags.mode === 'timed');
  const cluster = clusterPlan({ nodes: nodes.length });
  const seed = flags.seed ?? 1;
  const scenario = replayScenario(
    nodes,
    pods,
    { mode: flags.mode, timeScale: flags.timeScale, podsPerSecond: flags.podsPerSecond, load: flags.load, seed },
    cluster,
  );
  return execute(scenario, flags, (finished) => replayTable(scenario, nodes, finished));
}

function replayTable(scenario: Scenario, nodes: readonly OpenbNode[], { run, result }: FinishedRun): string {
  const percent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)} %`).padStart(9);
  const row = (point: AllocationPoint): string[] => [
    `${point.atSeconds}`.padStart(10),
    percent(point.arrivedGpu),
    percent(point.gpu),
    percent(point.arrivedCpu),
    percent(point.cpu),
    percent(point.memory),
  ];
  const head = ['seconds'.padStart(10), 'arrived', 'GPU cards', 'arrived', 'CPU', 'memory'].map((text, index) =>
    index === 0 ? text : text.padStart(9),
  );
  const lines = [
    'allocation against arrived load (shares of the cluster):',
    ...columns([head, ...allocationCurve(scenario, nodes, run.recorded).map(row)]),
    '',
  ];
  const reasons = rejected(run.recorded);
  const waiting = reasons.reduce((sum, { pods }) => sum + pods, 0);
  lines.push(`${waiting} of ${result.podsCreated} pods without a node at the end${reasons.length === 0 ? '' : ', by reason:'}`);
  for (const { reason, pods } of reasons) lines.push(`${String(pods).padStart(8)}  ${reason}`);
  return `${lines.join('\n')}\n\n`;
}
