/** `wavetank gpu-study`: one policy of the FGD study (ATC '23) over a trace of the openb family; allocation and fragmentation against arrived load. */

import { Command, Option } from 'commander';
import { type GpuStudyFiles, gpuStudy } from '#experiment';
import { wholeNumber } from './run-options.ts';
import { columns } from './verdict-table.ts';

interface Flags extends GpuStudyFiles {
  readonly json?: boolean;
}

/** The table shows every tenth percent of arrived load; --json has them all. */
const STEP = 10;

export function gpuStudyCommand(): Command {
  return new Command('gpu-study')
    .description('GPU sharing: one placement policy over a trace, pods arriving until 130 % of the cards were asked for')
    .requiredOption('--nodes <file>', 'node list, CSV, plain or gzip')
    .requiredOption('--pods <file>', 'pod list, CSV, plain or gzip')
    .option('--order <file>', 'arrival order, a pod row a line (default: drawn from the seed, as the study draws it)')
    .option('--noderank <file>', 'tie rank of each node row, one a line (default: drawn from the seed)')
    .requiredOption('--policy <name>', 'Random, DotProd, GpuClustering, GpuPacking, BestFit or FGD')
    .addOption(new Option('--seed <n>', 'luck of Random and of what is drawn').argParser(wholeNumber(0, 4_294_967_295)).default(42))
    .option('--json', 'print one JSON object: allocation, fragmentation, arrived, curve')
    .addHelpText(
      'after',
      '\nExample:\n  wavetank gpu-study --nodes nodes.csv.gz --pods pods.csv.gz --order arrivals.txt.gz --noderank rank.txt.gz --policy FGD --json',
    )
    .action((flags: Flags) => {
      process.stdout.write(flags.json ? `${JSON.stringify(gpuStudy(flags))}\n` : table(flags));
    });
}

function table(flags: Flags): string {
  const study = gpuStudy(flags);
  const cells = (...texts: string[]): string[] => texts.map((text) => text.padStart(14));
  const percent = (value: number): string => `${value.toFixed(2)} %`;
  const rows = study.curve
    .filter(({ arrived }) => arrived % STEP === 0 && arrived > 0)
    .map((point) =>
      cells(`${point.arrived} %`, percent(point.allocation), percent(point.fragmentationAmount), percent(point.fragmentationRatio)),
    );
  const head = cells('arrived load', 'cards in use', 'fragmented', 'of idle cards');
  const end = `${study.policy}: ${percent(study.allocation)} of the cards in use at ${study.arrived} % arrived load; ${study.placed} pods placed, ${study.dropped} dropped.`;
  return `${columns([head, ...rows]).join('\n')}\n\n${end}\n`;
}
