/** etcd: MVCC store, leases, watches, disk; members as hosts. */
export * from './conformance.ts';
export * from './conformance-vector.ts';
export * from './costs.ts';
export * from './errors.ts';
export * from './history-vector.ts';
export * from './lease.ts';
export * from './linearizability.ts';
export * from './member.ts';
export * from './mvcc/key-index.ts';
export * from './mvcc/store.ts';
export * from './mvcc/watch-hub.ts';
export * from './protocol.ts';
export * from './server.ts';
export * from './watch-service.ts';
export * from './wire.ts';
