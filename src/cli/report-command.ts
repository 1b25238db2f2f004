/** `wavetank report <dir>`: draws report.html again from result.json alone. */

import { join } from 'node:path';
import { Command } from 'commander';
import { openOutDirectory, type Result } from '#experiment';
import { REPORT_FORMATS } from '#report';
import { decodeText, readBytes, UserError } from '#scenario';

/** Reads a run's result.json, or says what is wrong with it. */
export function readResult(directory: string): Result {
  const file = directory.endsWith('.json') ? directory : join(directory, 'result.json');
  const text = decodeText(readBytes(file, 1024 ** 3), file);
  let result: Result;
  try {
    result = JSON.parse(text) as Result;
  } catch (error) {
    throw UserError.at({ file }, `is not JSON: ${(error as Error).message}`);
  }
  if (result === null || typeof result !== 'object' || result.format !== 'wavetank-result/1')
    throw UserError.at({ file }, "is not a wavetank result ('format' is not wavetank-result/1)");
  return result;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('draw a result.json again: as a page, for a pull request, for CI, for a spreadsheet or for Prometheus')
    .argument('<out>', 'the directory of a run')
    .addHelpText('after', '\nExamples:\n  wavetank report out/first-light\n  wavetank report out/first-light --format md,junit,csv')
    .option('--format <names>', `one or more of ${Object.keys(REPORT_FORMATS).join(', ')}; several with commas between`, 'html')
    .action((directory: string, { format }: { readonly format: string }) => {
      const formats = format.split(',').map((name) => {
        const known = Object.hasOwn(REPORT_FORMATS, name) ? REPORT_FORMATS[name] : undefined;
        if (known === undefined)
          throw UserError.at({}, `--format: '${name}' is no format (there is: ${Object.keys(REPORT_FORMATS).join(', ')})`);
        return known;
      });
      const result = readResult(directory);
      const out = openOutDirectory(directory.endsWith('.json') ? join(directory, '..') : directory);
      try {
        for (const { file, render } of formats) process.stdout.write(`${out.write(file, render(result))}\n`);
      } finally {
        out.close();
      }
    });
}
