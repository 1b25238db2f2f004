/** The form of a scheduler's journal: what it saw, decided and queued, as words and texts, small enough to keep for every pod of a full-size run.
 *  A decision is not kept as a table of nodes but as the few numbers it started from; whoever asks has it decided again, plugin by plugin, on the
 *  cluster as it was then (explain-replay.ts), and is told if that comes to anything else than the run. */

import type { Instant } from '#sim';
import type { ProfileSpec } from './profile-spec.ts';

/** all: every attempt. failed: attempts that found no node. The cluster's and the queues' history is kept with both. */
export type ExplainMode = 'all' | 'failed';

/** Record codes. Each is followed by as many words as LENGTHS says; a text is its place in `texts`. */
export const TIME = 1;
/** A pod is met for the first time: name, uid, template. Pods are numbered in this order. */
export const POD = 2;
/** A waiting pod's spec or labels changed: pod, template. */
export const CHANGED = 3;
/** Name, content. */
export const NODE = 4;
export const NODE_GONE = 5;
/** Pod, node, 1 when it is this scheduler's own decision. */
export const PLACED = 6;
export const GONE = 7;
/** Pod, node ('' takes the nomination back). */
export const NOMINATED = 8;
/** Resource, key, content ('' when it is gone). */
export const OBJECT = 9;
/** Pod, queue, event, what it waits for, when its back-off ends. */
export const QUEUED = 10;
/** Pod: it was deleted while it waited. */
export const UNQUEUED = 11;
/** A decision that is not kept. */
export const CYCLE = 12;
/** Pod, profile, number, where the search began, nodes looked at, nodes that fit, nominated node, how long it took. */
export const ATTEMPT = 13;
/** Goes on an ATTEMPT: node, tied, draw. */
export const CHOSEN = 14;
/** Goes on an ATTEMPT: message, plugins, 1 + nominated node (0: says nothing of it), victims, 1 for an error. */
export const REFUSED = 15;
/** Pod. */
export const BOUND = 16;
/** Pod, text. */
export const UNDONE = 17;
/** Node, list of images: written whenever the node was given a new list, for the cache then counts anew. */
export const IMAGES = 19;
/** What extenders answered to the attempt that comes next. */
export const ANSWERED = 20;
/** Pod, text: anything else that a reader should see in the order of things. */
export const NOTE = 18;

/** Words after the code. */
export const LENGTHS: readonly number[] = [0, 2, 3, 2, 2, 1, 3, 1, 2, 3, 6, 1, 0, 8, 4, 5, 1, 2, 2, 2, 1];

export const QUEUES = ['active', 'backoff', 'unschedulable', 'gated'] as const;
export type QueueName = (typeof QUEUES)[number];

/** What a scheduler hands over when the run is over: plain data. */
export interface Journal {
  readonly mode: ExplainMode;
  readonly profiles: readonly ProfileSpec[];
  /** percentageOfNodesToScore where a profile names none. */
  readonly percentage: number;
  readonly maxUnschedulable: number;
  /** The host's clock at instant 0, microseconds. */
  readonly epoch: number;
  readonly texts: readonly string[];
  readonly words: Int32Array;
  /** Pods that asked for a scheduler of another name, as namespace/name and that name. */
  readonly foreign?: readonly (readonly [pod: string, schedulerName: string])[];
}

/** Under this name a scheduler keeps its journal (Recorder.keep). */
export const JOURNAL = 'scheduler/journal';

const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/** A number as two words, and back. */
export function splitNumber(value: number): readonly [number, number] {
  double[0] = value;
  return [halves[0] as number, halves[1] as number];
}
export function joinNumber(low: number, high: number): Instant {
  halves[0] = low;
  halves[1] = high;
  return double[0] as number;
}
