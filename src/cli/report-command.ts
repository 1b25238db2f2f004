/** `wavetank report <dir>`: draws what a run or a study left again, from its result alone. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type CapacityResult, openOutDirectory, type Result, readResult, type SweepResult } from '#experiment';
import {
  capacityPage,
  comparisonPage,
  type JudgedComparison,
  pagePictures,
  pictures,
  REPORT_FORMATS,
  renderPage,
  sweepPage,
} from '#report';
import { decodeText, printable, readBytes, UserError } from '#scenario';

export { readResult } from '#experiment';

/** What studies leave, and who draws it. */
const STUDIES: Readonly<Record<string, { readonly format: string; readonly page: (study: never) => Parameters<typeof pagePictures>[0] }>> =
  {
    'comparison.json': { format: 'wavetank-comparison/1', page: (study: JudgedComparison) => comparisonPage(study) },
    'sweep.json': { format: 'wavetank-sweep/1', page: (study: SweepResult) => sweepPage(study) },
    'capacity.json': { format: 'wavetank-capacity/1', page: (study: CapacityResult) => capacityPage(study) },
  };

export function reportCommand(): Command {
  const known = [...Object.keys(REPORT_FORMATS), 'png'];
  return new Command('report')
    .description('draw a result again: as a page, for a pull request, for CI, for a spreadsheet, as pictures or for Prometheus')
    .argument('<out>', 'the directory of a run or of a study, or a result.json')
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank report out/first-light\n  wavetank report out/first-light --format markdown,junit,parquet,png',
    )
    .option('--format <names>', `one or more of ${known.join(', ')}; several with commas between`, 'html')
    .action(async (directory: string, { format }: { readonly format: string }) => {
      const names = format.split(',').map((name) => name.trim());
      const unknown = names.find((name) => !known.includes(name));
      if (unknown !== undefined) throw UserError.at({}, `--format: '${printable(unknown)}' is no format (there is: ${known.join(', ')})`);
      const study = Object.keys(STUDIES).find((file) => existsSync(join(directory, file)));
      if (study !== undefined) await drawStudy(directory, study, names);
      else await drawRun(directory, names);
    });
}

async function drawRun(directory: string, names: readonly string[]): Promise<void> {
  const result: Result = readResult(directory);
  const out = openOutDirectory(directory.endsWith('.json') ? join(directory, '..') : directory);
  try {
    for (const name of names) {
      const format = REPORT_FORMATS[name];
      const files = format === undefined ? await drawn(() => pictures(result)) : [{ file: format.file, content: format.render(result) }];
      for (const { file, content } of files) process.stdout.write(`${out.write(file, content)}\n`);
    }
  } finally {
    out.close();
  }
}

async function drawn(draw: () => ReturnType<typeof pictures>): ReturnType<typeof pictures> {
  try {
    return await draw();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('PNG needs')) throw UserError.at({}, `--format png: ${error.message}`);
    throw error;
  }
}

async function drawStudy(directory: string, name: string, names: readonly string[]): Promise<void> {
  const { format, page } = STUDIES[name] as (typeof STUDIES)[string];
  const file = join(directory, name);
  const other = names.find((one) => one !== 'html' && one !== 'png');
  if (other !== undefined) throw UserError.at({ file }, `is a study, which is drawn as html and png only, not as ${other}`);
  let study: { readonly format?: unknown };
  try {
    study = JSON.parse(decodeText(readBytes(file, 1024 ** 3), file)) as typeof study;
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw UserError.at({ file }, `is not JSON: ${printable((error as Error).message, 200)}`);
  }
  if (study?.format !== format) throw UserError.at({ file }, `'format' is not ${format}`);
  const out = openOutDirectory(directory);
  try {
    const drawing = page(study as never);
    for (const one of names) {
      const files = one === 'html' ? [{ file: 'report.html', content: renderPage(drawing) }] : await drawn(() => pagePictures(drawing));
      for (const { file, content } of files) process.stdout.write(`${out.write(file, content)}\n`);
    }
  } finally {
    out.close();
  }
}
