/** The arithmetic of majorities (raft/quorum/majority.go). */

import type { HostId } from '#sim';

/** How many of `members` are a majority. */
export function majority(members: number): number {
  return (members >> 1) + 1;
}

/** The highest index that a majority has; with no voters at all, none is held back. */
export function committedIndex(matches: readonly number[]): number {
  if (matches.length === 0) return Number.POSITIVE_INFINITY;
  const sorted = [...matches].sort((a, b) => a - b);
  return sorted[sorted.length - majority(sorted.length)] as number;
}

export type VoteResult = 'won' | 'lost' | 'pending';

/** What the votes so far decide; voters that have not answered are missing from `votes`. */
export function voteResult(voters: Iterable<HostId>, votes: ReadonlyMap<HostId, boolean>): VoteResult {
  let granted = 0;
  let missing = 0;
  let all = 0;
  for (const voter of voters) {
    all += 1;
    const vote = votes.get(voter);
    if (vote === undefined) missing += 1;
    else if (vote) granted += 1;
  }
  const need = majority(all);
  if (all === 0 || granted >= need) return 'won';
  return granted + missing >= need ? 'pending' : 'lost';
}
