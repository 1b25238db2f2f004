/** The evaluator behind preemption: who may preempt, where, whom, and which choice hurts least.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/framework/preemption/preemption.go and plugins/defaultpreemption. */

import type { KubeObject, LabelSelector, Pod } from '#api';
import { compileLabelSelector, matchesSelector, parseTime } from '#api';
import { filterError } from './attempt-error.ts';
import { fitErrorMessage } from './diagnosis.ts';
import type { CycleState, Handle, NodeStatuses } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { isTerminating, podLabels, podName, podNamespace, podPriority } from './pod-fields.ts';
import type { PodInfo } from './pod-info.ts';
import { type Status, unresolvable } from './status.ts';

export interface Candidate {
  readonly node: string;
  /** The most important first. */
  readonly victims: readonly Pod[];
  readonly pdbViolations: number;
}

/** Statuses that know more about their nodes than verdicts. */
export interface QuickStatuses {
  /** Nodes rejected as Unschedulable, in the snapshot's order. */
  readonly unschedulable: () => NodeInfo[];
  /** What SelectVictimsOnNode would find while there is no disruption budget; undefined where it has to be tried. */
  readonly selectVictims: ((node: NodeInfo) => Candidate | Status | undefined) | undefined;
}

interface DisruptionBudget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector };
  readonly status?: { readonly disruptionsAllowed?: number; readonly disruptedPods?: Readonly<Record<string, string>> };
}

export const NO_VICTIMS = unresolvable('No preemption victims found for incoming pod');
const NOT_HELPFUL = unresolvable('Preemption is not helpful for scheduling');

/** GetPodStartTime in microseconds; a pod that has not started counts as started now. */
export function startTime(pod: Pod, now: number): number {
  const text = pod.status?.startTime as string | undefined;
  return text === undefined ? now : (parseTime(text) ?? now);
}

/** MoreImportantPod: priority, then who started first. */
function isMoreImportant({ pod: a }: PodInfo, { pod: b }: PodInfo, now: number): boolean {
  const difference = podPriority(a) - podPriority(b);
  if (difference !== 0) return difference > 0;
  // GetPodStartTime takes the time anew for each pod that has not started: of two such pods the one that is asked about is always the earlier.
  if (a.status?.startTime === undefined && b.status?.startTime === undefined) return true;
  return startTime(a, now) < startTime(b, now);
}

/** Up to so many elements Go's sort.Slice is an insertion sort. */
const INSERTION_SORTED = 12;

/** sort.Slice by MoreImportantPod, in place. Pods that have not started turn their order round, as upstream's do (of more than twelve pods they keep it here). */
export function sortByImportance(pods: PodInfo[], now: number): void {
  if (pods.length > INSERTION_SORTED) {
    pods.sort((a, b) => podPriority(b.pod) - podPriority(a.pod) || startTime(a.pod, now) - startTime(b.pod, now));
    return;
  }
  for (let i = 1; i < pods.length; i++) {
    for (let j = i; j > 0 && isMoreImportant(pods[j] as PodInfo, pods[j - 1] as PodInfo, now); j--) {
      const swap = pods[j] as PodInfo;
      pods[j] = pods[j - 1] as PodInfo;
      pods[j - 1] = swap;
    }
  }
}

/** podTerminatingByPreemption. */
function isBeingPreempted(pod: Pod): boolean {
  if (!isTerminating(pod)) return false;
  const condition = (pod.status?.conditions ?? []).find((c) => c.type === 'DisruptionTarget');
  return condition !== undefined && condition.status === 'True' && condition.reason === 'PreemptionByScheduler';
}

/** PodEligibleToPreemptOthers: undefined, or why not. */
export function isEligibleToPreempt(pod: Pod, statuses: NodeStatuses, handle: Handle): string | undefined {
  if (pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = (pod.status?.nominatedNodeName as string | undefined) ?? '';
  if (nominated === '') return undefined;
  const status = statuses.byNode.get(nominated) ?? statuses.absent;
  if (status?.code === 'UnschedulableAndUnresolvable') return undefined;
  const priority = podPriority(pod);
  for (const { pod: other } of handle.snapshot.get(nominated)?.pods ?? []) {
    if (podPriority(other) < priority && isBeingPreempted(other)) return 'not eligible due to a terminating pod on the nominated node.';
  }
  return undefined;
}

/** NodesForStatusCode(Unschedulable): nodes where evicting pods may help, in the snapshot's order. */
export function potentialNodes(statuses: NodeStatuses & Partial<QuickStatuses>, handle: Handle): NodeInfo[] {
  if (statuses.unschedulable !== undefined) return statuses.unschedulable();
  return handle.snapshot.nodes.filter((node) => (statuses.byNode.get(node.name) ?? statuses.absent)?.code === 'Unschedulable');
}

/** GetOffsetAndNumCandidates without the offset. */
export function candidatesToFind(nodes: number, minPercentage: number, minAbsolute: number): number {
  return Math.min(Math.max(Math.trunc((nodes * minPercentage) / 100), minAbsolute), nodes);
}

/** filterPodsWithPDBViolation: budgets are spent in the given order. */
function splitByBudget(victims: readonly PodInfo[], budgets: readonly DisruptionBudget[]): { violating: PodInfo[]; others: PodInfo[] } {
  const allowed = budgets.map((budget) => budget.status?.disruptionsAllowed ?? 0);
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of victims) {
    let isViolated = false;
    const labels = podLabels(info.pod);
    for (let i = 0; i < budgets.length; i++) {
      const budget = budgets[i] as DisruptionBudget;
      if ((budget.metadata?.namespace ?? '') !== podNamespace(info.pod) || Object.keys(labels).length === 0) continue;
      const selector = budget.spec?.selector === undefined ? [] : compileLabelSelector(budget.spec.selector);
      if (selector.length === 0 || !matchesSelector(selector, labels)) continue;
      // The API server has processed this eviction already.
      if (budget.status?.disruptedPods?.[podName(info.pod)] !== undefined) continue;
      allowed[i] = (allowed[i] as number) - 1;
      if ((allowed[i] as number) < 0) isViolated = true;
    }
    (isViolated ? violating : others).push(info);
  }
  return { violating, others };
}

/** SelectVictimsOnNode on copies of state and node. */
function selectVictims(
  state: CycleState,
  pod: Pod,
  node: NodeInfo,
  budgets: readonly DisruptionBudget[],
  handle: Handle,
): Candidate | Status {
  const priority = podPriority(pod);
  const potential = node.pods.filter((info) => podPriority(info.pod) < priority);
  if (potential.length === 0) return NO_VICTIMS;
  const remove = (info: PodInfo): void => {
    node.removePod(info.pod);
    handle.removePodFromState(state, pod, info, node);
  };
  for (const info of potential) remove(info);
  const status = handle.filterWithNominated(state, pod, node);
  if (status !== undefined) return status;
  sortByImportance(potential, handle.now);
  const { violating, others } = splitByBudget(potential, budgets);
  const victims: PodInfo[] = [];
  let pdbViolations = 0;
  // Those whose budget would be broken are spared first, the most important ones before the others.
  const isSpared = (info: PodInfo): boolean => {
    node.addPod(info);
    handle.addPodToState(state, pod, info, node);
    if (handle.filterWithNominated(state, pod, node) === undefined) return true;
    remove(info);
    victims.push(info);
    return false;
  };
  for (const info of violating) if (!isSpared(info)) pdbViolations++;
  for (const info of others) isSpared(info);
  if (violating.length > 0 && others.length > 0) sortByImportance(victims, handle.now);
  return { node: node.name, victims: victims.map((info) => info.pod), pdbViolations };
}

export interface DryRun {
  readonly candidates: readonly Candidate[];
  readonly statuses: NodeStatuses;
  /** Nodes tried. */
  readonly count: number;
  /** What went wrong on nodes, joined as upstream's aggregate; '' where nothing did. */
  readonly error: string;
}

/** DryRunPreemption, in order from `offset`: stops at `wanted` candidates once one of them breaks no budget. */
export function dryRun(
  state: CycleState,
  pod: Pod,
  nodes: readonly NodeInfo[],
  offset: number,
  wanted: number,
  handle: Handle,
  quick?: QuickStatuses['selectVictims'],
): DryRun {
  const budgets = [...handle.lister<DisruptionBudget>('poddisruptionbudgets.policy').list()];
  const select = budgets.length === 0 ? quick : undefined;
  const kind: Candidate[] = [];
  const violating: Candidate[] = [];
  const byNode = new Map<string, Status>();
  const errors = new Set<string>();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(offset + i) % nodes.length] as NodeInfo;
    const found = select?.(node) ?? selectVictims(state.clone(), pod, node.clone(), budgets, handle);
    if ('code' in found) {
      if (found.code === 'Error') errors.add(filterError(found).message);
      byNode.set(node.name, found);
    } else if (select === undefined && found.victims.length === 0) {
      const reason = `expected at least one victim pod on node "${node.name}"`;
      errors.add(reason);
      byNode.set(node.name, { code: 'Error', reasons: [reason] });
    } else {
      (found.pdbViolations === 0 ? kind : violating).push(found);
      if (kind.length > 0 && kind.length + violating.length >= wanted) break;
    }
  }
  return {
    candidates: [...kind, ...violating],
    statuses: { byNode, absent: NOT_HELPFUL },
    count: kind.length + violating.length + byNode.size,
    error: errors.size > 1 ? `[${[...errors].join(', ')}]` : [...errors].join(''),
  };
}

export const noCandidateMessage = (statuses: NodeStatuses, nodeCount: number): string =>
  fitErrorMessage({ nodeCount, statuses, preFilterMessage: '', postFilterMessage: '' });

const INT32_SPAN = 2_147_483_648;

/** GetEarliestPodStartTime: among the victims of the highest priority. */
function earliestStart(victims: readonly Pod[], now: number): number {
  let highest = Number.NEGATIVE_INFINITY;
  let earliest = now;
  for (const victim of victims) {
    const priority = podPriority(victim);
    const started = startTime(victim, now);
    if (priority > highest) earliest = started;
    else if (priority === highest) earliest = Math.min(earliest, started);
    highest = Math.max(highest, priority);
  }
  return earliest;
}

/** pickOneNodeForPreemption without its last, arbitrary step: the candidates that tie after all five criteria, by node name. */
export function pickCandidates(candidates: readonly Candidate[], now: number): Candidate[] {
  const criteria: ((candidate: Candidate) => number)[] = [
    (c) => -c.pdbViolations,
    (c) => -podPriority(c.victims[0] as Pod),
    (c) => -c.victims.reduce((sum, victim) => sum + podPriority(victim) + INT32_SPAN, 0),
    (c) => -c.victims.length,
    (c) => earliestStart(c.victims, now),
  ];
  let tied = [...candidates];
  for (const criterion of criteria) {
    let best = Number.NEGATIVE_INFINITY;
    for (const candidate of tied) best = Math.max(best, criterion(candidate));
    tied = tied.filter((candidate) => criterion(candidate) === best);
    if (tied.length === 1) break;
  }
  return tied.sort((a, b) => (a.node < b.node ? -1 : 1));
}

/** SelectCandidate: among those that tie in the end, one by chance. */
export function chooseCandidate(candidates: readonly Candidate[], pod: Pod, handle: Handle): Candidate {
  const tied = pickCandidates(candidates, handle.now);
  return tied[Math.floor(handle.draw('preemption/tie', pod) * tied.length)] as Candidate;
}
