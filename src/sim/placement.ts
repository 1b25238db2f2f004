/** Which shard runs which host. Any placement gives the same digest; a good one keeps chatty hosts together. */

import type { WorldSpec } from './world.ts';

/** Hosts of the `spread` groups go round robin over shards 1 and up, all others to shard 0. With one shard everything is there. */
export function placeByGroup(world: WorldSpec, shards: number, spread: readonly string[]): Int32Array {
  let turn = 0;
  return Int32Array.from(world.hosts, (host) => (shards > 1 && spread.includes(host.group) ? 1 + (turn++ % (shards - 1)) : 0));
}
