/** What a watcher of everything has seen, in order: what invariants are judged by. Pure data; who watched does not matter. */

import type { KubeObject, Pod } from '#api';
import type { Interval } from './lost-answers.ts';

/** One change of one object. */
export interface Seen {
  /** Simulated microseconds. */
  readonly at: number;
  readonly type: 'add' | 'update' | 'delete';
  readonly resource: string;
  readonly object: KubeObject;
}

export interface Change extends Seen {
  /** `namespace/name`. */
  readonly key: string;
  /** The object before, unless it is new. */
  readonly before: KubeObject | undefined;
}

/** What the cluster was told to do and what befell it, where an invariant depends on it. */
export interface Settings {
  readonly nodeMonitorGraceSeconds?: number;
  readonly nodeEvictionRate?: number;
  /** When askers may not have heard what came of their requests. */
  readonly lostAnswers?: readonly Interval[];
  /** When controller managers stood still. */
  readonly managerSleeps?: readonly Interval[];
  /** Busy API servers turn requests away (429, flow control), and who asked asks again a second later, ten times at most. */
  readonly turnsAway?: boolean;
  /** Revisions do not tell what came first: there is more than one etcd, or its history was taken back. */
  readonly isUnordered?: boolean;
}

export interface History {
  readonly changes: readonly Change[];
  /** When watching ended. */
  readonly until: number;
  readonly settings: Settings;
  /** Objects there at the end, by resource and key. */
  readonly last: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;
  /** How long nothing but heartbeats had happened when watching ended. */
  readonly quietFor: number;
}

export interface Violation {
  readonly id: string;
  /** Simulated microseconds. */
  readonly at: number;
  readonly message: string;
}
/** What one invariant finds; the id is added by the register. */
export interface Finding {
  readonly at: number;
  readonly message: string;
}
export interface Invariant {
  readonly id: string;
  /** What must hold, in one sentence. */
  readonly says: string;
  readonly check: (history: History) => Iterable<Finding>;
}

export const keyOf = ({ metadata }: KubeObject): string =>
  metadata?.namespace === undefined || metadata.namespace === '' ? (metadata?.name ?? '') : `${metadata.namespace}/${metadata.name}`;

/** What is written of a cluster at rest, too. */
export const HEARTBEATS: ReadonlySet<string> = new Set(['leases.coordination.k8s.io', 'events', 'nodes']);

export function historyOf(seen: readonly Seen[], until: number, settings: Settings = {}): History {
  const last = new Map<string, Map<string, KubeObject>>();
  const changes: Change[] = [];
  let busyAt = 0;
  for (const one of seen) {
    let objects = last.get(one.resource);
    if (objects === undefined) last.set(one.resource, (objects = new Map()));
    const key = keyOf(one.object);
    changes.push({ ...one, key, before: objects.get(key) });
    if (one.type === 'delete') objects.delete(key);
    else objects.set(key, one.object);
    if (!HEARTBEATS.has(one.resource)) busyAt = one.at;
  }
  return { changes, until, settings, last, quietFor: until - busyAt };
}

/** The changes of some resources. */
export function* of(history: History, ...resources: readonly string[]): Iterable<Change> {
  for (const change of history.changes) if (resources.includes(change.resource)) yield change;
}

export const atEnd = <T extends KubeObject>(history: History, resource: string): readonly T[] => [
  ...((history.last.get(resource)?.values() ?? []) as Iterable<T>),
];

/** Whether controllers have had the time to finish: only then is it fair to ask for the end of the way. */
export const isQuiet = (history: History): boolean => history.quietFor >= 60_000_000;

export const isLive = ({ metadata, status }: Pod): boolean =>
  metadata?.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

export const isReady = ({ status }: { readonly status?: { readonly conditions?: readonly { type: string; status: string }[] } }): boolean =>
  status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

export const controllerUid = ({ metadata }: KubeObject): string | undefined =>
  metadata?.ownerReferences?.find(({ controller }) => controller === true)?.uid;
