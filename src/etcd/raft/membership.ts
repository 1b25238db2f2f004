/** What a change of membership does to the sets of voters and learners (raft/confchange/confchange.go, the simple changes). */

import type { HostId } from '#sim';
import type { MembershipChange } from './message.ts';

export function changeMembers(voters: Set<HostId>, learners: Set<HostId>, { add, learner, remove }: MembershipChange): void {
  if (add !== undefined) {
    voters.add(add);
    learners.delete(add);
  }
  if (learner !== undefined && !voters.has(learner)) learners.add(learner);
  if (remove !== undefined) {
    voters.delete(remove);
    learners.delete(remove);
  }
}
