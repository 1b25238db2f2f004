/** Which pods of a node would have to go elsewhere, and which forbid that the node is taken away. Mirrors kubernetes/autoscaler cluster-autoscaler 1.34
 *  simulator/drain.go and simulator/drainability/rules. Departures: a controller's object is not looked up (a pod with a controller counts as replicated);
 *  pods of kube-system without a budget block for good, as before 1.34's --blocking-system-pod-distruption-timeout. */

import type { KubeObject, Pod } from '#api';
import { matchesLabelSelector } from '#api';

export interface Budget extends KubeObject {
  readonly spec?: { readonly selector?: never };
  readonly status?: { readonly disruptionsAllowed?: number };
}

export interface DrainRules {
  readonly skipNodesWithSystemPods: boolean;
  readonly skipNodesWithLocalStorage: boolean;
  readonly skipNodesWithCustomControllerPods: boolean;
}

export const SAFE = 'cluster-autoscaler.kubernetes.io/safe-to-evict';
const SAFE_VOLUMES = 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes';
const REPLICATED = new Set(['ReplicaSet', 'ReplicationController', 'Job', 'StatefulSet']);

/** Reason codes as upstream's events and logs have them. */
export type Blocking = 'NotReplicated' | 'LocalStorageRequested' | 'NotSafeToEvictAnnotation' | 'UnmovableKubeSystemPod' | 'NotEnoughPdb';

export interface Movable {
  readonly pods: readonly Pod[];
  readonly daemons: readonly Pod[];
  readonly blocked?: { readonly pod: Pod; readonly reason: Blocking };
}

const controllerOf = (pod: Pod) => pod.metadata?.ownerReferences?.find(({ controller }) => controller === true);
const isMirror = (pod: Pod): boolean => pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
export const isDaemon = (pod: Pod): boolean => controllerOf(pod)?.kind === 'DaemonSet';
const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** emptyDir on the disk, or a hostPath, of which the pod does not say that it may be lost. */
function hasLocalStorage({ metadata, spec }: Pod): boolean {
  const given = new Set((metadata?.annotations?.[SAFE_VOLUMES] ?? '').split(',').map((name) => name.trim()));
  return (spec?.volumes ?? []).some(
    ({ name, emptyDir, hostPath }) =>
      (hostPath !== undefined || (emptyDir !== undefined && (emptyDir as { medium?: string }).medium !== 'Memory')) &&
      !given.has(name as string),
  );
}

export function podsToMove(pods: Iterable<Pod>, budgets: readonly Budget[], rules: DrainRules): Movable {
  const moved: Pod[] = [];
  const daemons: Pod[] = [];
  for (const pod of pods) {
    if (isOver(pod) || isMirror(pod)) continue;
    if (isDaemon(pod)) {
      daemons.push(pod);
      continue;
    }
    const reason = blocking(pod, budgets, rules);
    if (reason !== undefined) return { pods: moved, daemons, blocked: { pod, reason } };
    moved.push(pod);
  }
  const reason = overBudget(moved, budgets);
  return { pods: moved, daemons, ...(reason === undefined ? {} : { blocked: { pod: reason, reason: 'NotEnoughPdb' } }) };
}

function blocking(pod: Pod, budgets: readonly Budget[], rules: DrainRules): Blocking | undefined {
  const safe = pod.metadata?.annotations?.[SAFE];
  if (safe === 'true') return undefined;
  if (safe === 'false') return 'NotSafeToEvictAnnotation';
  const kind = controllerOf(pod)?.kind;
  if (kind === undefined || (rules.skipNodesWithCustomControllerPods && !REPLICATED.has(kind))) return 'NotReplicated';
  if (rules.skipNodesWithSystemPods && pod.metadata?.namespace === 'kube-system' && !budgets.some((budget) => covers(budget, pod)))
    return 'UnmovableKubeSystemPod';
  if (rules.skipNodesWithLocalStorage && hasLocalStorage(pod)) return 'LocalStorageRequested';
  return undefined;
}

const covers = ({ metadata, spec }: Budget, pod: Pod): boolean =>
  (metadata?.namespace ?? 'default') === (pod.metadata?.namespace ?? 'default') &&
  spec?.selector !== undefined &&
  matchesLabelSelector(spec.selector, pod.metadata?.labels);

/** A pod of a budget that does not allow as many disruptions as the node has pods of it (RemainingPdbTracker.CanRemovePods). */
function overBudget(pods: readonly Pod[], budgets: readonly Budget[]): Pod | undefined {
  for (const budget of budgets) {
    const covered = pods.filter((pod) => covers(budget, pod));
    if (covered.length > (budget.status?.disruptionsAllowed ?? 0)) return covered[0];
  }
  return undefined;
}
