/** Luck by name: whether a pod is in the sample does not depend on what else is in the trace, nor on its order. */

import { createHash } from 'node:crypto';

/** A number in [0, 1) that is always the same for a seed and a text. */
export const shareOf = (seed: number, purpose: string, text: string): number =>
  createHash('sha256').update(`${seed}/${purpose}/${text}`).digest().readUInt32BE(0) / 4_294_967_296;

/** Ten hexadecimal digits that stand for a text. */
export const tokenOf = (seed: number, text: string): string =>
  createHash('sha256').update(`${seed}/anonymise/${text}`).digest('hex').slice(0, 10);
