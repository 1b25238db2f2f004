/** Which shard runs which host. Any placement gives the same digest; a good one keeps chatty hosts together. */

import type { Duration } from './time.ts';
import type { WorldSpec } from './world.ts';

/** A host that takes this long before anything leaves it can live apart from those that it talks to: windows stay milliseconds long. */
const LOOSE: Duration = 5_000;

/** Hosts of the `spread` groups go round robin over shards 1 and up, other hosts that take their time to shard 1, all others to shard 0. With one shard
 *  everything is there. */
export function placeByGroup(world: WorldSpec, shards: number, spread: readonly string[]): Int32Array {
  let turn = 0;
  return Int32Array.from(world.hosts, ({ group, egressFloor = 0 }) => {
    if (shards <= 1) return 0;
    if (spread.includes(group)) return 1 + (turn++ % (shards - 1));
    return egressFloor >= LOOSE ? 1 : 0;
  });
}
