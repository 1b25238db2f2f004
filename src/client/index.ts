/** The only door to the API server: client, reflector, informer, lister, work queue, expectations. */
export { createApiClient } from './api-client.ts';
export * from './contract.ts';
export type { ControllerHostOptions } from './controller-host.ts';
export { ControllerHost } from './controller-host.ts';
export { TICK } from './controller-loop.ts';
export * from './costs.ts';
export { EventRecorder } from './event-recorder.ts';
export { Expectations } from './expectations.ts';
export { createInformerFactory } from './informer-factory.ts';
export type { Lane } from './lane.ts';
export type { LeaderElectionConfig } from './leader-election.ts';
export { LeaderElector } from './leader-election.ts';
export type { Sink } from './reflector.ts';
export { Reflector } from './reflector.ts';
export { Store } from './store.ts';
export { TokenBucket } from './token-bucket.ts';
export { WorkQueue } from './work-queue.ts';
