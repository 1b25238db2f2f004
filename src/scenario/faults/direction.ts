/** Which way a partition cuts: both, or only what the struck send (`out`), or only what they would hear (`in`). */

import type { HostSelector } from '#sim';
import { type JsonSchema, oneOf } from '../schema-pieces.ts';

export type Direction = 'both' | 'in' | 'out';

export const directionField: JsonSchema = oneOf(
  ['both', 'in', 'out'],
  'what is lost: all (both), only what they are sent (in), only what they send (out); default both',
);

export function partitionOf(id: string, struck: HostSelector, others: HostSelector, direction: Direction = 'both') {
  const [a, b] = direction === 'in' ? [others, struck] : [struck, others];
  return { change: 'partition' as const, id, a, b, ...(direction === 'both' ? {} : { oneWay: true }) };
}
