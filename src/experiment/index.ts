/** From scenario and seed to result: builds the cluster, runs it, judges it. */
export {};
export * from './etcd-judges.ts';
