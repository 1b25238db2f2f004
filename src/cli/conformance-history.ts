/** `wavetank conformance history FILE...`: judges histories of concurrent clients for linearizability, and compares with the verdict beside them. */

import { type Judgement, judgeHistory, type RecordedHistory, readHistory, VectorError } from '#experiment';
import { UserError } from '#scenario';
import type { ConformanceCount } from './conformance-etcd.ts';
import { readJsonLines } from './json-lines.ts';

export interface HistoryConformanceOptions {
  /** Where lines go; default standard output. */
  readonly print?: (line: string) => void;
}

/** A history passes when its verdict is the recorded one, or, where none is recorded, when it is linearizable. Throws a UserError for malformed input. */
export async function runHistoryConformance(files: readonly string[], options: HistoryConformanceOptions = {}): Promise<ConformanceCount> {
  const { print = (line) => process.stdout.write(`${line}\n`) } = options;
  let passed = 0;
  let failed = 0;
  for (const file of files) {
    for await (const { line, value } of readJsonLines(file)) {
      const history = parse(file, line, value);
      const judgement = judgeHistory(history.ops);
      const right = judgement.verdict === (history.verdict ?? 'ok');
      if (right) passed += 1;
      else failed += 1;
      print(`${right ? 'pass' : 'FAIL'}  history ${history.id} (${history.origin}): ${describe(history, judgement)}`);
    }
  }
  print(`${passed} passed, ${failed} failed`);
  return { passed, failed };
}

function describe(history: RecordedHistory, { verdict, states, ordered, stuck }: Judgement): string {
  const recorded = history.verdict === undefined || history.verdict === verdict ? '' : `, recorded as ${history.verdict}`;
  const size = `${history.ops.length} calls, ${states} states`;
  if (verdict !== 'illegal' || stuck === undefined) return `${verdict}${recorded} (${size})`;
  const what = `${stuck.op} ${stuck.k} of client ${stuck.c}, called at ${stuck.call} ns, revision ${stuck.rev ?? 'unknown'}`;
  return `${verdict}${recorded} (${size}; ${ordered} calls fit an order, then not: ${what})`;
}

function parse(file: string, line: number, value: unknown): RecordedHistory {
  try {
    return readHistory(value);
  } catch (error) {
    if (error instanceof VectorError) throw UserError.at({ file, line }, error.message);
    throw error;
  }
}
