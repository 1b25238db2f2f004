/** Reads a run's result.json from a folder or a file, or says what is wrong with it. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText, printable, readBytes, UserError, validate } from '#scenario';
import type { Result } from '../result.ts';
import { checkVersion, formatOf } from './read-study.ts';
import { RESULT_FORMAT } from './result-format.ts';
import { resultSchema } from './result-schema.ts';

const MOST_BYTES = 1024 ** 3;

export function readResult(path: string): Result {
  const file = path.endsWith('.json') ? path : join(path, 'result.json');
  const text = decodeText(readBytes(file, MOST_BYTES), file);
  let result: Result;
  try {
    result = JSON.parse(text) as Result;
  } catch (error) {
    throw UserError.at({ file }, `is not JSON: ${printable((error as Error).message, 200)}`);
  }
  const format = formatOf(result);
  if (format.startsWith('wavetank-result/')) checkVersion(file, format);
  if (result === null || typeof result !== 'object' || result.format !== RESULT_FORMAT)
    throw UserError.at({ file }, `is not a wavetank result ('format' is not ${RESULT_FORMAT})`);
  const lists = ['verdicts', 'series', 'heat', 'marks', 'notes'] as const;
  const broken =
    lists.find((key) => !Array.isArray(result[key])) ??
    (typeof result.digest === 'string' ? undefined : 'digest') ??
    (typeof result.distributions === 'object' && result.distributions !== null ? undefined : 'distributions');
  if (broken !== undefined) throw UserError.at({ file }, `is not a whole wavetank result: '${broken}' is missing or of another type`);
  const [mistake] = validate(resultSchema, { file, value: result, headComment: '', placeOf: () => ({ file }) });
  if (mistake !== undefined) throw UserError.at({ file }, `is not a whole wavetank result: ${mistake.message}`);
  return result;
}

const isResult = (path: string): boolean => {
  try {
    return statSync(join(path, 'result.json')).isFile();
  } catch {
    return false;
  }
};

/** The results of a folder: its own, or those of the folders in it (one a seed). Empty when there are none. */
export function resultsUnder(path: string): readonly Result[] {
  if (isResult(path)) return [readResult(path)];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isResult(join(path, entry.name)))
    .map((entry) => join(path, entry.name))
    .sort()
    .map(readResult);
}
