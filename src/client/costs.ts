/** CPU that client machinery spends, in microseconds of one core. All `assumed`: nothing was measured on a real component yet.
 *  Orders of magnitude follow client-go's own benchmarks (protobuf decode of a 2-3 kB object, one HTTP/2 request). */

import type { Duration } from '#sim';

/** Decoding one watch event and putting it into the store. assumed. */
export const WATCH_EVENT_COST: Duration = 20;
/** Encoding and sending one request. assumed. */
export const REQUEST_COST: Duration = 100;
/** One pass of a controller's sync function that decides without a request. assumed. */
export const RECONCILE_COST: Duration = 50;
