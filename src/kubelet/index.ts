/** Nodes: pod workers, images, probes, eviction, heartbeats. */
export * from './behaviour.ts';
export * from './config.ts';
export * from './costs.ts';
export type { ImageLayer } from './image-disk.ts';
export { Kubelet } from './kubelet.ts';
