/** A simulated cluster behind a real HTTP port, at the pace of the wall clock. */

export { defaultCluster } from './default-cluster.ts';
export type { Speed } from './driver.ts';
export { type ServeOptions, type Serving, serve } from './serve.ts';
