/** Which seeds can show a bug at all: a mistake in DaemonSets needs one that has a DaemonSet. The hunt passes over the others, which cost as much and tell
 *  nothing. A bug that is not named here is tried on every seed. */

import type { SwarmPlan } from '#experiment';

/** All of these kinds of faults, or of work, are in the seed's plan. */
const all =
  (...wanted: readonly RegExp[]) =>
  (plan: SwarmPlan): boolean => {
    const text = JSON.stringify([plan.base, plan.faults]);
    return wanted.every((one) => one.test(text));
  };

const SERVER_GONE = /crashApiServer|"apiServers":\[/;
const WATCHES_ANEW = /dropWatches|staleServer|crashApiServer|"apiServers":\[/;
/** Members of etcd that are cut off one after the other, on slow disks of which no two take alike. */
const DEPOSED = /"exponential":\{"mean":"\d+ms"\}\},"afterwards".*"partitionEtcdMember"/;
/** API servers lose a member, or what it says. */
const MEMBER_GONE =
  /crashEtcdMember|killEtcdLeader|"etcdMembers":\[|"partitionEtcdMember":\{[^}]*"clients":true|"component":"(apiServer|etcd)"/;
/** Users who compare, servers that lag, and etcd that forgets. */
const READER = /"name":"reader"/;
/** Their caches begin anew, and know nothing of what was before: 410. */
const CACHE_ANEW = /crashApiServer|staleServer|"apiServers":\[|"watchCacheSize"/;
/** Kubelets lose messages as pods come, for too short a time to break a connection. */
const LOSSY = /"name":"lossy"/;
const GROWING = /"name":"growing"/;
const UNREADY = /"name":"unready"/;
const JOBS = /"jobs":\{[^}]*"completions":[2-6]/;
const SERVICE = /"kind":"Service"/;
const BUDGET = /PodDisruptionBudget/;
const NODES_GONE = /crashNodes|partitionNodes|zoneOutage|pauseNodes/;
const REBOOT = /rebootNodes|crashNodes/;
const TIGHT = /"name":"tight"/;
const FLEETING = /"name":"fleeting-/;

export const SHOWN_BY: Readonly<Record<string, (plan: SwarmPlan) => boolean>> = {
  'commit-of-an-old-term': all(DEPOSED),
  'read-without-quorum': all(DEPOSED),
  'lease-expires-on-a-follower': all(/"eventTtl"/),
  'hole-in-a-watch-not-noticed': all(MEMBER_GONE),
  'ids-begin-anew-in-each-life': all(/"crashApiServer":\{[^}]*"for":"200ms"/),
  'events-lost-on-an-empty-cache': all(FLEETING, WATCHES_ANEW),
  'watch-outlives-its-cache': all(READER),
  'expiry-swallowed': all(SERVER_GONE),
  'stale-list-taken-for-fresh': all(READER),
  'consistent-list-from-the-cache': all(READER),
  'finalizers-ignored': all(/"held"/),
  'pods-bound-anew': all(/"kind":"Binding"/),
  'assumed-pod-forgotten': all(TIGHT),
  'bound-to-a-node-that-is-gone': all(/"name":"spare"/),
  'placed-pods-not-awaited': all(TIGHT, /crashScheduler|"schedulers":\[\d/),
  'expectations-ignored': all(GROWING),
  'work-key-dropped': all(SERVER_GONE),
  'delayed-key-dropped': all(FLEETING),
  'informer-misses-deletions': all(/dropWatches|staleServer|crashApiServer|"apiServers":\[|"watchCacheSize"/),
  'hole-in-a-stream-ignored': all(LOSSY),
  'expired-watch-ignored': all(CACHE_ANEW),
  'statefulset-out-of-order': all(/"kind":"StatefulSet"[^}]*\},"spec":\{"replicas":[2-9]/),
  'daemon-made-twice': all(/"kind":"DaemonSet"/),
  'job-count-lost': all(JOBS),
  'budget-too-generous': all(BUDGET),
  'endpoint-of-an-unready-pod': all(UNREADY),
  'endpoint-forgotten': all(SERVICE),
  'node-given-up-early': all(NODES_GONE),
  'taint-left-on': all(NODES_GONE),
  'address-kept-after-a-reboot': all(REBOOT),
  'overwritten-status-kept': all(NODES_GONE),
  'restarts-forgotten': all(/crashContainers|rebootNodes/),
  'end-reported-as-running': all(JOBS),
};
