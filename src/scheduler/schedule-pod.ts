/** One scheduling cycle's decision: a node, or why none. Mirrors pkg/scheduler/schedule_one.go v1.34 (schedulePod, selectHost, schedulingCycle up to Reserve). */

import type { KubeObject, Pod } from '#api';
import { podAffinityTerms } from './affinity-terms.ts';
import { AttemptError } from './attempt-error.ts';
import type { Cache } from './cache.ts';
import { type AttemptWork, attemptCost } from './costs.ts';
import { composeFitError } from './diagnosis.ts';
import { filterNodes, narrowNodes, totalScores } from './evaluate-all.ts';
import type { ExtenderAnswer } from './explain-extenders.ts';
import { CycleState, type PostFilterResult } from './framework.ts';
import type { LiveHandle } from './live-handle.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominator } from './nominator.ts';
import { deviceSearches } from './plugins/dynamic-resources.ts';
import { repellingPods } from './plugins/inter-pod-affinity.ts';
import { podPriority } from './pod-fields.ts';
import type { Profile } from './profile.ts';
import { type Rejections, statusesOf, withoutVictims } from './rejections.ts';
import { feasibleNodesToFind } from './sampling.ts';
import { isRejected, messageOf, type Status } from './status.ts';
import { ColumnCycle } from './table/column-cycle.ts';
import { type AskedPlugins, askedPlugins } from './table/plugin-runs.ts';
import { rulesOf } from './table/rules.ts';

export interface Decision {
  /** '' when no node fits. */
  readonly nodeName: string;
  readonly state: CycleState;
  /** Modelled CPU time of the attempt, microseconds. */
  readonly cost: number;
  /** What that time is for. */
  readonly work?: AttemptWork;
  readonly evaluated: number;
  readonly feasible: number;
  /** How many nodes tied for best. */
  readonly tied: number;
  readonly failure?: Failure;
  /** What extenders answered, in the order in which they were asked. */
  readonly extenders?: readonly ExtenderAnswer[];
}

export interface Failure {
  /** FitError's text, PostFilter's message included. */
  readonly message: string;
  /** Plugins whose events may bring the pod back. */
  readonly plugins: ReadonlySet<string>;
  readonly postFilter: PostFilterResult;
  /** Not that no node fits: something went wrong. Absent: told by whether plugins rejected the pod. */
  readonly isError?: boolean;
}

/** What the filters of the profile leave, before extenders are asked. */
export interface Filtered {
  readonly state: CycleState;
  readonly nodes: readonly NodeInfo[];
  /** Extenders add to these. */
  readonly rejected: Map<string, Status>;
  readonly absent: Status | undefined;
  readonly preFilter: Status | undefined;
  /** Nodes in the cluster. */
  readonly total: number;
  readonly evaluated: number;
}

export class PodScheduler {
  readonly profile: Profile;
  readonly handle: LiveHandle;
  readonly #cache: Cache;
  readonly #percentage: number;
  readonly #columns: ColumnCycle | undefined;

  constructor(
    profile: Profile,
    cache: Cache,
    nominator: Nominator,
    handle: LiveHandle,
    percentageOfNodesToScore: number,
    usesColumns = true,
  ) {
    this.profile = profile;
    this.handle = handle;
    this.#cache = cache;
    this.#percentage = profile.percentageOfNodesToScore ?? percentageOfNodesToScore;
    const rules = usesColumns ? rulesOf(profile) : undefined;
    this.#columns = rules === undefined ? undefined : new ColumnCycle(profile, rules, cache, nominator, handle);
  }

  /** An object changed through which plugins resolve selectors (namespace, service, workload). */
  forgetResolved(resource: string, object: KubeObject): void {
    this.#columns?.forgetResolved(resource, object);
  }

  /** `start` is where the last cycle stopped looking; the answer moves it by `evaluated`. */
  schedule(pod: Pod, start: number): Decision {
    if (this.#cache.table.nodeCount === 0) return this.noNodes(pod);
    try {
      return this.#columns === undefined ? this.#byPlugins(pod, start) : this.#byColumns(this.#columns, pod, start);
    } catch (error) {
      if (error instanceof AttemptError) return this.failedBy(error, pod);
      throw error;
    }
  }

  /** ErrNoNodesAvailable: nobody was asked, so that nobody's event can bring the pod back; it backs off. */
  noNodes(pod: Pod): Decision {
    const postFilter = { nominatedNodeName: '' };
    const failure: Failure = { message: 'no nodes available to schedule pods', plugins: new Set(), postFilter, isError: false };
    return { nodeName: '', state: new CycleState(), ...this.#charge(pod, 0, 0, 0), evaluated: 0, feasible: 0, tied: 0, failure };
  }

  /** The attempt that a plugin's error ends. */
  failedBy({ message }: AttemptError, pod: Pod): Decision {
    const failure: Failure = { message, plugins: new Set(), postFilter: { nominatedNodeName: '' }, isError: true };
    return { nodeName: '', state: new CycleState(), ...this.#charge(pod, 0, 0, 0), evaluated: 0, feasible: 0, tied: 0, failure };
  }

  #wanted = (considered: number): number => feasibleNodesToFind(considered, this.#percentage);

  #charge(
    pod: Pod,
    evaluated: number,
    scored: number,
    dryRuns: number,
    state?: CycleState,
  ): { readonly cost: number; readonly work: AttemptWork } {
    const terms = podAffinityTerms(pod);
    const searches = state === undefined || (pod.spec?.resourceClaims?.length ?? 0) === 0 ? undefined : deviceSearches(state);
    const work: AttemptWork = {
      nodes: this.#cache.table.nodeCount,
      evaluated,
      scored,
      usesSpread: (pod.spec?.topologySpreadConstraints?.length ?? 0) > 0,
      usesInterPod:
        terms.requiredAffinity.length > 0 ||
        terms.requiredAntiAffinity.length > 0 ||
        terms.preferredAffinity.length > 0 ||
        terms.preferredAntiAffinity.length > 0,
      repelling: evaluated === 0 ? 0 : (this.#columns?.runs.repelling ?? (state === undefined ? 0 : repellingPods(state))),
      ...(searches === undefined
        ? {}
        : { devices: { ...searches, slices: countOf(this.handle.lister('resourceslices.resource.k8s.io').list()) } }),
      dryRuns,
    };
    return { cost: attemptCost(work), work };
  }

  /** Which plugins the last decision asked, and how many nodes each rejected. */
  asked({ state, evaluated, failure }: Decision): { readonly plugins: AskedPlugins; readonly rejected: ReadonlyMap<string, number> } {
    if (this.#columns !== undefined) return { plugins: this.#columns.runs.asked, rejected: this.#columns.runs.rejected };
    const plugins = askedPlugins(
      this.profile,
      (name) => state.skipFilter.has(name),
      (name) => state.skipScore.has(name),
    );
    // Which plugin rejected which node is not kept there: where one alone did, it is known.
    const only = failure?.plugins.size === 1 ? [...failure.plugins][0] : undefined;
    return { plugins, rejected: new Map(only === undefined ? [] : [[only, evaluated]]) };
  }

  #byColumns(columns: ColumnCycle, pod: Pod, start: number): Decision {
    const { table } = this.#cache;
    const nominated = this.nominatedNode(pod);
    if (nominated === '' && this.#wanted(table.nodeCount) >= table.nodeCount) {
      const top = columns.findTop(pod, () => this.handle.draw('tie', pod));
      if (top !== undefined) {
        const { slot, tied, feasible, state } = top;
        const evaluated = table.nodeCount;
        const { cost, work } = this.#charge(pod, evaluated, feasible === 1 ? 0 : feasible, 0, state);
        return { nodeName: (table.infos[slot] as NodeInfo).name, state, cost, work, evaluated, feasible, tied };
      }
    }
    let found = columns.find(pod, start, this.#wanted, nominated);
    let looked = found.evaluated;
    const isNominee = nominated !== '' && found.feasible > 0;
    if (nominated !== '' && found.preFilter === undefined && found.feasible === 0) {
      found = columns.find(pod, start, this.#wanted);
      looked += found.evaluated;
    }
    const { state, feasible } = found;
    // A pod that takes its nominated node does not move the point where the next search starts.
    const evaluated = isNominee ? 0 : found.evaluated;
    if (feasible > 0) {
      if (feasible === 1) {
        const name = (table.infos[columns.slots[0] as number] as NodeInfo).name;
        return { nodeName: name, state, ...this.#charge(pod, looked, 0, 0, state), evaluated, feasible, tied: 1 };
      }
      columns.score(pod, found);
      const { slot, tied } = columns.choose(feasible, this.handle.draw('tie', pod));
      return {
        nodeName: (table.infos[slot] as NodeInfo).name,
        state,
        ...this.#charge(pod, looked, feasible, 0, state),
        evaluated,
        feasible,
        tied,
      };
    }
    const rejections: Rejections = {
      total: table.nodeCount,
      absent: found.preFilter ?? found.absent,
      preFilter: found.preFilter,
      count: columns.rejectedCount,
      statusAt: (i) => columns.statusOf(columns.rejected[i] as number, pod) as Status,
      nameAt: (i) => (table.infos[columns.rejected[i] as number] as NodeInfo).name,
      statuses: () => columns.statuses(pod, found.preFilter ?? found.absent),
    };
    return this.#fail(pod, state, rejections, looked);
  }

  /** The first half of a cycle that goes on to ask extenders (findNodesThatFitPod without them); `onlyNode` is a nominated one. */
  filter(pod: Pod, start: number, onlyNode = ''): Filtered {
    const { profile, handle } = this;
    const total = this.#cache.table.nodeCount;
    const columns = this.#columns;
    if (columns !== undefined) {
      const { table } = this.#cache;
      const found = columns.find(pod, start, this.#wanted, onlyNode);
      const { state, preFilter, evaluated } = found;
      const nodes = Array.from({ length: found.feasible }, (_, i) => table.infos[columns.slots[i] as number] as NodeInfo);
      const rejected = new Map<string, Status>();
      for (let i = 0; i < columns.rejectedCount; i++) {
        const slot = columns.rejected[i] as number;
        rejected.set((table.infos[slot] as NodeInfo).name, columns.statusOf(slot, pod) as Status);
      }
      return { state, nodes, rejected, absent: preFilter ?? found.absent, preFilter, total, evaluated };
    }
    const state = new CycleState();
    const { nodeNames, status, narrowedBy } = profile.runPreFilter(state, pod, handle);
    if (status !== undefined) return { state, nodes: [], rejected: new Map(), absent: status, preFilter: status, total, evaluated: 0 };
    const { nodes: all, absent } = narrowNodes(nodeNames, narrowedBy, handle);
    const nodes = onlyNode === '' ? all : all.filter((node) => node.name === onlyNode);
    const wanted = this.#wanted(nodes.length);
    const { feasible, rejected } = filterNodes(profile, state, pod, nodes, start % Math.max(nodes.length, 1), wanted, handle);
    return { state, nodes: feasible, rejected, absent, preFilter: undefined, total, evaluated: feasible.length + rejected.size };
  }

  /** The plugins' weighted sums for those of the filtered nodes that extenders left. Nothing else was filtered in between. */
  score(pod: Pod, { state }: Filtered, nodes: readonly NodeInfo[]): number[] {
    const columns = this.#columns;
    if (columns === undefined) return totalScores(this.profile.runScore(state, pod, nodes, this.handle), nodes.length);
    nodes.forEach((node, i) => {
      columns.slots[i] = this.#cache.table.slotOf(node.name);
    });
    columns.score(pod, { state, evaluated: 0, feasible: nodes.length, considered: 0 });
    return [...columns.totals.subarray(0, nodes.length)];
  }

  /** No node is left, after extenders, too. `plugins` are rejectors besides those of the statuses. */
  fail(pod: Pod, { state, rejected, absent, preFilter, total }: Filtered, plugins: ReadonlySet<string>): Decision {
    const entries = [...rejected];
    const at = (i: number): [string, Status] => entries[i] as [string, Status];
    const statusAt = (i: number): Status => at(i)[1];
    const rejections = { total, preFilter, absent, count: entries.length, statusAt, nameAt: (i: number) => at(i)[0] };
    return this.#fail(pod, state, rejections, 0, plugins);
  }

  /** What an attempt costs the real scheduler so far. */
  costOf(pod: Pod, evaluated: number, scored: number, state?: CycleState): number {
    return this.#charge(pod, evaluated, scored, 0, state).cost;
  }

  /** Every plugin called on every node: for profiles whose order of filters has no column form. */
  #byPlugins(pod: Pod, start: number): Decision {
    const { profile, handle } = this;
    const state = new CycleState();
    const { nodeNames, status, narrowedBy } = profile.runPreFilter(state, pod, handle);
    const total = this.#cache.nodes.length;
    if (status !== undefined && !isRejected(status))
      throw new AttemptError(`running PreFilter plugin "${status.plugin}": ${messageOf(status)}`);
    const nothing = { total, preFilter: status, absent: status, count: 0, statusAt: () => status as Status, nameAt: () => '' };
    if (status !== undefined) return this.#fail(pod, state, nothing, 0);
    const { nodes, absent } = narrowNodes(nodeNames, narrowedBy, handle);
    const nominated = this.nominatedNode(pod);
    let found = filterNodes(
      profile,
      state,
      pod,
      nodes.filter((node) => node.name === nominated),
      0,
      1,
      handle,
    );
    if (found.feasible.length === 0)
      found = filterNodes(profile, state, pod, nodes, start % Math.max(nodes.length, 1), this.#wanted(nodes.length), handle);
    const { feasible, rejected } = found;
    const evaluated = feasible.length + rejected.size;
    if (feasible.length === 0) {
      const entries = [...rejected];
      const at = (i: number): [string, Status] => entries[i] as [string, Status];
      return this.#fail(
        pod,
        state,
        { total, preFilter: undefined, absent, count: entries.length, statusAt: (i) => at(i)[1], nameAt: (i) => at(i)[0] },
        evaluated,
      );
    }
    if (feasible.length === 1) {
      return {
        nodeName: (feasible[0] as NodeInfo).name,
        state,
        ...this.#charge(pod, evaluated, 0, 0, state),
        evaluated,
        feasible: 1,
        tied: 1,
      };
    }
    const totals = totalScores(profile.runScore(state, pod, feasible, handle), feasible.length);
    const top = totals.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const tied = feasible
      .filter((_, i) => totals[i] === top)
      .map((node) => node.name)
      .sort();
    const nodeName = tied[Math.min(Math.floor(handle.draw('tie', pod) * tied.length), tied.length - 1)] as string;
    return {
      nodeName,
      state,
      ...this.#charge(pod, evaluated, feasible.length, 0, state),
      evaluated,
      feasible: feasible.length,
      tied: tied.length,
    };
  }

  /** status.nominatedNodeName: looked at first. */
  nominatedNode(pod: Pod): string {
    const named = (pod.status?.nominatedNodeName as string | undefined) ?? '';
    return named !== '' && this.#cache.get(named) !== undefined ? named : '';
  }

  #fail(pod: Pod, state: CycleState, rejections: Rejections, evaluated: number, rejectors: Iterable<string> = []): Decision {
    const counts = new Map<string, number>();
    const plugins = new Set<string>(rejectors);
    let mayPreempt = 0;
    const take = (status: Status, times: number): void => {
      for (const reason of status.reasons) counts.set(reason, (counts.get(reason) ?? 0) + times);
      if (status.plugin !== undefined) plugins.add(status.plugin);
      if (status.code === 'Unschedulable') mayPreempt += times;
    };
    // Neighbours mostly have one status, and equal statuses are one object.
    let last: Status | undefined;
    let times = 0;
    for (let i = 0; i < rejections.count; i++) {
      const status = rejections.statusAt(i);
      if (status === last) times++;
      else {
        if (last !== undefined) take(last, times);
        last = status;
        times = 1;
      }
    }
    if (last !== undefined) take(last, times);
    const left = rejections.total - rejections.count;
    if (left > 0 && rejections.absent !== undefined) take(rejections.absent, left);
    if (rejections.absent !== undefined && rejections.preFilter === undefined) plugins.add('NodeAffinity');
    const preFilterMessage = messageOf(rejections.preFilter);
    const postFilter = this.#postFilter(pod, state, rejections, mayPreempt);
    const message = composeFitError(rejections.total, counts, preFilterMessage, messageOf(postFilter.status));
    const charge = this.#charge(pod, evaluated, 0, postFilter.dryRuns ?? 0, state);
    return { nodeName: '', state, ...charge, evaluated, feasible: 0, tied: 0, failure: { message, plugins, postFilter } };
  }

  #postFilter(pod: Pod, state: CycleState, rejections: Rejections, mayPreempt: number): PostFilterResult {
    const { profile, handle } = this;
    if (profile.postFilter.length === 0) return {};
    const isPlain =
      pod.spec?.preemptionPolicy !== 'Never' &&
      rejections.preFilter === undefined &&
      profile.hasDefaultPostFilters &&
      (pod.spec?.resourceClaims ?? []).length === 0;
    if (isPlain && !this.#cache.hasLowerPriority(podPriority(pod))) return withoutVictims(rejections.total, mayPreempt);
    // The plugins' own states, which the columns stand in for, are needed for dry runs.
    const full = new CycleState();
    if (rejections.preFilter === undefined) profile.runPreFilter(full, pod, handle);
    const statuses = rejections.statuses?.() ?? statusesOf(rejections);
    return profile.runPostFilter(rejections.preFilter === undefined ? full : state, pod, statuses, handle);
  }
}

function countOf(objects: Iterable<unknown>): number {
  let count = 0;
  for (const _ of objects) count++;
  return count;
}
