/** What a crash leaves of the records that were on their way into the write-ahead log: those in front are whole, the next one is torn, fails its checksum
 *  at the restart, and is cut off with all behind it (server/storage/wal/repair.go, 3.6). How many are whole is drawn anew for each crash. */

import { type Context, purpose } from '#sim';

const TORN_WRITE = purpose('etcd/torn-write');

/** How many of `records` were whole, 0 to all of them; called once a start. */
export function wholeRecords(records: number, ctx: Context): number {
  return Math.min(records, Math.floor(ctx.chance.uniform(TORN_WRITE, ctx.self, ctx.now) * (records + 1)));
}
