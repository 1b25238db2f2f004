/** Something is wrong with a claim, a class or a pool: the attempt ends with this text (an error, not "does not fit"). */
export class AllocationError extends Error {}
