/** `wavetank report <dir>`: draws report.html again from result.json alone. */

import { join } from 'node:path';
import { Command } from 'commander';
import { openOutDirectory, type Result } from '#experiment';
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
    .description('draw report.html again from a result.json')
    .argument('<out>', 'the directory of a run')
    .action(async (directory: string) => {
      const result = readResult(directory);
      const { renderReport } = await import('#report');
      const out = openOutDirectory(directory.endsWith('.json') ? join(directory, '..') : directory);
      try {
        process.stdout.write(`${out.write('report.html', await renderReport(result))}\n`);
      } finally {
        out.close();
      }
    });
}
