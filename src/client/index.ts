/** The only door to the API server: client, reflector, informer, lister, work queue, expectations. */
export * from './contract.ts';
