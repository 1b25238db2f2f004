/** The way of a node out of the cluster: taint, a last look, evictions, and the machine is given back. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34
 *  core/scaledown/actuation (actuator.go, drain.go) and utils/taints. The Node object goes when the provider no longer knows its machine (cloud-nodes.ts). */

import type { Node, Pod, Taint } from '#api';
import type { Plan, RequestSpec, Stage, View } from '#client';
import type { Duration, Instant } from '#sim';
import { SECOND } from '#sim';
import type { AutoscalerSettings } from './autoscaler-settings.ts';
import type { CloudMachines } from './machines.ts';
import { type Budget, isDaemon, podsToMove } from './pods-to-move.ts';

export const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';
export const CANDIDATE = 'DeletionCandidateOfClusterAutoscaler';
/** EvictionRetryTime; PodEvictionHeadroom; how often pods that end are looked at. */
const RETRY: Duration = 10 * SECOND;
const HEADROOM: Duration = 30 * SECOND;
const LOOK: Duration = 5 * SECOND;
/** maxRetryDeadline of taints. */
const TAINT_PATIENCE: Duration = 5 * SECOND;
const DEFAULT_GRACE = 30;

export interface Removal {
  readonly node: string;
  readonly group: string;
  readonly empty: boolean;
  readonly begun: Instant;
  step: 'taint' | 'check' | 'evict';
  /** First eviction asked for; until when pods may take to end. */
  evictedSince: Instant;
  patience: Duration;
  readonly evicted: Set<string>;
}

/** What became of it. */
export interface Removals {
  readonly machines: CloudMachines;
  readonly settings: AutoscalerSettings;
  readonly underway: Map<string, Removal>;
  ended(removal: Removal, succeeded: boolean, now: Instant): void;
}

const nodeOf = (view: View, name: string): Node | undefined => view.lister<Node>('nodes').get(name);
const podsOn = (view: View, name: string): readonly Pod[] =>
  [...view.lister<Pod>('pods').byIndex('node', name)].filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');

/** The node's taints without ours, and with the one that is wanted. */
export function taintPatch(node: Node, wanted: Taint | undefined, cordon?: boolean): RequestSpec {
  const others = (node.spec?.taints ?? []).filter(({ key }) => key !== TO_BE_DELETED && key !== CANDIDATE);
  const unschedulable = cordon === undefined ? {} : { unschedulable: cordon ? true : null };
  return {
    verb: 'patch',
    resource: 'nodes',
    name: node.metadata?.name ?? '',
    // Whoever changed the node meanwhile is not overruled: the patch fails, and the next pass sees.
    body: {
      metadata: { resourceVersion: node.metadata?.resourceVersion },
      spec: { ...unschedulable, taints: wanted === undefined ? others : [...others, wanted] },
    },
    patchType: 'merge',
    discardBody: true,
  };
}

const seconds = (clock: number): string => String(Math.floor(clock / 1e6));

/** One pass over a node that goes. */
export function removalStep(key: string, removals: Removals, view: View, stage: Stage | undefined): Plan {
  const removal = removals.underway.get(key);
  if (removal === undefined) return {};
  const node = nodeOf(view, key);
  if (node === undefined || removals.machines.get(key) === undefined) return finish(removal, removals, view);
  if (stage?.name === 'tainted') return tainted(removal, removals, node, view, stage);
  if (stage?.name === 'evicted') evicted(removal, view, stage);
  if (removal.step === 'taint') {
    const taint: Taint = { key: TO_BE_DELETED, value: seconds(view.clock), effect: 'NoSchedule' };
    return { requests: [taintPatch(node, taint, true)], next: { name: 'tainted' } };
  }
  if (removal.step === 'check') return check(removal, removals, node, view);
  return drain(removal, removals, node, view, stage);
}

function tainted(removal: Removal, removals: Removals, node: Node, view: View, { outcomes }: Stage): Plan {
  const code = outcomes?.[0]?.code ?? 0;
  // Somebody else changed the node in between: again.
  if (code === 409 && view.now - removal.begun < TAINT_PATIENCE) return { requeueAfter: SECOND };
  if (code === 0 || code >= 400)
    return fail(
      removal,
      removals,
      node,
      view,
      `failed to mark the node as toBeDeleted/unschedulable: ${outcomes?.[0]?.error?.message ?? code}`,
    );
  view.event(node, 'Normal', 'ScaleDown', 'marked the node as toBeDeleted/unschedulable');
  removal.step = 'check';
  return { requeueAfter: removals.settings.nodeDeleteDelayAfterTaint };
}

/** Pods may have come while the node was being marked. */
function check(removal: Removal, removals: Removals, node: Node, view: View): Plan {
  const budgets = [...view.lister<Budget>('poddisruptionbudgets.policy').list()];
  const { pods, blocked } = podsToMove(podsOn(view, removal.node), budgets, removals.settings);
  if (blocked !== undefined || (removal.empty && pods.length > 0))
    return fail(
      removal,
      removals,
      node,
      view,
      `failed to drain the node: ${blocked === undefined ? 'node is no longer empty' : blocked.reason}`,
    );
  if (removal.empty) return finish(removal, removals, view);
  removal.step = 'evict';
  removal.evictedSince = view.now;
  return drain(removal, removals, node, view, undefined);
}

function drain(removal: Removal, removals: Removals, node: Node, view: View, stage: Stage | undefined): Plan {
  const { settings } = removals;
  const left = podsOn(view, removal.node);
  const moved = left.filter((pod) => !isDaemon(pod) && pod.metadata?.annotations?.['kubernetes.io/config.mirror'] === undefined);
  if (moved.length === 0) return finish(removal, removals, view);
  const waited = view.now - removal.evictedSince;
  const asked = left.filter(
    (pod) =>
      !removal.evicted.has(pod.metadata?.uid ?? '') &&
      pod.metadata?.deletionTimestamp === undefined &&
      (moved.includes(pod) || isDaemon(pod)),
  );
  const refused = asked.some((pod) => moved.includes(pod));
  if (refused && waited > settings.maxPodEvictionTime)
    return fail(removal, removals, node, view, 'failed to drain the node: failed to evict pods in time');
  if (!refused && waited > removal.patience + HEADROOM)
    return fail(removal, removals, node, view, 'failed to drain the node: pods remain after timeout');
  if (asked.length === 0 || stage !== undefined) return { requeueAfter: refused ? RETRY : LOOK };
  const requests = asked.map((pod): RequestSpec => {
    const { name = '', namespace = 'default' } = pod.metadata ?? {};
    const grace = Math.min(
      settings.maxGracefulTermination / SECOND,
      (pod.spec?.terminationGracePeriodSeconds as number | undefined) ?? DEFAULT_GRACE,
    );
    removal.patience = Math.max(removal.patience, grace * SECOND);
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions: { gracePeriodSeconds: grace } };
    return { verb: 'create', resource: 'pods', subresource: 'eviction', namespace, name, body, discardBody: true };
  });
  return { requests, next: { name: 'evicted', data: asked.map((pod) => pod.metadata?.uid ?? '') } };
}

function evicted(removal: Removal, view: View, { data, outcomes = [] }: Stage): void {
  const uids = data as readonly string[];
  outcomes.forEach(({ code, request }, i) => {
    if (code === 0 || (code >= 400 && code !== 404)) return;
    removal.evicted.add(uids[i] as string);
    const pod = view.lister<Pod>('pods').get(`${request.namespace}/${request.name}`);
    if (pod !== undefined) view.event(pod, 'Normal', 'ScaleDown', 'deleting pod for node scale down');
  });
}

function fail(removal: Removal, removals: Removals, node: Node, view: View, why: string): Plan {
  view.event(node, 'Warning', 'ScaleDownFailed', why);
  removals.ended(removal, false, view.now);
  return { requests: [taintPatch(node, undefined, false)] };
}

function finish(removal: Removal, removals: Removals, view: View): Plan {
  const node = nodeOf(view, removal.node);
  if (node !== undefined) view.event(node, 'Normal', 'ScaleDown', 'node removed by cluster autoscaler');
  removals.machines.remove(removal.node, view.now);
  view.count('cluster_autoscaler_scaled_down_nodes_total', { reason: removal.empty ? 'empty' : 'underutilized' });
  removals.ended(removal, true, view.now);
  return {};
}
