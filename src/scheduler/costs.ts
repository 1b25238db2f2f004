/** What an attempt would have cost the real scheduler, in microseconds of CPU time.
 *
 *  Fitted to kube-scheduler v1.34.3's own algorithm measured in process with one worker (CPU per pod): plain pods on 5,000 nodes 2.6 ms with 500 scored
 *  and 21 ms with all scored, on 100 nodes 0.49 ms; zone and host spread 4.9 ms (567 evaluated, 500 scored) and 24 ms (4,408 scored); pod affinity 8.2 ms
 *  (1,498 evaluated, 500 scored) and 20 ms (1,683 scored); pod anti-affinity 5.0 ms (557 evaluated, 500 scored).
 *  With two cores and 16 workers the same work took as long as its CPU time (404 pods/s wall against 425 per CPU second), so the duration of an attempt is its CPU time. */

/** Per attempt, whatever the cluster's size (100-node and 5,000-node plain rows). */
export const ATTEMPT_COST = 79;
/** Per node in the cluster: snapshot and node list (same rows). */
export const CLUSTER_NODE_COST = 0.095;
/** Per node filtered (affinity rows: 998 and 1,634 nodes evaluated beyond those scored). */
export const FILTER_COST = 3.0;
/** Per node scored: 4.09 for filter and score together in the plain rows, less the filter. */
export const SCORE_COST = 1.09;
/** PodTopologySpread, per node in the cluster and per node scored (spread rows). */
export const SPREAD_NODE_COST = 0.38;
export const SPREAD_SCORE_COST = 0.39;
/** InterPodAffinity, per node in the cluster (affinity 0.52, anti-affinity 0.45: their mean). */
export const INTER_POD_NODE_COST = 0.48;
/** Dry run of one node in preemption: taking victims off and putting them back runs the filters about ten times. assumed. */
export const DRY_RUN_COST = 10 * FILTER_COST;
/** InterPodAffinity, per pod on a node whose required anti-affinity means the incoming pod. Scaled, not measured as such: the slope of these runs, times what makes
 *  their plain pods as dear as those of the other figures. kube-scheduler v1.34.3 in process on 5,000 nodes: a plain pod whose
 *  label 1,000 such pods repel costs 2.0 times as much as one that they do not mean (1.16 ms and 2.30 ms; 300: 1.61 ms, 2,000: 4.05 ms). */
export const REPELLING_POD_COST = 2.0;
/** What the share of each node already holds: that the rows it was fitted to had 500 such pods on the average is assumed from their 1,000 pods. */
const REPELLING_IN_SHARE = 500;
/** DynamicResources, per node on which devices are looked for, per slice in the cluster, all of which are gone through for each of these nodes, and per node on which devices are found:
 *  a device in use is passed over before any selector is evaluated (dynamic-resource-allocation/structured/internal, allocateOne), so that a node without a free one is cheaper.
 *  kube-scheduler v1.34.3 in process against a plain pod on the same nodes (0.57 ms with 500): 18 microseconds a node with free devices with 100 slices, 22 with 500, 39 with 2,000. Scaled:
 *  twice that is taken for the machine of the other figures, as plain pods cost there; for devices themselves the factor is assumed. With 500 slices of ten devices a node whose devices are
 *  all in use takes 0.53 to 0.61 times as much of the device work as one with free ones (8.4 ms a pod with 230 free nodes, 12.8 with 229 more that are full, 11.1 with 495 full and 5 free). */
export const DEVICES_FILTER_COST = 14;
export const DEVICES_SLICE_COST = 0.022;
export const DEVICES_FOUND_COST = 18;
/** Encoding and sending the binding, and its book-keeping. assumed. */
export const BINDING_COST = 100;
/** One informer event taken into cache and queue. assumed. */
export const EVENT_COST = 20;

/** One queueing hint. assumed. */
export const HINT_COST = 2;
/** A plugin's call that has nothing to do: for metrics only, nothing is charged. assumed. */
export const SMALL_POINT_COST = 1;

export interface DeviceWork {
  /** ResourceSlices in the cluster. */
  readonly slices: number;
  /** Nodes on which devices were looked for, and those on which they were found. */
  readonly searched: number;
  readonly found: number;
}

export interface AttemptWork {
  readonly nodes: number;
  readonly evaluated: number;
  readonly scored: number;
  readonly usesSpread: boolean;
  readonly usesInterPod: boolean;
  /** Pods on nodes whose required anti-affinity means this one. */
  readonly repelling?: number;
  /** For a pod whose claims have to be allocated. */
  readonly devices?: DeviceWork;
  readonly dryRuns: number;
}

/** An attempt's cost by extension point, microseconds; what remains is that of none (snapshot, lists, book-keeping). */
export interface PointCosts {
  readonly preFilter: number;
  readonly filter: number;
  readonly postFilter: number;
  readonly preScore: number;
  readonly score: number;
}

/** Of ATTEMPT_COST, what PreFilter and PreScore take when they have nothing to look at. assumed. */
const PRE_FILTER_BASE = 20;
const PRE_SCORE_BASE = 5;

export function pointCosts({
  nodes,
  evaluated,
  scored,
  usesSpread,
  usesInterPod,
  repelling = 0,
  devices,
  dryRuns,
}: AttemptWork): PointCosts {
  let preFilter = PRE_FILTER_BASE;
  let filter = evaluated * FILTER_COST;
  let score = scored * SCORE_COST;
  if (usesSpread) {
    preFilter += nodes * SPREAD_NODE_COST;
    score += scored * SPREAD_SCORE_COST;
  }
  if (usesInterPod) preFilter += nodes * INTER_POD_NODE_COST;
  preFilter += Math.max(repelling - (usesInterPod ? REPELLING_IN_SHARE : 0), 0) * REPELLING_POD_COST;
  if (devices !== undefined)
    filter += devices.searched * (DEVICES_FILTER_COST + devices.slices * DEVICES_SLICE_COST) + devices.found * DEVICES_FOUND_COST;
  return { preFilter, filter, postFilter: dryRuns * DRY_RUN_COST, preScore: scored > 0 ? PRE_SCORE_BASE : 0, score };
}

/** Whole microseconds. */
export function attemptCost(work: AttemptWork): number {
  const { preFilter, filter, postFilter, score } = pointCosts(work);
  return Math.round(ATTEMPT_COST - PRE_FILTER_BASE + work.nodes * CLUSTER_NODE_COST + preFilter + filter + postFilter + score);
}
