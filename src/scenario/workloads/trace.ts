/** `trace`: what happened somewhere, from a file that `wavetank import` made: pods that come and go, objects that are applied. */

import { dirname, isAbsolute, join } from 'node:path';
import { duration, fields, number, text } from '../schema-pieces.ts';
import type { Source } from '../source.ts';
import { traceRequests, traceTotals } from '../traces/trace-requests.ts';
import { parseDuration } from '../units.ts';
import { formatMistake, type Mistake, UserError } from '../user-error.ts';
import type { TimedRequest, WorkloadEntry, WorkloadKind } from '../workload.ts';

interface TraceSpec {
  readonly file: string;
  readonly start?: string;
  readonly timeScale?: number;
  /** Namespaces that it speaks of and does not make; put there when the scenario is read. */
  readonly namespaces?: readonly string[];
}

export const trace: WorkloadKind<TraceSpec> = {
  name: 'trace',
  schema: fields(
    'what happened somewhere, from a file that `wavetank import` made',
    {
      file: text('the file, beside the scenario'),
      start: duration('when its second 0 is (default 0s)'),
      timeScale: { ...number('so many times as fast (default 1)'), exclusiveMinimum: 0 },
    },
    ['file'],
  ),
  pods: ({ file }) => traceTotals(file).pods,
  *requests({ file, start = '0s', timeScale = 1, namespaces = [] }): Iterable<TimedRequest> {
    const from = parseDuration(start) ?? 0;
    for (const name of namespaces)
      yield { at: 0, verb: 'create', resource: 'namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } } };
    yield* traceRequests(file, (seconds) => from + Math.round((seconds / timeScale) * 1e6));
  },
};

const STANDING = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

/** Entries with the place of their file, every line of which has been read once. */
export function withTraceFiles(entries: readonly WorkloadEntry[], source: Source, mistakes: Mistake[]): readonly WorkloadEntry[] {
  return entries.map((entry, index) => {
    if (entry.kind !== trace.name) return entry;
    const spec = entry.spec as TraceSpec;
    const file = isAbsolute(spec.file) ? spec.file : join(dirname(source.file), spec.file);
    try {
      const { namespaces, created } = traceTotals(file);
      return { ...entry, spec: { ...spec, file, namespaces: [...namespaces].filter((name) => !STANDING.has(name) && !created.has(name)) } };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      mistakes.push({
        ...source.placeOf(['workload', index, 'trace', 'file']),
        message: `'workload[${index}].trace': ${error.mistakes.map(formatMistake).join('; ')}`,
      });
      return entry;
    }
  });
}
