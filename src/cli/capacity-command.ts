/** `wavetank capacity scenario.yaml`: the fewest nodes under what the scenario expects, what they cost, and how much more they hold. */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import {
  type CapacityAnswer,
  CapacityInterrupted,
  CapacityQuestions,
  type CapacityResult,
  capacityBase,
  checkAutoscaling,
  checkCapacity,
  digits,
  fortySaved,
  openOutDirectory,
  studyDigest,
} from '#experiment';
import { type Catalogue, MACHINE_TYPES, type MachineType, machineTypes, readPrices, UserError } from '#scenario';
import { wholeNumber } from './run-options.ts';
import { openStudy } from './run-study.ts';
import { namesOf, type StudyFlags, seedsOption, withQueue, withStudyFlags } from './study-options.ts';
import { columns } from './verdict-table.ts';
import { VERSION } from './version.ts';

interface CapacityFlags extends StudyFlags {
  readonly seeds?: readonly number[];
  readonly set: readonly string[];
  readonly machines?: readonly string[];
  readonly mix?: readonly string[];
  readonly prices?: string;
  readonly listMachines?: boolean;
  readonly spot: number;
  readonly reclaims: number;
  readonly packing?: boolean;
  readonly pod?: { readonly cpu: string; readonly memory: string };
  readonly most: number;
  readonly autoscaler: Readonly<Record<string, string>>;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const EXAMPLES = `
The search doubles and halves the number of nodes over real runs, several at a time, and looks at the neighbours of the answer. A number of
nodes will do when every expectation of the scenario holds and every pod has a node, with every seed.
Without --machines the scenario's own kind of nodes is used, and there are no prices.

Examples:
  wavetank capacity scenarios/first-light.yaml
  wavetank capacity my.yaml --machines m5.xlarge,m5.2xlarge,c5.2xlarge --packing --spot 50%
  wavetank capacity my.yaml --machines m5.xlarge --mix m5.xlarge,r5.xlarge
  wavetank capacity my.yaml --pod cpu=500m,memory=1Gi                how many more of this pod fit
  wavetank capacity --list-machines`;

export function capacityCommand(): Command {
  const command = new Command('capacity')
    .description('the fewest nodes under what a scenario expects, by search over runs; their cost; how many more pods fit')
    .argument('[scenario.yaml]', 'the scenario')
    .addOption(seedsOption('3'))
    .option('--set <path=value>', 'overlay a value of the scenario; may be given again', collect, [])
    .option('--machines <names>', 'machine types to try, each alone, with commas between', namesOf)
    .option('--mix <two>', 'two machine types to try together, in several proportions', namesOf)
    .option('--prices <file>', 'machine types and prices of your own (schema: wavetank schema prices)')
    .option('--list-machines', 'say which machine types there are, what they cost and where that comes from, and end')
    .addOption(
      new Option('--spot <percent>', 'also try with this share of spot machines, which are reclaimed')
        .argParser(shareOf)
        .default(0, 'none'),
    )
    .addOption(
      new Option('--reclaims <percent>', 'spot machines reclaimed an hour; at least one in a run').argParser(shareOf).default(0.05, '5%'),
    )
    .addOption(
      new Option(
        '--autoscaler <flags>',
        'flags of the cluster autoscaler that is tried, as in cluster.autoscaler, and the time to boot: scaleDownUnneededTime=2m,provision=45s',
      )
        .argParser(flagsOf)
        .default({}, "upstream's"),
    )
    .option('--packing', 'also try with a scheduler that packs (MostAllocated)')
    .addOption(new Option('--pod <cpu=..,memory=..>', 'how many more of this pod fit, by number of nodes').argParser(podOf))
    .addOption(new Option('--most <nodes>', 'nodes to try at most').argParser(wholeNumber(1, 20_000)).default(1_000))
    .addHelpText('after', EXAMPLES);
  return withQueue(withStudyFlags(command, 'out/capacity-<name>')).action(async (file: string | undefined, flags: CapacityFlags) => {
    const catalogue = flags.prices === undefined ? MACHINE_TYPES : readPrices(flags.prices);
    if (flags.listMachines === true) {
      process.stdout.write(machineList(catalogue));
      return;
    }
    if (file === undefined) throw UserError.at({}, 'capacity: expected a scenario (wavetank capacity --help)');
    process.exitCode = await capacity(file, flags, catalogue);
  });
}

function shareOf(text: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*%$/.exec(text);
  if (found === null || Number(found[1]) > 100) throw new InvalidArgumentError("expected a percentage, such as '50%'.");
  return Number(found[1]) / 100;
}

function flagsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((part) => part.split('=').map((side) => side.trim()));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes('')))
    throw new InvalidArgumentError('expected <flag>=<value> with commas between, such as scaleDownUnneededTime=2m,provision=45s.');
  return Object.fromEntries(pairs as [string, string][]);
}

function podOf(text: string): { readonly cpu: string; readonly memory: string } {
  const parts = new Map(text.split(',').map((part) => part.trim().split('=', 2) as [string, string]));
  const [cpu, memory] = [parts.get('cpu'), parts.get('memory')];
  const isAmount = (amount: string | undefined): boolean => amount !== undefined && /^\d+(\.\d+)?(m|[KMGT]i?)?$/.test(amount);
  if (parts.size !== 2 || !isAmount(cpu) || !isAmount(memory))
    throw new InvalidArgumentError('expected cpu=<quantity>,memory=<quantity>, such as cpu=500m,memory=1Gi.');
  return { cpu: cpu as string, memory: memory as string };
}

function machineList({ types, date, source, currency }: Catalogue): string {
  const head = ['type', 'provider', 'CPU', 'memory', 'pods', 'GPUs', `${currency}/h`, 'spot'];
  const rows = types.map(({ name, provider, cpu, memoryGiB, pods, gpus, price, spotPrice }) => [
    name,
    provider,
    `${cpu}`,
    `${memoryGiB} GiB`,
    `${pods}`,
    gpus === undefined ? '' : `${gpus}`,
    `${price}`,
    `${spotPrice}`,
  ]);
  return `${columns([head, ...rows]).join('\n')}\nprices of ${date}; source: ${source}\n`;
}

async function capacity(file: string, flags: CapacityFlags, catalogue: Catalogue): Promise<number> {
  const base = capacityBase(file, flags.set);
  const notes = [...checkCapacity(base)];
  const autoscaling = { flags: flags.autoscaler, reclaimRate: flags.reclaims };
  checkAutoscaling(base, autoscaling);
  const machines = machineTypes(catalogue, flags.machines ?? []);
  const mix = flags.mix === undefined ? undefined : machineTypes(catalogue, flags.mix);
  if (mix !== undefined && mix.length !== 2) throw UserError.at({}, `--mix: expected two machine types, found ${mix.length}`);
  if (flags.spot > 0 && machines.length === 0) throw UserError.at({}, '--spot needs --machines: the nodes of the scenario have no prices');
  const seeds = flags.seeds ?? [1, 2, 3];
  const out = openOutDirectory(flags.out ?? join('out', `capacity-${base.scenario.name}`));
  try {
    const session = await openStudy({ kind: 'capacity', plan: { file, seeds }, specs: [], flags, out });
    const questions = new CapacityQuestions({
      base,
      seeds,
      machines,
      ...(mix === undefined ? {} : { mix: mix as unknown as readonly [MachineType, MachineType] }),
      spotShare: flags.spot,
      reclaimRate: flags.reclaims,
      packing: flags.packing === true,
      autoscaling,
      ...(flags.pod === undefined ? {} : { extra: flags.pod }),
      mostNodes: flags.most,
      atATime: Math.max(1, Math.floor((flags.workers ?? availableParallelism()) / seeds.length)),
      run: async (specs) => (await session.run(specs)).records,
    });
    let partial = false;
    try {
      await questions.ask();
    } catch (error) {
      if (!(error instanceof CapacityInterrupted)) throw error;
      partial = true;
    } finally {
      await session.close();
    }
    const result: CapacityResult = {
      format: 'wavetank-capacity/1',
      version: VERSION,
      scenario: base.scenario.name,
      file,
      seeds,
      expectations: base.scenario.expect.map(({ metric, text }) => `${metric} ${text}`),
      answers: questions.answers,
      headroom: questions.headroom,
      fortySaved: fortySaved(questions.answers),
      catalogue:
        machines.length === 0 && mix === undefined
          ? null
          : { date: catalogue.date, source: catalogue.source, currency: catalogue.currency },
      runs: questions.records.length,
      digest: studyDigest(questions.records),
      partial,
      notes: [...notes, ...questions.notes],
    };
    return await finish(result, flags, out, session.interrupted());
  } finally {
    out.close();
  }
}

async function finish(
  result: CapacityResult,
  flags: CapacityFlags,
  out: { write(name: string, content: string): string },
  interrupted: boolean,
): Promise<number> {
  const { renderCapacity } = await import('#report');
  const files = [out.write('capacity.json', `${JSON.stringify(result)}\n`), out.write('report.html', renderCapacity(result))];
  if (flags.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${table(result)}${files.map((file) => `  ${file}\n`).join('')}`);
  if (interrupted) return 130;
  return result.answers.some(({ how, count }) => how === 'fewest' && count !== null) ? 0 : 1;
}

const share = (value: number | null): string => (value === null ? '' : `${digits(value * 100)} %`);

function table({
  answers,
  headroom,
  fortySaved: forty,
  catalogue,
  runs,
  digest,
  partial,
  notes,
  expectations,
  seeds,
}: CapacityResult): string {
  const currency = catalogue?.currency ?? '';
  const row = (one: CapacityAnswer): string[] => [
    one.how,
    one.nodes,
    one.nodeHours === null ? '' : digits(one.nodeHours),
    one.costPerHour === null ? '' : `${digits(one.costPerHour)} ${currency}/h`,
    one.how === 'as it is' ? '' : share(one.saved),
    share(one.cpuUtilisation),
    share(one.cpuPeak),
    share(one.memoryUtilisation),
    one.note,
  ];
  const lines = [
    ...columns([['', 'nodes', 'node-hours', 'cost', 'saved', 'CPU mean', 'CPU peak', 'memory mean', ''], ...answers.map(row)]),
    '',
    ...(headroom === null
      ? []
      : [`more pods of ${headroom.pod} fit: ${headroom.curve.map(({ nodes, pods }) => `${pods} on ${nodes} nodes`).join(', ')}`]),
    `40 % saved, 70 % utilised? ${forty}`,
    `expected: ${expectations.length === 0 ? '' : `${expectations.join(', ')}, and `}every pod has a node, with seeds ${seeds.join(', ')}`,
    `${runs} runs; digest of all trials ${digest}${partial ? '; PARTIAL' : ''}`,
    ...(catalogue === null ? [] : [`prices of ${catalogue.date}; source: ${catalogue.source}`]),
    ...notes.map((note) => `note: ${note}`),
  ];
  return `${lines.join('\n')}\n`;
}
