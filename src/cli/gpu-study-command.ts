/** `wavetank gpu-study`: policies of the FGD study (ATC '23) over a trace of the openb family; allocation and fragmentation against arrived load. */

import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import {
  type GpuStudyFiles,
  type GpuStudyInput,
  gpuPolicies,
  gpuStudy,
  type MeasuredGpuStudy,
  readGpuStudy,
  writeWhole,
} from '#experiment';
import { UserError } from '#scenario';
import { onInterrupt } from './execute.ts';
import { wholeNumber } from './run-options.ts';
import { StepProgress } from './step-progress.ts';
import { columns } from './verdict-table.ts';
import { VERSION } from './version.ts';

interface Flags extends GpuStudyFiles {
  readonly policy: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly report?: string;
}

/** The table shows every tenth percent of arrived load; --json has them all. */
const STEP = 10;

export function gpuStudyCommand(): Command {
  return new Command('gpu-study')
    .description('GPU sharing: placement policies over a trace, pods arriving until 130 % of the cards were asked for')
    .requiredOption('--nodes <file>', 'node list, CSV, plain or gzip')
    .requiredOption('--pods <file>', 'pod list, CSV, plain or gzip')
    .option('--order <file>', 'arrival order, a pod row a line (default: drawn from the seed, as the study draws it)')
    .option('--noderank <file>', 'tie rank of each node row, one a line (default: drawn from the seed)')
    .requiredOption(
      '--policy <names>',
      'Random, DotProd, GpuClustering, GpuPacking, BestFit, FGD, a file of your own (.ts, .js), several with commas between, or all',
    )
    .addOption(new Option('--seed <n>', 'luck of Random and of what is drawn').argParser(wholeNumber(0, 4_294_967_295)).default(42))
    .option('--json', 'print JSON: allocation, fragmentation, arrived, curve; of several policies an array')
    .option('--report <file>', 'write a page with the curves of all policies asked for')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank gpu-study --nodes nodes.csv.gz --pods pods.csv.gz --order arrivals.txt.gz --noderank rank.txt.gz --policy FGD --json\n  wavetank gpu-study --nodes nodes.csv.gz --pods pods.csv.gz --policy all --report study.html',
    )
    .action(async (flags: Flags) => {
      process.exitCode = await study(flags);
    });
}

async function study(flags: Flags): Promise<number> {
  const policies = await gpuPolicies(flags.policy);
  if (flags.report !== undefined) checkPlace(flags.report);
  const input = readGpuStudy(flags);
  const studies = await studied(input, policies, flags.quiet === true);
  const about = { version: VERSION, nodes: flags.nodes, pods: flags.pods, seed: flags.seed, arrivals: input.order.length };
  if (flags.json === true)
    print(policies.length === 1 ? bare(studies[0] as MeasuredGpuStudy, about) : studies.map((one) => bare(one, about)));
  else process.stdout.write(studies.length === 1 ? table(studies[0] as MeasuredGpuStudy) : summary(studies));
  if (flags.report !== undefined) {
    const { renderGpuStudies } = await import('#report');
    writeWhole([{ path: flags.report, content: renderGpuStudies(studies, about) }]);
    if (flags.json !== true) process.stdout.write(`  ${flags.report}\n`);
  }
  return studies.length < policies.length || studies.some(isPartial) ? 130 : 0;
}

/** On Ctrl-C the policy under way ends with the pods that have arrived, and is marked. */
async function studied(
  input: GpuStudyInput,
  policies: Awaited<ReturnType<typeof gpuPolicies>>,
  quiet: boolean,
): Promise<MeasuredGpuStudy[]> {
  const studies: MeasuredGpuStudy[] = [];
  const all = policies.length * Math.max(1, input.order.length);
  const interrupt = onInterrupt();
  const progress = new StepProgress(process.stderr, quiet);
  try {
    for (const policy of policies) {
      const onStep = async (arrived: number): Promise<'stop' | undefined> => {
        const ofThese = policies.length === 1 ? '' : `, policy ${studies.length + 1} of ${policies.length}`;
        progress.show(
          (studies.length * input.order.length + arrived) / all,
          () => `${policy.name}: ${arrived} of ${input.order.length} pods arrived${ofThese}`,
        );
        await progress.turn();
        return interrupt.asked() ? 'stop' : undefined;
      };
      const done = await gpuStudy(input, policy, { onStep });
      studies.push(done);
      progress.finish();
      if (!quiet && policies.length > 1) process.stderr.write(`${studies.length} of ${policies.length}: ${words(done)}\n`);
      await new Promise((resolve) => setImmediate(resolve));
      if (interrupt.asked()) break;
    }
  } finally {
    progress.finish();
    interrupt.release();
  }
  return studies;
}

const isPartial = ({ partial }: MeasuredGpuStudy): boolean => partial === true;

const print = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`);
};

/** Without what belongs to this machine: `wavetank report` draws it again. */
const bare = ({ cpuMsPerPlacement: _own, ...study }: MeasuredGpuStudy, about: object): object => ({
  format: 'wavetank-gpu-study/1',
  ...study,
  about,
});

function checkPlace(file: string): void {
  if (!existsSync(dirname(file))) throw UserError.at({ file }, 'cannot be written: there is no such folder');
  if (existsSync(file) && statSync(file).isDirectory()) throw UserError.at({ file }, 'cannot be written: it is a folder');
}

const percent = (value: number): string => `${value.toFixed(2)} %`;
const words = ({ policy, allocation, arrived, placed, dropped, cpuMsPerPlacement, partial }: MeasuredGpuStudy): string =>
  `${policy}${partial === true ? ' (PARTIAL)' : ''}: ${percent(allocation)} of the cards in use at ${arrived} % arrived load; ${placed} pods placed, ${dropped} dropped; ${cpuMsPerPlacement.toFixed(3)} ms of CPU a placement.`;

function table(study: MeasuredGpuStudy): string {
  const cells = (...texts: string[]): string[] => texts.map((text) => text.padStart(14));
  const rows = study.curve
    .filter(({ arrived }) => arrived % STEP === 0 && arrived > 0)
    .map((point) =>
      cells(`${point.arrived} %`, percent(point.allocation), percent(point.fragmentationAmount), percent(point.fragmentationRatio)),
    );
  const head = cells('arrived load', 'cards in use', 'fragmented', 'of idle cards');
  return `${columns([head, ...rows]).join('\n')}\n\n${words(study)}\n`;
}

function summary(studies: readonly MeasuredGpuStudy[]): string {
  const rows = studies.map(({ policy, arrived, allocation, fragmentation, placed, dropped, cpuMsPerPlacement, partial }) => [
    partial === true ? `${policy} (PARTIAL)` : policy,
    `${arrived} %`,
    percent(allocation),
    percent(fragmentation),
    String(placed),
    String(dropped),
    `${cpuMsPerPlacement.toFixed(3)} ms`,
  ]);
  const head = ['policy', 'arrived load', 'cards in use', 'fragmented, of idle cards', 'placed', 'dropped', 'CPU a placement'];
  return `${columns([head, ...rows]).join('\n')}\n`;
}
