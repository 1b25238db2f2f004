/** The world: time, chance, messages, links, disks, clocks, shards, recorder. Has never heard of Kubernetes. */
export * from './chance.ts';
export type { Outlet, Stop } from './context.ts';
export { hashText } from './digest.ts';
export * from './distribution.ts';
export * from './host.ts';
export { gridAfter, lookahead, Pace } from './lookahead.ts';
export { hashName, Luck, purpose, Sfc32 } from './luck.ts';
export * from './message.ts';
export { placeByGroup } from './placement.ts';
export * from './recorded-run.ts';
export * from './recorder.ts';
export * from './run.ts';
export type { CreateHost, ShardOptions, ShardSnapshot } from './shard.ts';
export { Shard } from './shard.ts';
export type { KeptRecord, RecordedLine, RecordedMark, RecorderSnapshot } from './shard-recorder.ts';
export type { Span } from './spans.ts';
export * from './time.ts';
export * from './world.ts';
