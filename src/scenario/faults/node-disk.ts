/** Whether a machine that loses its power finds its disk again: images, and what ran there. */

import { type HostId, incident, type WorldChange } from '#sim';
import { oneOf } from '../schema-pieces.ts';

export const diskField = oneOf(
  ['kept', 'lost'],
  'whether a node that comes back has its images and knows what ran there (default kept; lost: as a fresh machine of the same name)',
);

/** From nobody in particular: the first host of the world. */
const OUTSIDE = { hosts: [0] };
/** So long before the power goes: a message takes its way. */
const BEFORE = 1_000_000;

/** What must be said before the power goes. */
export const diskChanges = (disk: 'kept' | 'lost' | undefined, at: number, hosts: readonly HostId[]): readonly WorldChange[] =>
  disk === 'lost' ? [{ at: Math.max(0, at - BEFORE), change: 'tell', hosts: OUTSIDE, to: { hosts }, message: incident('disk-lost') }] : [];
