/** etcd: MVCC store, leases, watches, disk; members as hosts. */
export * from './costs.ts';
export * from './errors.ts';
export * from './lease.ts';
export * from './member.ts';
export * from './mvcc/key-index.ts';
export * from './mvcc/store.ts';
export * from './mvcc/watch-hub.ts';
export * from './protocol.ts';
