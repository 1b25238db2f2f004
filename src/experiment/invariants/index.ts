/** The invariants by id, and the one call that judges a history by all of them. docs/invariants.md says which hold where, and why the others are absent. */

import { CLUSTER_INVARIANTS } from './cluster.ts';
import type { History, Invariant, Violation } from './history.ts';
import { OBJECT_INVARIANTS } from './objects.ts';
import { SCHEDULING_INVARIANTS } from './scheduling.ts';
import { WORKLOAD_INVARIANTS } from './workloads.ts';

export type { Change, Finding, History, Invariant, Seen, Settings, Violation } from './history.ts';
export { historyOf } from './history.ts';
export { lostAnswers } from './lost-answers.ts';
export { sleepsOf } from './sleeps.ts';

export const INVARIANTS: readonly Invariant[] = [
  ...OBJECT_INVARIANTS,
  ...SCHEDULING_INVARIANTS,
  ...WORKLOAD_INVARIANTS,
  ...CLUSTER_INVARIANTS,
];

/** What a watcher must watch for all of them. */
export const INVARIANT_RESOURCES: readonly string[] = [
  'namespaces',
  'nodes',
  'pods',
  'leases.coordination.k8s.io',
  'replicasets.apps',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
  'horizontalpodautoscalers.autoscaling',
  'services',
  'endpointslices.discovery.k8s.io',
  'poddisruptionbudgets.policy',
  'resourcequotas',
  'persistentvolumeclaims',
];

/** How many of one kind are told: the first ones say it. */
const MOST_OF_ONE = 20;

export function violations(history: History): readonly Violation[] {
  const found: Violation[] = [];
  for (const { id, check } of INVARIANTS) {
    let count = 0;
    for (const finding of check(history)) {
      if (++count > MOST_OF_ONE) break;
      found.push({ id, ...finding });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

/** `others`: what those say that are not of a history. */
export const violationText = ({ id, at, message }: Violation, others: Readonly<Record<string, string>> = {}): string =>
  `${id} violated at ${(at / 1e6).toFixed(3)} s: ${message} (${INVARIANTS.find((one) => one.id === id)?.says ?? others[id] ?? ''})`;
