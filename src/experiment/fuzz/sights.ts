/** 'Sometimes' marks: the interesting paths that a run went through, counted, so that a clean seed says what it was clean of. From what the run's instruments
 *  counted, and from what a watcher saw. */

import type { Job, Lease, Node, Pod } from '#api';
import type { RecordedRun } from '#sim';
import { type History, isReady } from '../invariants/history.ts';

export type Sights = Readonly<Record<string, number>>;

const waits = ({ status }: Pod, reason: string): boolean =>
  status?.containerStatuses?.some(({ state }) => (state as { waiting?: { reason?: string } } | undefined)?.waiting?.reason === reason) ===
  true;

/** What a watcher saw: changes that turned something on. */
export function sightsOf({ changes }: History): Sights {
  const seen: Record<string, number> = {};
  const note = (name: string, here: boolean, before: boolean): void => {
    seen[name] = (seen[name] ?? 0) + (here && !before ? 1 : 0);
  };
  for (const { type, resource, key, object, before } of changes) {
    if (resource === 'pods') {
      const [pod, was] = [object as Pod, before as Pod | undefined];
      const now = (test: (one: Pod) => boolean): [boolean, boolean] => [test(pod), was !== undefined && test(was)];
      note('crash-loop back-off', ...now((one) => waits(one, 'CrashLoopBackOff')));
      note('image pull back-off', ...now((one) => waits(one, 'ImagePullBackOff')));
      note('pod failed', ...now(({ status }) => status?.phase === 'Failed'));
      note('pod disrupted', ...now(({ status }) => status?.conditions?.some((one) => one.type === 'DisruptionTarget') === true));
      note('container restarted', ...now(({ status }) => (status?.containerStatuses ?? []).some(({ restartCount }) => restartCount > 0)));
      if (type !== 'delete') note('pod lost readiness', was !== undefined && isReady(was) && !isReady(pod), false);
    } else if (resource === 'nodes') {
      const [node, was] = [object as Node, before as Node | undefined];
      const now = (test: (one: Node) => boolean): [boolean, boolean] => [test(node), was !== undefined && test(was)];
      note('node given up', ...now((one) => one.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'Unknown') === true));
      note('NoExecute taint', ...now((one) => one.spec?.taints?.some(({ effect }) => effect === 'NoExecute') === true));
      note('node cordoned', ...now((one) => one.spec?.unschedulable === true));
    } else if (resource === 'leases.coordination.k8s.io' && key.startsWith('kube-system/')) {
      const [holder, was] = [(object as Lease).spec?.holderIdentity ?? '', (before as Lease | undefined)?.spec?.holderIdentity ?? ''];
      note('fail-over of a component', was !== '' && holder !== '' && holder !== was, false);
    } else if (resource === 'jobs.batch')
      note('job pod made good', ((object as Job).status?.failed ?? 0) > ((before as Job)?.status?.failed ?? 0), false);
  }
  return seen;
}

const COUNTERS: readonly (readonly [sight: string, counter: string, labels: Readonly<Record<string, string>>])[] = [
  ['conflict (409)', 'apiserver_request_total', { code: '409' }],
  ['list expired (410)', 'apiserver_request_total', { code: '410' }],
  ['too many requests (429)', 'apiserver_request_total', { code: '429' }],
  ['server time-out (504)', 'apiserver_request_total', { code: '504' }],
  ['server unavailable (503)', 'apiserver_request_total', { code: '503' }],
  ['server error (500)', 'apiserver_request_total', { code: '500' }],
  ['request without an answer', 'rest_client_requests_total', { code: '<error>' }],
  ['work queue retried', 'workqueue_retries_total', {}],
  ['slow watcher cut off', 'apiserver_terminated_watchers_total', {}],
  ['etcd lease expired', 'etcd_debugging_lease_expired_total', {}],
  ['preemption', 'scheduler_preemption_attempts_total', {}],
  ['eviction through the API', 'wavetank_drain_evictions_total', {}],
  ['eviction refused by a budget', 'wavetank_drain_refusals_total', {}],
  ['eviction by a kubelet', 'kubelet_evictions', {}],
  ['user refused', 'wavetank_workload_refused_total', {}],
];

/** What the instruments counted. */
export function countedSights(recorded: RecordedRun, members: number): Sights {
  const found = Object.fromEntries(COUNTERS.map(([sight, counter, labels]) => [sight, recorded.counter(counter, labels)?.total ?? 0]));
  const changes = recorded.counter('etcd_server_leader_changes_seen_total')?.total ?? 0;
  // Each member sees the first election.
  return { ...found, 'etcd leader change': Math.max(0, changes - members) };
}
