/** The file beside a scenario that `trace:` plays: JSON lines in order of time, seconds from the beginning.
 *    {"trace":"wavetank","version":1}
 *    {"shape":0,"namespace":"default","labels":{...},"spec":{...}}        what pods have in common; stands before its first pod
 *    {"at":1.5,"pod":"a","shape":0,"until":9}                             a pod comes, and is deleted at 9
 *    {"at":2,"pod":"b","shape":0,"runs":30,"completions":4}               a Job of four pods that run for 30 s each
 *    {"at":3,"create":{...}}  {"at":4,"patch":{...}}  {"at":5,"delete":{...}}   objects; a patch is a JSON merge patch */

import { closeSync, openSync, readSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { KubeObject } from '#api';
import { readBytes } from '../source.ts';
import { printable, UserError } from '../user-error.ts';
import { refuseUnreadable } from './text-lines.ts';
import type { PodShape } from './trace-item.ts';

export const TRACE_VERSION = 1;

export interface TracePodLine {
  readonly at: number;
  readonly pod: string;
  readonly shape: PodShape;
  readonly until?: number;
  readonly runs?: number;
  readonly completions?: number;
}
export interface TraceObjectLine {
  readonly at: number;
  readonly create?: KubeObject;
  readonly patch?: KubeObject;
  readonly delete?: KubeObject;
}
export type TraceLine = TracePodLine | TraceObjectLine;

const BLOCK = 1 << 18;
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Line by line and without waiting, as a run inside simulated time asks for them. */
function* linesOf(file: string): Iterable<string> {
  if (file.endsWith('.gz')) {
    let text: string;
    try {
      text = gunzipSync(readBytes(file)).toString('utf8');
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw UserError.at({ file }, `is damaged gzip: ${(error as Error).message}`);
    }
    yield* text.split('\n');
    return;
  }
  const handle = openSync(file, 'r');
  const decoder = new TextDecoder();
  const block = Buffer.allocUnsafe(BLOCK);
  let rest = '';
  try {
    for (;;) {
      const length = readSync(handle, block, 0, BLOCK, null);
      rest += length === 0 ? decoder.decode() : decoder.decode(block.subarray(0, length), { stream: true });
      let from = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
        yield rest.slice(from, end);
        from = end + 1;
      }
      rest = rest.slice(from);
      if (length === 0) break;
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(handle);
  }
}

/** Throws UserError naming the line of the first mistake. */
export function* traceLines(file: string): Iterable<TraceLine> {
  refuseUnreadable(file);
  const shapes = new Map<unknown, PodShape>();
  let line = 0;
  let last = 0;
  let isKnown = false;
  for (const text of linesOf(file)) {
    line++;
    if (text.trim() === '') continue;
    const refuse = (message: string): never => {
      throw UserError.at({ file, line }, message);
    };
    let read: Record<string, unknown> | null = null;
    try {
      read = JSON.parse(text) as Record<string, unknown> | null;
    } catch (error) {
      refuse(`is no JSON: ${printable((error as Error).message, 120)}`);
    }
    if (typeof read !== 'object' || read === null || Array.isArray(read)) throw UserError.at({ file, line }, 'expected a JSON object');
    if (!isKnown) {
      if (read['trace'] !== 'wavetank' || read['version'] !== TRACE_VERSION)
        refuse(`expected {"trace":"wavetank","version":${TRACE_VERSION}} first: \`wavetank import\` makes such files`);
      isKnown = true;
      continue;
    }
    if (read['shape'] !== undefined && read['pod'] === undefined) {
      shapes.set(read['shape'], shapeOf(read, refuse));
      continue;
    }
    const entry = entryOf(read, shapes, refuse);
    if (entry.at < last) refuse(`'at' is ${entry.at}, before the line above it (${last}): lines stand in order of time`);
    last = entry.at;
    yield entry;
  }
  if (!isKnown) throw UserError.at({ file }, 'is empty');
}

function shapeOf(read: Record<string, unknown>, refuse: (message: string) => never): PodShape {
  const spec = read['spec'] as { containers?: unknown } | undefined;
  if (typeof spec !== 'object' || !Array.isArray(spec?.containers)) refuse("'spec' is no PodSpec: it has no containers");
  return {
    namespace: typeof read['namespace'] === 'string' ? read['namespace'] : 'default',
    labels: (read['labels'] ?? {}) as Readonly<Record<string, string>>,
    ...(read['annotations'] === undefined ? {} : { annotations: read['annotations'] as Readonly<Record<string, string>> }),
    spec: spec as Readonly<Record<string, unknown>>,
  };
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

function entryOf(read: Record<string, unknown>, shapes: ReadonlyMap<unknown, PodShape>, refuse: (message: string) => never): TraceLine {
  const { at, pod, until, runs, completions } = read;
  if (!isTime(at)) return refuse(`'at' must be a number of seconds from 0 on, found ${printable(JSON.stringify(at) ?? 'nothing')}`);
  if (pod === undefined) {
    const verb = (['create', 'patch', 'delete'] as const).find((name) => read[name] !== undefined);
    if (verb === undefined) return refuse("expected one of 'pod', 'create', 'patch' and 'delete'");
    const object = read[verb] as Partial<KubeObject> | null;
    if (
      typeof object !== 'object' ||
      typeof object?.apiVersion !== 'string' ||
      typeof object.kind !== 'string' ||
      typeof object.metadata?.name !== 'string'
    )
      return refuse(`'${verb}' has no apiVersion, kind and metadata.name`);
    return { at, [verb]: object };
  }
  if (typeof pod !== 'string' || pod.length > 253 || !NAME.test(pod)) return refuse(`'${printable(String(pod))}' is no name for a pod`);
  const shape = read['own'] === undefined ? shapes.get(read['shape']) : shapeOf(read['own'] as Record<string, unknown>, refuse);
  if (shape === undefined) return refuse(`shape ${printable(JSON.stringify(read['shape']) ?? 'nothing')} is not said before this line`);
  if (until !== undefined && (!isTime(until) || until < at)) return refuse("'until' must be a number of seconds, not before 'at'");
  if (runs !== undefined && !isTime(runs)) return refuse("'runs' must be a number of seconds from 0 on");
  if (completions !== undefined && !(Number.isInteger(completions) && (completions as number) > 0))
    return refuse("'completions' must be a whole number above 0");
  return {
    at,
    pod,
    shape,
    ...(until === undefined ? {} : { until }),
    ...(runs === undefined ? {} : { runs }),
    ...(completions === undefined ? {} : { completions: completions as number }),
  };
}
