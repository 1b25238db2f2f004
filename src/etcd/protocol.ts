/** What API servers and etcd members say to each other. Field names follow etcd's .proto files (rpc.proto, kv.proto); values stay objects and carry their size. */

import type { Hasher, HostId, Instant, Message } from '#sim';
import { messageKind } from '#sim';

/** A stored value: any immutable data, and the bytes it would fill. In the simulated cluster a Kubernetes object, in conformance runs a string. */
export interface StoredValue {
  readonly value: unknown;
  readonly bytes: number;
}

export interface PutRequest extends StoredValue {
  readonly key: string;
  /** Lease id; 0 or absent for none. */
  readonly lease?: number;
}
export interface RangeRequest {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly limit?: number;
  readonly revision?: number;
  readonly serializable?: boolean;
  readonly countOnly?: boolean;
}
/** The only transaction an API server sends: if mod_revision(key) equals `modRevision` (0: absent) then put or delete, else read the key. */
export interface GuardedRequest {
  readonly key: string;
  readonly modRevision: number;
  readonly put?: PutRequest;
  readonly delete?: true;
}

export type AlarmType = 'NOSPACE' | 'CORRUPT';
export interface Alarm {
  readonly member: HostId;
  readonly alarm: AlarmType;
}

/** The Maintenance service (rpc.proto). An alarm is the group's; the others are of the member that is asked. */
export type MaintenanceOperation =
  /** Deactivating without a member disarms that alarm of all members; without an alarm, all alarms. */
  | { readonly op: 'alarm'; readonly action: 'get' | 'activate' | 'deactivate'; readonly member?: HostId; readonly alarm?: AlarmType }
  | { readonly op: 'status' }
  | { readonly op: 'defragment' }
  /** The whole state, for EtcdMemberOptions.snapshot of a new cluster. */
  | { readonly op: 'snapshot' }
  /** Asked of the leader: hand over to that member. */
  | { readonly op: 'moveLeader'; readonly to: HostId };

/** The Cluster service (rpc.proto): one change at a time, agreed as writes are. */
export type MembershipOperation =
  | { readonly op: 'memberList' }
  /** A learner gets the log but has no vote until it is promoted. */
  | { readonly op: 'memberAdd'; readonly member: HostId; readonly learner?: boolean }
  | { readonly op: 'memberPromote'; readonly member: HostId }
  | { readonly op: 'memberRemove'; readonly member: HostId };

/** How one member is (StatusResponse). */
export interface MemberStatus {
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  /** -1: none is known. */
  readonly leader: HostId;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
}

/** One operation, tagged. */
export type EtcdOperation =
  | ({ readonly op: 'range' } & RangeRequest)
  | ({ readonly op: 'guarded' } & GuardedRequest)
  | { readonly op: 'leaseGrant'; readonly ttlSeconds: number }
  | { readonly op: 'leaseRevoke'; readonly lease: number }
  | { readonly op: 'compact'; readonly revision: number }
  /** Events of [key, rangeEnd) from `startRevision` on; answered at once, then followed by EtcdEvents with the request's id. */
  | {
      readonly op: 'watch';
      readonly key: string;
      readonly rangeEnd: string;
      readonly startRevision: number;
      /** clientv3.WithRequireLeader: rather no watch than one on a member that is cut off. */
      readonly requireLeader?: boolean;
    }
  /** Ends the watch that the request with this id started. Not answered. */
  | { readonly op: 'watchCancel'; readonly watch: number }
  | MaintenanceOperation
  | MembershipOperation
  /** An EtcdEvents without events, at the present revision, for each synced watch of the asker; nothing else is answered. */
  | { readonly op: 'watchProgress' };

export interface EtcdRequest extends Message {
  readonly kind: 'EtcdRequest';
  readonly id: number;
  /** When the asker's connection was made: a member that began later knows no such connection and resets it. Absent: one without memory. */
  readonly connectedAt?: Instant;
  readonly operation: EtcdOperation;
}

export interface KeyValue extends StoredValue {
  readonly key: string;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number;
}

export interface EtcdResponse extends Message {
  readonly kind: 'EtcdResponse';
  readonly id: number;
  /** header.revision. */
  readonly revision: number;
  /** A gRPC status code and etcd's text ('etcdserver: mvcc: required revision has been compacted'); absent on success. */
  readonly error?: { readonly code: number; readonly message: string };
  readonly kvs?: readonly KeyValue[];
  readonly more?: boolean;
  readonly count?: number;
  /** Whether a guarded write was done; when not, `kvs` has the key as it is. */
  readonly succeeded?: boolean;
  readonly lease?: number;
  readonly alarms?: readonly Alarm[];
  readonly status?: MemberStatus;
  readonly members?: readonly { readonly member: HostId; readonly learner: boolean }[];
  readonly snapshot?: { readonly data: unknown; readonly bytes: number };
}

export interface EtcdEvent {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: KeyValue;
  /** The value before this event; absent on creation. */
  readonly previous?: KeyValue;
  /** A memo of those who read the event: the key without its prefix, made once for all of them. It says nothing that `kv.key` does not. */
  name?: string;
}

export interface EtcdEvents extends Message {
  readonly kind: 'EtcdEvents';
  /** The id of the watch request. */
  readonly id: number;
  /** Counts the watch's messages from 0: TCP delivers all or breaks, so that a gap is a broken connection. */
  readonly sequence?: number;
  readonly revision: number;
  readonly events: readonly EtcdEvent[];
  /** Set when the watch was cancelled because its start is compacted. */
  readonly compactRevision?: number;
  /** Set when the watch was cancelled because the member has had no leader for too long. */
  readonly noLeader?: boolean;
}

messageKind<EtcdRequest>({
  kind: 'EtcdRequest',
  digest(m, hasher) {
    hasher.int(m.id);
    const operation = m.operation;
    hasher.string(operation.op);
    if ('key' in operation) hasher.string(operation.key);
    if (operation.op === 'guarded') {
      hasher.number(operation.modRevision);
      hasher.int(operation.put?.bytes ?? -1);
    }
  },
});
messageKind<EtcdResponse>({
  kind: 'EtcdResponse',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.number(m.revision);
    hasher.int(m.succeeded === undefined ? 2 : m.succeeded ? 1 : 0);
    hasher.int(m.count ?? -1);
    if (m.error !== undefined) hasher.string(m.error.message);
  },
});
messageKind<EtcdEvents>({
  kind: 'EtcdEvents',
  digest(m, hasher) {
    hasher.int(m.id);
    hasher.number(m.revision);
    for (const event of m.events) digestEvent(event, hasher);
  },
});

function digestEvent(event: EtcdEvent, hasher: Hasher): void {
  // Which key a revision wrote was taken in with the request.
  hasher.int(event.type.length | (event.kv.key.length << 8));
  hasher.number(event.kv.modRevision);
}
