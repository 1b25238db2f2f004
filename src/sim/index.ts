/** The world: time, chance, messages, links, disks, clocks, shards, recorder. Has never heard of Kubernetes. */
export * from './chance.ts';
export * from './host.ts';
export * from './message.ts';
export * from './recorder.ts';
export * from './time.ts';
export * from './world.ts';
