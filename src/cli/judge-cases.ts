/** Judges the cases of `wavetank conformance` one by one: progress, Ctrl-C, what is printed, and the outcome as JSON. */

import { UserError } from '#scenario';
import { onInterrupt } from './execute.ts';
import { countJsonLines, readJsonLines } from './json-lines.ts';
import { StepProgress } from './step-progress.ts';
import { VERSION } from './version.ts';

export interface ConformanceFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What became of one case. */
export interface JudgedCase {
  /** As the recording names it. */
  readonly id: string;
  readonly pass: boolean;
  /** The differences, or what else there is to know. */
  readonly details: readonly string[];
  /** What is printed of it. */
  readonly lines: readonly string[];
}

export interface ConformanceKind {
  readonly kind: 'etcd' | 'history' | 'scheduler';
  /** What a case is called: 'sequences'. */
  readonly cases: string;
  judge(value: unknown, file: string, line: number): JudgedCase;
  /** Lines that close a file. */
  readonly summary?: () => readonly string[];
  /** Further fields of the JSON. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

interface Judged extends Omit<JudgedCase, 'lines'> {
  readonly file: string;
  readonly line: number;
}

/** The exit code: 0 when all passed, 1 when one did not, 130 when interrupted. Throws UserError for malformed input. */
export async function judgeCases(files: readonly string[], kind: ConformanceKind, flags: ConformanceFlags): Promise<number> {
  const isJson = flags.json === true;
  const print = (line: string): void => {
    if (!isJson) process.stdout.write(`${line}\n`);
  };
  const interrupt = onInterrupt('what was judged so far will be printed');
  const progress = new StepProgress(process.stderr, flags.quiet === true);
  const judged: Judged[] = [];
  let total = 0;
  try {
    for (const file of files) total += await countJsonLines(file);
    for (const file of files) {
      for await (const { line, value } of readJsonLines(file)) {
        if (interrupt.asked()) break;
        const { lines, ...one } = kind.judge(value, file, line);
        judged.push({ ...one, file, line });
        if (lines.length > 0) progress.finish();
        for (const text of lines) print(text);
        progress.show(judged.length / Math.max(1, total), () => `${judged.length} of ${total} ${kind.cases}`);
        await progress.turn();
      }
      progress.finish();
      for (const text of kind.summary?.() ?? []) print(text);
      if (interrupt.asked()) break;
    }
  } finally {
    progress.finish();
    interrupt.release();
  }
  const passed = judged.filter(({ pass }) => pass).length;
  const failed = judged.length - passed;
  const partial = interrupt.asked() && judged.length < total;
  if (partial) print(`partial: interrupted after ${judged.length} of ${total} ${kind.cases}`);
  print(`${passed} passed, ${failed} failed`);
  if (isJson) {
    const about = { format: 'wavetank-conformance/1', version: VERSION, kind: kind.kind, files, ...kind.fields };
    process.stdout.write(`${JSON.stringify({ ...about, partial, total, passed, failed, cases: judged })}\n`);
  }
  if (partial) return 130;
  return failed === 0 ? 0 : 1;
}

/** What a reader of recordings throws for one that is malformed, told with file and line. */
export function readCase<T>(read: (value: unknown) => T, value: unknown, mistake: new (message: string) => Error, at: CasePlace): T {
  try {
    return read(value);
  } catch (error) {
    if (error instanceof mistake) throw UserError.at({ file: at.file, line: at.line }, error.message);
    throw error;
  }
}

export interface CasePlace {
  readonly file: string;
  readonly line: number;
}
