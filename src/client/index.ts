/** The only door to the API server: client, reflector, informer, lister, work queue, expectations. */
export { createApiClient } from './api-client.ts';
export * from './contract.ts';
export * from './costs.ts';
export { createInformerFactory } from './informer-factory.ts';
export type { Lane } from './lane.ts';
export { Store } from './store.ts';
export { TokenBucket } from './token-bucket.ts';
export { Expectations } from './expectations.ts';
export { hashText } from './hash-text.ts';
export { WorkQueue } from './work-queue.ts';
