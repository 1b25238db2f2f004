/** How many arrivals of a Poisson process fall into a span. Splitting one process at random over endpoints gives each a Poisson process of its own, so that
 *  counts are drawn per endpoint and never per request. */

import { type Stream, sampleDistribution } from '#sim';

/** Above it the normal approximation is closer than a histogram can show. */
const LARGE = 50;

export function poisson(mean: number, luck: Stream): number {
  if (mean <= 0) return 0;
  if (mean > LARGE) return Math.round(sampleDistribution({ normal: { mean, sd: Math.sqrt(mean), min: 0 } }, luck));
  // Knuth: products of uniforms until they fall below e^-mean.
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = luck.next(); product > least; product *= luck.next()) count += 1;
  return count;
}
