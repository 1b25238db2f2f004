/** The instruments of one member, under etcd's own names. Durations are observed in seconds, as the names say. */

import type { Counter, Gauge, Histogram, Recorder } from '#sim';

export interface MemberMetrics {
  readonly fsync: Histogram;
  readonly requestRead: Histogram;
  readonly requestWrite: Histogram;
  readonly proposalsApplied: Counter;
  readonly proposalsPending: Gauge;
  readonly keys: Gauge;
  readonly watchers: Gauge;
  readonly events: Counter;
  readonly puts: Counter;
  readonly deletes: Counter;
  readonly ranges: Counter;
  readonly dbTotal: Gauge;
  readonly dbInUse: Gauge;
  readonly leaseExpired: Counter;
  readonly hasLeader: Gauge;
  readonly leaderChanges: Counter;
}

export function memberMetrics(record: Recorder, member: string): MemberMetrics {
  const labels = { member };
  return {
    fsync: record.histogram('etcd_disk_wal_fsync_duration_seconds', labels),
    requestRead: record.histogram('grpc_server_handling_seconds', { member, grpc_method: 'Range' }),
    requestWrite: record.histogram('grpc_server_handling_seconds', { member, grpc_method: 'Txn' }),
    proposalsApplied: record.counter('etcd_server_proposals_applied_total', labels),
    proposalsPending: record.gauge('etcd_server_proposals_pending', labels),
    keys: record.gauge('etcd_debugging_mvcc_keys_total', labels),
    watchers: record.gauge('etcd_debugging_mvcc_watcher_total', labels),
    events: record.counter('etcd_debugging_mvcc_events_total', labels),
    puts: record.counter('etcd_mvcc_put_total', labels),
    deletes: record.counter('etcd_mvcc_delete_total', labels),
    ranges: record.counter('etcd_mvcc_range_total', labels),
    dbTotal: record.gauge('etcd_mvcc_db_total_size_in_bytes', labels),
    dbInUse: record.gauge('etcd_mvcc_db_total_size_in_use_in_bytes', labels),
    hasLeader: record.gauge('etcd_server_has_leader', labels),
    leaderChanges: record.counter('etcd_server_leader_changes_seen_total', labels),
    leaseExpired: record.counter('etcd_debugging_lease_expired_total', labels),
  };
}
