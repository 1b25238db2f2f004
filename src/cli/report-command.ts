/** `wavetank report <dir>`: draws what a run or a study left again, from its result alone. */

import { join } from 'node:path';
import { Command } from 'commander';
import { type FoundStudy, openOutDirectory, type Result, readResult, readStudy } from '#experiment';
import { pictures, REPORT_FORMATS, renderStudy } from '#report';
import { printable, UserError } from '#scenario';

export { readResult } from '#experiment';

export function reportCommand(): Command {
  const known = [...Object.keys(REPORT_FORMATS), 'png'];
  return new Command('report')
    .description('draw a result again: as a page, for a pull request, for CI, for a spreadsheet, as pictures or for Prometheus')
    .argument('<out>', 'the folder of a run or of a study, or its file: result.json, comparison.json, what `gpu-study --json` printed')
    .addHelpText(
      'after',
      '\nExamples:\n  wavetank report out/first-light\n  wavetank report out/first-light --format markdown,junit,parquet,png\n  wavetank report out/compare-a-b --format markdown,csv,prometheus',
    )
    .option('--format <names>', `one or more of ${known.join(', ')}; several with commas between`, 'html')
    .action(async (directory: string, { format }: { readonly format: string }) => {
      const names = format.split(',').map((name) => name.trim());
      const unknown = names.find((name) => !known.includes(name));
      if (unknown !== undefined) throw UserError.at({}, `--format: '${printable(unknown)}' is no format (there is: ${known.join(', ')})`);
      const study = readStudy(directory);
      if (study !== undefined) await drawStudy(study, names);
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

async function drawn<T>(draw: () => Promise<T>): Promise<T> {
  try {
    return await draw();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('PNG needs')) throw UserError.at({}, `--format png: ${error.message}`);
    throw error;
  }
}

async function drawStudy({ kind, study, folder }: FoundStudy, names: readonly string[]): Promise<void> {
  const out = openOutDirectory(folder);
  try {
    for (const name of names) {
      const files = await drawn(() => renderStudy(kind, study, name));
      for (const { file, content } of files) process.stdout.write(`${out.write(file, content)}\n`);
    }
  } finally {
    out.close();
  }
}
