/** What a kind of fault is: changes of the world at known instants. One file a kind under faults/, one line in its registry. */

import type { Distribution, Duration, HostId, Stream, WorldChange } from '#sim';
import { duration, type JsonSchema } from './schema-pieces.ts';
import type { Place } from './user-error.ts';

/** Which hosts there are, for faults to choose from. Ids are those of the world. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly apiServers: readonly HostId[];
  readonly etcd: readonly HostId[];
  readonly etcdMembers: readonly TopologyEtcdMember[];
  readonly schedulers: readonly HostId[];
  readonly controllerManagers: readonly HostId[];
  /** Clients besides those: users, load, the observer. */
  readonly users: readonly HostId[];
  /** Where clients of Services are, where there are any. */
  readonly traffic?: HostId;
  /** The provider's API, where something calls it. */
  readonly cloud?: HostId;
  readonly webhooks?: readonly { readonly id: HostId; readonly name: string }[];
}
export interface TopologyEtcdMember {
  readonly id: HostId;
  /** '' in the main one. */
  readonly cluster: string;
  readonly index: number;
  /** Of its disk in good days; absent: the default. */
  readonly fsync?: Distribution;
}
export interface TopologyNode {
  readonly id: HostId;
  readonly name: string;
  readonly zone: string;
  /** Of its pool. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One entry of the scenario's `faults` list, as written. */
export interface FaultEntry {
  readonly kind: string;
  readonly spec: unknown;
  /** Where it stands, for mistakes that only the built cluster shows. */
  readonly place?: Place;
}

export interface FaultScope {
  readonly ordinal: number;
  readonly topology: Topology;
  /** The end of the run, where it is known. */
  readonly until?: Duration;
  /** Luck keyed by the seed and the name alone. */
  stream(name: string): Stream;
}

export interface FaultKind<Spec = never> {
  readonly name: string;
  readonly schema: JsonSchema;
  changes(spec: Spec, scope: FaultScope): readonly WorldChange[];
  mistake?(spec: Spec, topology: Topology): string | undefined;
}

export const atField = duration('when it strikes');
export const forField = duration('how long it lasts; without it, to the end');
