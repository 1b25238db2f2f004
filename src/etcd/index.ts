/** etcd: MVCC store, leases, watches, disk; members as hosts. */
export * from './protocol.ts';
