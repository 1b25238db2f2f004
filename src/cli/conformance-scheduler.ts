/** `wavetank conformance scheduler FILE...`: decisions recorded from a real kube-scheduler against ours; prints each difference. */

import { judgeSchedulerVector, readSchedulerVector, SchedulerVectorError } from '#experiment';
import { UserError } from '#scenario';
import type { ConformanceCount } from './conformance-etcd.ts';
import { readJsonLines } from './json-lines.ts';

export interface SchedulerConformanceOptions {
  /** Differences printed for one case; default 10. */
  readonly differences?: number;
  /** Where lines go; default standard output. */
  readonly print?: (line: string) => void;
}

/** Prints the cases that differ with their differences, and closes with the counts. Throws a UserError for malformed input. */
export async function runSchedulerConformance(
  files: readonly string[],
  options: SchedulerConformanceOptions = {},
): Promise<ConformanceCount> {
  const { differences = 10, print = (line) => process.stdout.write(`${line}\n`) } = options;
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    for await (const { line, value } of readJsonLines(file)) {
      const vector = read(file, line, value);
      const wrong = judgeSchedulerVector(vector);
      if (wrong.length === 0) {
        passed += 1;
        continue;
      }
      failed += 1;
      print(`FAIL  ${vector.id} (${'mode' in vector ? `sequence, ${vector.mode}` : (vector.kind ?? 'decision')}), ${file}:${line}`);
      for (const text of wrong.slice(0, differences)) print(`      ${text}`);
      if (wrong.length > differences) print(`      and ${wrong.length - differences} more`);
    }
  }
  print(`${passed} passed, ${failed} failed`);
  return { passed, failed };
}

function read(file: string, line: number, value: unknown): ReturnType<typeof readSchedulerVector> {
  try {
    return readSchedulerVector(value);
  } catch (error) {
    if (error instanceof SchedulerVectorError) throw UserError.at({ file, line }, error.message);
    throw error;
  }
}
