/** `wavetank bench FILE`: Kubernetes' scheduler_perf workloads, unchanged. Two speeds stand side by side with the file's threshold. */

import { Command, Option } from 'commander';
import {
  checkPerfWorkloads,
  dataItems,
  EXPLAIN_FILE,
  type ExplainChoice,
  loadPlugins,
  measuredRate,
  measuredRow,
  openOutDirectory,
  type PerfResult,
  type PerfRow,
  passesThreshold,
  runPerfWorkload,
  skippedRow,
} from '#experiment';
import { nearest, PerfFile, type PerfWorkload, UserError } from '#scenario';
import { BenchProgress } from './bench-progress.ts';
import { benchJson, writeBenchTable } from './bench-table.ts';
import { onInterrupt } from './execute.ts';
import { labelFilter } from './label-filter.ts';
import { costOption, explainOption, extenderOption, pluginOption, wholeNumber } from './run-options.ts';
import { columns } from './verdict-table.ts';
import { VERSION } from './version.ts';

interface BenchFlags {
  readonly case?: string;
  readonly workload?: string;
  readonly labelFilter?: string;
  readonly seed: number;
  readonly out: string;
  readonly explain: ExplainChoice;
  readonly cost: 'model' | 'measured';
  readonly list?: boolean;
  readonly table?: string;
  readonly keep?: boolean;
  readonly config?: string;
  readonly plugin?: readonly string[];
  readonly extender?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const HELP = `
Exit code: 0; 1 when a workload fails or is not above its threshold; 2 for wrong use; 130 when interrupted (the workloads so far are kept, marked partial).

Example:
  wavetank bench performance-config.yaml --case SchedulingBasic --workload 500Nodes`;

export function benchCommand(): Command {
  return new Command('bench')
    .description("run Kubernetes' scheduler_perf workloads: pods/s in virtual time and by the wall clock, beside the file's thresholds")
    .argument('<file...>', 'performance-config.yaml')
    .option('--case <name>', 'only this test case')
    .option('--workload <name>', 'only workloads of this name')
    .option('--label-filter <filter>', 'as in scheduler_perf: a,+b,-c (default performance, unless --workload or --table is given)')
    .option('--config <file>', "a KubeSchedulerConfiguration for the scheduler, in place of the test cases' own (schedulerConfigPath)")
    .addOption(pluginOption())
    .addOption(extenderOption())
    .option('--list', 'list what would run')
    .option('--out <dir>', 'where the data items go', 'out/bench')
    .option('--table <dir>', 'write a table of all workloads there (README.md, results.json), skipped ones with their reason')
    .option('--keep', 'with --table: keep the rows that are there already, run only the others')
    .addOption(explainOption('none'))
    .addOption(costOption())
    .addOption(new Option('--seed <n>', 'luck of the run').argParser(wholeNumber(0, 4_294_967_295)).default(1))
    .option('--json', 'print the outcome, workload by workload, as JSON instead of a table')
    .option('--quiet', 'no progress')
    .addHelpText('after', HELP)
    .action(async (files: readonly string[], flags: BenchFlags) => {
      process.exitCode = await bench(files, flags);
    });
}

function choose(files: readonly string[], flags: BenchFlags): PerfWorkload[] {
  const all = files.flatMap((file) => new PerfFile(file).workloads());
  const cases = [...new Set(all.map((workload) => workload.testCase))];
  if (flags.case !== undefined && !cases.includes(flags.case)) throw unknown('--case', flags.case, cases);
  const ofCase = all.filter((workload) => flags.case === undefined || workload.testCase === flags.case);
  const names = [...new Set(ofCase.map((workload) => workload.name))];
  if (flags.workload !== undefined && !names.includes(flags.workload)) throw unknown('--workload', flags.workload, names);
  const filter = flags.labelFilter ?? (flags.workload === undefined && flags.table === undefined ? 'performance' : '');
  const accepts = labelFilter(filter);
  const chosen = ofCase.filter(
    (workload) => (flags.workload === undefined || workload.name === flags.workload) && accepts(workload.labels),
  );
  if (chosen.length === 0)
    throw UserError.at({}, `--label-filter ${filter}: no workload carries these labels (there are: ${labelsOf(ofCase)}; "" takes all)`);
  return chosen;
}

const labelsOf = (workloads: readonly PerfWorkload[]): string =>
  [...new Set(workloads.flatMap(({ labels }) => labels))].sort().join(', ') || 'none';

function unknown(option: string, wanted: string, known: readonly string[]): UserError {
  const near = nearest(wanted, known);
  return UserError.at(
    {},
    `${option} ${wanted}: there is none of that name${near === undefined ? ` (there are: ${known.join(', ')})` : `; did you mean '${near}'?`}`,
  );
}

async function bench(files: readonly string[], flags: BenchFlags): Promise<number> {
  if (flags.keep === true && flags.table === undefined) throw UserError.at({}, '--keep: goes with --table DIR');
  const { config } = flags;
  const chosen = choose(files, flags).map((workload) => (config === undefined ? workload : { ...workload, schedulerConfig: config }));
  if (flags.list === true) {
    for (const { testCase, name, labels, threshold, skipped } of chosen)
      process.stdout.write(
        `${testCase}/${name}  [${labels.join(', ')}]${threshold > 0 ? `  threshold ${threshold}` : ''}${skipped === undefined ? '' : `  skipped: ${skipped}`}\n`,
      );
    return 0;
  }
  const plugins = (await loadPlugins(flags.plugin ?? [])).names;
  checkPerfWorkloads(chosen, plugins);
  if (flags.table !== undefined) return writeBenchTable(chosen, { ...flags, table: flags.table, plugins });
  return runWorkloads(chosen, flags, plugins);
}

async function runWorkloads(chosen: readonly PerfWorkload[], flags: BenchFlags, plugins: readonly string[]): Promise<number> {
  const out = openOutDirectory(flags.out);
  const isJson = flags.json === true;
  const interrupt = onInterrupt();
  const results: PerfResult[] = [];
  const wanted = chosen.filter(({ skipped }) => skipped === undefined);
  const progress = new BenchProgress(process.stderr, flags.quiet === true, wanted);
  try {
    if (flags.quiet !== true)
      for (const { testCase, name, skipped } of chosen)
        if (skipped !== undefined) process.stderr.write(`${testCase}/${name}: skipped, ${skipped}\n`);
    for (const workload of wanted) {
      if (interrupt.asked()) break;
      progress.begin(workload);
      const result = await runPerfWorkload(workload, {
        seed: flags.seed,
        version: VERSION,
        interrupted: interrupt.asked,
        onProgress: (share, scheduled) => progress.show(workload, share, scheduled),
        explain: flags.explain,
        cost: flags.cost,
        plugins,
        extenders: flags.extender ?? [],
      });
      progress.end(workload);
      // What was cut off is no figure.
      if (interrupt.asked() && result.failure !== undefined) break;
      if (result.explain !== undefined)
        out.write(`${workload.testCase}_${workload.name}.${EXPLAIN_FILE}`.replaceAll('/', '_'), result.explain);
      results.push({ ...result, explain: undefined });
    }
    const partial = results.length < wanted.length;
    const items = { ...dataItems(results), ...(partial ? { partial } : {}) };
    const file = out.write('BenchmarkPerfScheduling_benchmark_wavetank.json', `${JSON.stringify(items, null, 2)}\n`);
    if (isJson) process.stdout.write(benchJson([...results.map(measuredRow), ...skippedRows(chosen)], flags.seed, partial));
    else process.stdout.write(tableOf(results, wanted.length, flags.cost === 'measured', file));
  } finally {
    progress.finish();
    interrupt.release();
    out.close();
  }
  for (const result of results)
    if (result.failure !== undefined)
      process.stderr.write(`wavetank: ${result.workload.testCase}/${result.workload.name}: ${result.failure}\n`);
  if (results.length < wanted.length) return 130;
  return results.every((result) => result.failure === undefined && passesThreshold(result)) ? 0 : 1;
}

const skippedRows = (chosen: readonly PerfWorkload[]): readonly PerfRow[] =>
  chosen.filter(({ skipped }) => skipped !== undefined).map(skippedRow);

function tableOf(results: readonly PerfResult[], wanted: number, isMeasured: boolean, file: string): string {
  const head = ['case/workload', 'pods', 'pods/s, virtual time', 'threshold', '', 'pods/s, our code by the wall clock', 'digest'];
  const lines = columns([head, ...results.map(rowOf)]);
  if (isMeasured) lines.push('  --cost measured: attempts took our own CPU time; these digests belong to this run alone');
  if (results.length < wanted) lines.push(`partial: interrupted after ${results.length} of ${wanted} workloads`);
  return `${lines.join('\n')}\n  ${file}\n`;
}

function rowOf(result: PerfResult): string[] {
  const { workload, wallPodsPerSecond, failure } = result;
  const name = `${workload.testCase}/${workload.name}`;
  if (failure !== undefined) return [name, '', '', '', 'FAIL', '', ''];
  const rate = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(1));
  const verdict = workload.threshold === 0 ? '' : passesThreshold(result) ? 'ok' : 'below';
  return [
    name,
    String(result.measuredPods),
    rate(measuredRate(result)),
    workload.threshold === 0 ? '-' : String(workload.threshold),
    verdict,
    rate(wallPodsPerSecond),
    result.digest,
  ];
}
