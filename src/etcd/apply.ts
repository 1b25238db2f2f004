/** Applies one committed proposal to the store and says what the client is to hear. Mirrors etcd 3.6's server/etcdserver/apply. */

import type { Instant } from '#sim';
import { COMPACTED, CORRUPT, type EtcdError, FUTURE_REVISION, LEASE_NOT_FOUND, NO_SPACE } from './errors.ts';
import type { LeaseTable } from './lease.ts';
import type { MvccStore } from './mvcc/store.ts';
import type { Alarm, EtcdOperation, EtcdResponse, GuardedRequest, KeyValue } from './protocol.ts';

/** Sets what only the commit knows (a Kubernetes object's resourceVersion) on a value that nobody else has seen yet. */
export type Stamp = (value: unknown, revision: number) => void;

/** What a member applies proposals to. */
export interface Replica {
  readonly store: MvccStore;
  readonly leases: LeaseTable;
  readonly stamp: Stamp | undefined;
  /** A NOSPACE alarm is raised: nothing grows until it is disarmed. */
  full: boolean;
  /** A CORRUPT alarm is raised: nothing is written until it is disarmed (apply/apply_auth.go's applierV3Corrupt). */
  corrupt: boolean;
  /** Raised alarms, in the order of raising. */
  alarms: readonly Alarm[];
  /** The id of the next lease; the same on every member, because only applied grants move it. */
  nextLease: number;
}

const NOTHING: readonly KeyValue[] = [];

export function respond(id: number, revision: number): EtcdResponse {
  return { kind: 'EtcdResponse', id, revision };
}

export function refuse(id: number, revision: number, error: EtcdError): EtcdResponse {
  return { kind: 'EtcdResponse', id, revision, error };
}

/** A range, read now. */
export function read(replica: Replica, id: number, operation: EtcdOperation & { op: 'range' }): EtcdResponse {
  const { store } = replica;
  const revision = operation.revision ?? 0;
  if (revision > store.revision) return refuse(id, store.revision, FUTURE_REVISION);
  if (revision > 0 && revision < store.compactRevision) return refuse(id, store.revision, COMPACTED);
  const { key, rangeEnd } = operation;
  if (operation.countOnly) {
    const count = store.count(key, rangeEnd, revision);
    return { kind: 'EtcdResponse', id, revision: store.revision, kvs: NOTHING, more: false, count };
  }
  const kvs: KeyValue[] = [];
  const count = store.range(key, rangeEnd, revision, operation.limit ?? 0, kvs);
  return { kind: 'EtcdResponse', id, revision: store.revision, kvs, more: count > kvs.length, count };
}

function applyGuarded(replica: Replica, id: number, request: GuardedRequest): EtcdResponse {
  const { store } = replica;
  const current = store.get(request.key);
  if ((current === undefined ? 0 : current.modRevision) !== request.modRevision) {
    const kvs = current === undefined ? NOTHING : [current];
    return { kind: 'EtcdResponse', id, revision: store.revision, kvs, succeeded: false };
  }
  const { put } = request;
  if (put !== undefined) {
    if (replica.full) return refuse(id, store.revision, NO_SPACE);
    const lease = put.lease ?? 0;
    if (lease !== 0 && replica.leases.get(lease) === undefined) return refuse(id, store.revision, LEASE_NOT_FOUND);
    replica.stamp?.(put.value, store.revision + 1);
    store.begin();
    store.put(put.key, put.value, put.bytes, lease);
    store.end();
  } else if (request.delete) {
    store.begin();
    store.delete(request.key);
    store.end();
  }
  return { kind: 'EtcdResponse', id, revision: store.revision, kvs: NOTHING, succeeded: true };
}

/** Ends a lease with all its keys, in one revision. */
export function revoke(replica: Replica, lease: number): void {
  const keys = replica.leases.remove(lease);
  replica.store.begin();
  for (const key of keys) replica.store.delete(key);
  replica.store.end();
}

function applyAlarm(replica: Replica, id: number, { action, member, alarm }: EtcdOperation & { op: 'alarm' }): EtcdResponse {
  const meant = (one: Alarm): boolean => (member === undefined || one.member === member) && (alarm === undefined || one.alarm === alarm);
  if (action === 'activate' && member !== undefined && alarm !== undefined && !replica.alarms.some(meant))
    replica.alarms = [...replica.alarms, { member, alarm }];
  const alarms = replica.alarms.filter(meant);
  if (action === 'deactivate') replica.alarms = replica.alarms.filter((one) => !meant(one));
  replica.full = replica.alarms.some((one) => one.alarm === 'NOSPACE');
  replica.corrupt = replica.alarms.some((one) => one.alarm === 'CORRUPT');
  return { kind: 'EtcdResponse', id, revision: replica.store.revision, alarms };
}

/** Applies a write. Reads and watches are not proposals and do not come here. */
export function apply(replica: Replica, id: number, operation: EtcdOperation, now: Instant): EtcdResponse {
  const { store, leases } = replica;
  if (replica.corrupt && operation.op !== 'alarm' && !operation.op.startsWith('member')) return refuse(id, store.revision, CORRUPT);
  switch (operation.op) {
    case 'guarded':
      return applyGuarded(replica, id, operation);
    case 'leaseGrant': {
      if (replica.full) return refuse(id, store.revision, NO_SPACE);
      const lease = leases.grant(replica.nextLease, operation.ttlSeconds, now);
      replica.nextLease += 1;
      return { kind: 'EtcdResponse', id, revision: store.revision, lease: lease.id };
    }
    case 'leaseRevoke':
      if (leases.get(operation.lease) === undefined) return refuse(id, store.revision, LEASE_NOT_FOUND);
      revoke(replica, operation.lease);
      return respond(id, store.revision);
    case 'alarm':
      return applyAlarm(replica, id, operation);
    case 'memberAdd':
    case 'memberPromote':
    case 'memberRemove':
      // The group itself has carried it out (raft-group.ts).
      return respond(id, store.revision);
    case 'compact':
      if (operation.revision > store.revision) return refuse(id, store.revision, FUTURE_REVISION);
      if (operation.revision <= store.compactRevision) return refuse(id, store.revision, COMPACTED);
      store.compact(operation.revision);
      return respond(id, store.revision);
    default:
      throw new Error(`${operation.op} is not a proposal`);
  }
}
