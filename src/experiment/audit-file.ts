/** audit.log: what the API servers wrote down of a run, one JSON event a line, in the order of time. */

import { AUDIT_LOG } from '#apiserver';
import type { RecordedRun } from '#sim';

export const AUDIT_FILE = 'audit.log';

const PIECE = 1000;

/** Undefined: no server was asked to write. */
export function auditBytes(recorded: RecordedRun): Uint8Array | undefined {
  const kept = recorded.kept.filter(({ name }) => name === AUDIT_LOG);
  if (kept.length === 0) return undefined;
  const lines = kept.flatMap(({ data }) => data as readonly (readonly [at: number, line: string])[]).toSorted(([a], [b]) => a - b);
  // Piece by piece: no string grows beyond what V8 allows.
  const parts: Uint8Array[] = [];
  for (let from = 0; from < lines.length; from += PIECE) {
    const text = lines.slice(from, from + PIECE).map(([, line]) => `${line}\n`);
    parts.push(Buffer.from(text.join('')));
  }
  return Buffer.concat(parts);
}
