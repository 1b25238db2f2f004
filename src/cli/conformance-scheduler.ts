/** `wavetank conformance scheduler FILE...`: decisions recorded from a real kube-scheduler against ours; prints each difference. */

import { judgeSchedulerVector, readSchedulerVector, SchedulerVectorError } from '#experiment';
import { type ConformanceFlags, judgeCases, readCase } from './judge-cases.ts';

/** Differences printed for one case; the JSON has them all. */
const MOST_DIFFERENCES = 10;

/** Prints the cases that differ with their differences, and closes with the counts; the exit code. */
export function runSchedulerConformance(files: readonly string[], flags: ConformanceFlags): Promise<number> {
  return judgeCases(
    files,
    {
      kind: 'scheduler',
      cases: 'cases',
      judge(value, file, line) {
        const vector = readCase(readSchedulerVector, value, SchedulerVectorError, { file, line });
        const wrong = judgeSchedulerVector(vector);
        const lines = wrong.slice(0, MOST_DIFFERENCES).map((text) => `      ${text}`);
        if (wrong.length > MOST_DIFFERENCES) lines.push(`      and ${wrong.length - MOST_DIFFERENCES} more`);
        if (wrong.length > 0)
          lines.unshift(
            `FAIL  ${vector.id} (${'mode' in vector ? `sequence, ${vector.mode}` : (vector.kind ?? 'decision')}), ${file}:${line}`,
          );
        return { id: String(vector.id), pass: wrong.length === 0, details: wrong, lines };
      },
    },
    flags,
  );
}
