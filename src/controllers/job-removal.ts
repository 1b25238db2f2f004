/** Which of a Job's active pods go when there are too many. Mirrors kubernetes v1.34 pkg/controller/job/job_controller.go, activePodsForRemoval. */

import type { Job, Pod } from '#api';
import { isIndexed, misindexedPods } from './job-indexes.ts';
import { podsToDelete } from './victim-ranking.ts';

/** First what has no index of its own, then by rank. */
export function surplusOf(job: Job, active: readonly Pod[], surplus: number, clock: number): readonly Pod[] {
  if (!isIndexed(job)) return surplus > 0 ? podsToDelete(active, active, surplus, clock) : [];
  const wrong = misindexedPods(active, job.spec?.completions ?? 0, (pods, count) => podsToDelete(pods, pods, count, clock));
  if (wrong.length >= surplus) return wrong;
  const left = wrong.length === 0 ? active : active.filter((pod) => !wrong.includes(pod));
  return [...wrong, ...podsToDelete(left, left, surplus - wrong.length, clock)];
}
