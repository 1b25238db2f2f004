/** spans.json.gz: every pod's way, step by step, for `wavetank trace`. One line a subject after a header line, so that a reader need not hold it all. */

import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import type { HostSpec, RecordedRun } from '#sim';

export const SPANS_FILE = 'spans.jsonl.gz';

/** One step; times in microseconds. */
export interface TraceStep {
  readonly name: string;
  readonly host: string;
  readonly start: number;
  readonly duration: number;
  readonly detail?: string;
}

type Row = readonly [name: string, host: number, start: number, duration: number, detail?: string];

/** The file's bytes: gzip members of a few megabytes each, one after another, so that no string grows beyond what V8 allows. */
export function spansBytes(recorded: RecordedRun, hosts: readonly HostSpec[]): Uint8Array {
  const bySubject = new Map<string, Row[]>();
  for (const span of recorded.allSpans()) {
    const row: Row =
      span.detail === undefined
        ? [span.name, span.host, span.start, span.duration]
        : [span.name, span.host, span.start, span.duration, span.detail];
    const rows = bySubject.get(span.subject);
    if (rows === undefined) bySubject.set(span.subject, [row]);
    else rows.push(row);
  }
  const parts: Uint8Array[] = [];
  let lines = [JSON.stringify({ format: 'wavetank-spans/1', hosts: hosts.map((host) => host.name) })];
  let size = 0;
  const flush = (): void => {
    if (lines.length === 0) return;
    parts.push(gzipSync(`${lines.join('\n')}\n`, { level: 1 }));
    lines = [];
    size = 0;
  };
  for (const [subject, rows] of bySubject) {
    const line = JSON.stringify([subject, rows.sort((a, b) => a[2] - b[2] || a[1] - b[1])]);
    lines.push(line);
    size += line.length;
    if (size > 4_000_000) flush();
  }
  flush();
  return Buffer.concat(parts);
}

/** The steps of one subject, or the subjects whose name comes near. */
export async function findSteps(
  file: string,
  wanted: string,
): Promise<{ readonly subject?: string; readonly steps?: readonly TraceStep[]; readonly near: readonly string[] }> {
  if (!existsSync(file)) return { near: [] };
  const near: string[] = [];
  let hosts: readonly string[] | undefined;
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (hosts === undefined) {
      hosts = (JSON.parse(line) as { hosts: readonly string[] }).hosts;
      continue;
    }
    const subject = line.slice(2, line.indexOf('"', 2));
    if (subject === wanted || subject === `pods/${wanted}` || subject === `pods/default/${wanted}`) {
      const [, rows] = JSON.parse(line) as [string, readonly Row[]];
      const known = hosts;
      const steps = rows.map(([name, host, start, duration, detail]) => ({
        name,
        host: known[host] ?? `host ${host}`,
        start,
        duration,
        ...(detail === undefined ? {} : { detail }),
      }));
      return { subject, steps, near: [] };
    }
    if (near.length < 10 && subject.includes(wanted)) near.push(subject.replace(/^pods\//, ''));
  }
  return { near };
}
