/** `wavetank conformance history FILE...`: judges histories of concurrent clients for linearizability, and compares with the verdict beside them. */

import { type Judgement, judgeHistory, type RecordedHistory, readHistory, VectorError } from '#experiment';
import { type ConformanceFlags, judgeCases, readCase } from './judge-cases.ts';

/** A history passes when its verdict is the recorded one, or, where none is recorded, when it is linearizable; the exit code. */
export function runHistoryConformance(files: readonly string[], flags: ConformanceFlags): Promise<number> {
  return judgeCases(
    files,
    {
      kind: 'history',
      cases: 'histories',
      judge(value, file, line) {
        const history = readCase(readHistory, value, VectorError, { file, line });
        const judgement = judgeHistory(history.ops);
        const pass = judgement.verdict === (history.verdict ?? 'ok');
        const id = `history ${history.id} (${history.origin})`;
        const told = describe(history, judgement);
        return { id, pass, details: [told], lines: [`${pass ? 'pass' : 'FAIL'}  ${id}: ${told}`] };
      },
    },
    flags,
  );
}

function describe(history: RecordedHistory, { verdict, states, ordered, stuck }: Judgement): string {
  const recorded = history.verdict === undefined || history.verdict === verdict ? '' : `, recorded as ${history.verdict}`;
  const size = `${history.ops.length} calls, ${states} states`;
  if (verdict !== 'illegal' || stuck === undefined) return `${verdict}${recorded} (${size})`;
  const what = `${stuck.op} ${stuck.k} of client ${stuck.c}, called at ${stuck.call} ns, revision ${stuck.rev ?? 'unknown'}`;
  return `${verdict}${recorded} (${size}; ${ordered} calls fit an order, then not: ${what})`;
}
