/** One decision from columns: which nodes fit, in upstream's order and as far as upstream looks, what each is worth, and why the others do not fit.
 *  The rules are those of the plugins in ../plugins; only plugins without a column form are called. test/scheduler compares every decision with ../evaluate-all.ts. */

import type { KubeObject, Pod } from '#api';
import { AttemptError, filterError, preScoreError } from '../attempt-error.ts';
import type { Cache } from '../cache.ts';
import { CycleState, type Handle, type PreFilterResult } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Nominator } from '../nominator.ts';
import { filterWithNominated } from '../object-handle.ts';
import { podPriority, podUid } from '../pod-fields.ts';
import type { Profile } from '../profile.ts';
import { isRejected, messageOf, SKIP, type Status, unresolvable, withPlugin } from '../status.ts';
import type { AffinityFit } from './affinity-fit.ts';
import type { Choice } from './class-board.ts';
import { ColumnStatuses } from './column-statuses.ts';
import { FIT } from './local-fit.ts';
import { NominatedVerdicts } from './nominated-verdicts.ts';
import { nthSmallest } from './nth-smallest.ts';
import { PluginRuns } from './plugin-runs.ts';
import { type PodClass, PodClasses } from './pod-classes.ts';
import type { ProfileRules } from './rules.ts';
import { SPREAD_FITS, SPREAD_LABEL, type SpreadFit } from './spread-fit.ts';
import type { StaticFit } from './static-fit.ts';
import { CALLED, CODES, INTER_POD, SPREAD_KEY, SPREAD_SKEWED, statusOfCode } from './verdicts.ts';
import { VictimTable } from './victims.ts';

/** What a decision came to. The arrays are the cycle's own and hold until the next decision. */
export interface Found {
  readonly state: CycleState;
  /** PreFilter rejected the pod as a whole. */
  readonly preFilter?: Status;
  /** Nodes that were looked at: found or rejected. */
  readonly evaluated: number;
  readonly feasible: number;
  /** Nodes that PreFilter left. */
  readonly considered: number;
  readonly absent?: Status;
}

/** A node found without a search. */
export interface Top extends Choice {
  readonly state: CycleState;
}

/** Asked about a node beyond its own state, in order. */
interface Checks {
  readonly state: CycleState;
  readonly pod: Pod;
  readonly early: ProfileRules['earlyFilters'];
  readonly spread: SpreadFit | undefined;
  readonly affinity: AffinityFit | undefined;
  readonly late: ProfileRules['lateFilters'];
}

export class ColumnCycle {
  readonly #profile: Profile;
  readonly #rules: ProfileRules;
  readonly #cache: Cache;
  readonly #handle: Handle;
  readonly #classes: PodClasses;
  #podClass: PodClass | undefined;
  /** In the last search nothing but a node's own state was asked about. */
  #isRoomOnly = false;
  /** Slots that fit, in the order found. */
  slots = new Int32Array(64);
  totals = new Int32Array(64);
  #raw = new Float64Array(64);
  /** Verdict code by slot, for slots looked at and rejected in this decision; 0 elsewhere. */
  codes = new Uint8Array(64);
  rejected = new Int32Array(64);
  rejectedCount = 0;
  /** Verdicts of called plugins and of nodes with nominated pods, by slot. */
  readonly calledStatus = new Map<number, Status>();
  /** As every plugin's own PreFilter leaves it; made when a node with nominated pods is met. */
  #plainState: CycleState | undefined;
  readonly #nominator: Nominator;
  readonly #verdicts = new NominatedVerdicts();
  /** How many nodes the last search rejected, by verdict code. */
  readonly #counts = new Uint32Array(CODES);
  /** What the last decision asked of which plugins. */
  readonly runs: PluginRuns;

  constructor(profile: Profile, rules: ProfileRules, cache: Cache, nominator: Nominator, handle: Handle) {
    this.#profile = profile;
    this.#rules = rules;
    this.#cache = cache;
    this.#nominator = nominator;
    this.#handle = handle;
    this.#classes = new PodClasses(rules, cache, handle);
    this.runs = new PluginRuns(profile, rules);
  }

  forgetResolved(resource: string, object: KubeObject): void {
    this.#classes.forgetResolved(resource, object);
  }

  /** The best node of all, without a look at each; undefined for pods that only the long way decides: where plugins have to be called or none fits. */
  findTop(pod: Pod, draw: () => number): Top | undefined {
    void this.#cache.order;
    if (this.#rules.calledScores.length > 0 || hasStoredVolumes(pod) || namesNodes(pod) || this.#nominator.concerns(pod)) return undefined;
    const state = new CycleState();
    if (this.#runCalledPreFilters(state, pod).status !== undefined) return undefined;
    for (const plugin of this.#rules.earlyFilters) if (!state.skipFilter.has(plugin.name)) return undefined;
    for (const plugin of this.#rules.lateFilters) if (!state.skipFilter.has(plugin.name)) return undefined;
    const podClass = this.#classes.of(pod);
    if (podClass.local.fit.preferenceError !== '') return undefined;
    const board = this.#classes.boardOf(podClass);
    const choice = board.update() ? board.decide(draw) : undefined;
    if (choice === undefined) return undefined;
    this.runs.note(pod, podClass, state, board.isNear, board.rejected, undefined);
    return { ...choice, state };
  }

  /** Filters from `start` until `wanted(nodes considered)` nodes fit; with `onlyNode`, that node alone. */
  find(pod: Pod, start: number, wanted: (considered: number) => number, onlyNode = ''): Found {
    const { order, table } = this.#cache;
    this.#reserve(table.version.length);
    this.#isRoomOnly = false;
    this.#plainState = undefined;
    const state = new CycleState();
    const podClass = this.#classes.of(pod);
    this.#podClass = podClass;
    const { local, spreadFilter: spread, affinity } = podClass;
    const none = { state, evaluated: 0, feasible: 0, considered: 0 };
    const called = this.#runCalledPreFilters(state, pod);
    if ('status' in called && called.status !== undefined) return { ...none, preFilter: called.status };
    const narrowed = this.#narrow(state, pod, called);
    if (narrowed.status !== undefined) return { ...none, preFilter: narrowed.status };
    spread?.prepareFilter();
    const isNear = this.#rules.filtersInterPod && affinity.prepareFilter();
    const early = this.#rules.earlyFilters.filter((plugin) => !state.skipFilter.has(plugin.name));
    const late = this.#rules.lateFilters.filter((plugin) => !state.skipFilter.has(plugin.name));
    let slots = narrowed.slots ?? order;
    if (onlyNode !== '') slots = slots.filter((slot) => table.infos[slot]?.name === onlyNode);
    const limit = wanted(slots.length);
    const isSpecial = this.#nominator.concerns(pod);
    const checks: Checks = { state, pod, early, late, spread, affinity: isNear ? affinity : undefined };
    this.#isRoomOnly = early.length === 0 && late.length === 0 && spread === undefined && !isNear && local.needsRoomOnly;
    const hasChecks = early.length > 0 || late.length > 0 || spread !== undefined || isNear;
    local.sync(table);
    const { codes, rejected, slots: found } = this;
    const counts = this.#counts;
    counts.fill(0);
    this.runs.note(pod, podClass, state, isNear, counts, this.calledStatus);
    const { version } = table;
    let feasible = 0;
    const count = slots.length;
    let at = count === 0 ? 0 : start % count;
    for (let i = 0; i < count; i++) {
      const slot = slots[at] as number;
      if (++at === count) at = 0;
      const score = local.seen[slot] === version[slot] ? (local.scores[slot] as number) : local.refresh(table, slot);
      let code = score < 0 ? -score : hasChecks ? this.#check(checks, slot) : 0;
      if (isSpecial && this.#isNominated(slot)) code = this.#checkWithNominated(pod, slot);
      if (code !== 0) {
        codes[slot] = code;
        counts[code] = (counts[code] as number) + 1;
        rejected[this.rejectedCount++] = slot;
      } else {
        if (feasible === limit) break;
        found[feasible++] = slot;
      }
    }
    return { state, evaluated: feasible + this.rejectedCount, feasible, considered: count, absent: narrowed.absent };
  }

  /** What remains to be asked about a node whose own state fits. */
  #check({ state, pod, early, late, spread, affinity }: Checks, slot: number): number {
    if (early.length > 0) {
      const code = this.#call(early, state, pod, slot);
      if (code !== 0) return code;
    }
    if (spread !== undefined) {
      const verdict = spread.check(slot);
      if (verdict !== SPREAD_FITS) return verdict === SPREAD_LABEL ? SPREAD_KEY : SPREAD_SKEWED;
    }
    if (affinity !== undefined) {
      const verdict = affinity.check(slot);
      if (verdict !== 0) return INTER_POD + verdict;
    }
    return late.length > 0 ? this.#call(late, state, pod, slot) : 0;
  }

  /** Weighted totals of the slots found, in `totals`. Returns how many score plugins were asked. */
  score(pod: Pod, found: Found): void {
    const count = found.feasible;
    const { local, spreadScore, affinity } = this.#podClass as PodClass;
    if (local.fit.preferenceError !== '') throw preScoreError('NodeAffinity', local.fit.preferenceError);
    const { table } = this.#cache;
    const { totals, slots } = this;
    const base = this.#rules.taintWeight * 100;
    for (let i = 0; i < count; i++) {
      const score = local.at(table, slots[i] as number);
      // A node that fits only beside its nominated pods is scored as it stands.
      totals[i] = base + Math.max(score, 0);
    }
    this.#scoreFixed(local.fit, count);
    const rules = this.#rules;
    spreadScore?.score(slots, count, rules.spreadWeight, totals, this.#raw);
    if (rules.interPodWeight !== 0) affinity.score(slots, count, rules.interPodWeight, totals, this.#raw);
    if (rules.calledScores.length > 0) this.#callScores(found.state, pod, count);
  }

  /** Of the slots found, the one at `draw` (0..1) among those with the highest total, in the order of names; and how many tied. */
  choose(count: number, draw: number): { readonly slot: number; readonly tied: number; readonly total: number } {
    const { totals, slots } = this;
    let top = Number.NEGATIVE_INFINITY;
    let tied = 0;
    for (let i = 0; i < count; i++) {
      const total = totals[i] as number;
      if (total > top) {
        top = total;
        tied = 1;
      } else if (total === top) tied++;
    }
    const best = this.rejected;
    let n = 0;
    // `rejected` is read no more once a node was found.
    for (let i = 0; i < count; i++) if (totals[i] === top) best[n++] = slots[i] as number;
    return { slot: nthSmallest(best, tied, Math.min(Math.floor(draw * tied), tied - 1)), tied, total: top };
  }

  /** Why a slot was rejected in the last decision. */
  statusOf(slot: number, pod: Pod): Status | undefined {
    const code = this.codes[slot] as number;
    if (code === CALLED) return this.calledStatus.get(slot);
    const { table } = this.#cache;
    if (code === FIT && this.#podClass !== undefined) return this.#podClass.reasons.statusAt(table, slot);
    const info = table.infos[slot];
    return code === 0 || info === undefined ? undefined : statusOfCode(code, pod, info, this.#rules.local.isIgnored);
  }

  /** The rejections of the last decision, for PostFilter. */
  statuses(pod: Pod, absent: Status | undefined): ColumnStatuses {
    const { table } = this.#cache;
    const podClass = this.#podClass;
    let selectVictims: ColumnStatuses['selectVictims'];
    if (this.#isRoomOnly && podClass !== undefined) {
      const priority = podPriority(pod);
      const { now } = this.#handle;
      const victims = podClass.victims.get(String(priority), () => new VictimTable(podClass.local, priority));
      // Nominated pods count as present: such nodes are tried the long way.
      selectVictims = ({ name }) => {
        const slot = table.slotOf(name);
        return this.codes[slot] !== FIT || this.#handle.nominatedPods(name).length > 0 ? undefined : victims.select(table, slot, now);
      };
    }
    const rejected = {
      nodes: this.#cache.nodes,
      slotOf: (name: string): number => table.slotOf(name),
      statusAt: (slot: number): Status | undefined => this.statusOf(slot, pod),
      unschedulable: () => {
        const found: NodeInfo[] = [];
        const { order } = this.#cache;
        for (let i = 0; i < order.length; i++) {
          const slot = order[i] as number;
          if (this.codes[slot] !== 0 && this.statusOf(slot, pod)?.code === 'Unschedulable') found.push(table.infos[slot] as NodeInfo);
        }
        return found;
      },
      selectVictims,
    };
    return new ColumnStatuses(rejected, absent);
  }

  #reserve(capacity: number): void {
    for (let i = 0; i < this.rejectedCount; i++) this.codes[this.rejected[i] as number] = 0;
    this.rejectedCount = 0;
    this.calledStatus.clear();
    if (this.slots.length >= capacity) {
      // The tied slots of the last choice may have overwritten `rejected`.
      this.codes.fill(0);
      return;
    }
    this.slots = new Int32Array(capacity);
    this.totals = new Int32Array(capacity);
    this.#raw = new Float64Array(capacity);
    this.codes = new Uint8Array(capacity);
    this.rejected = new Int32Array(capacity);
  }

  /** PreFilter of the plugins that are called; the others' is in their classes. */
  #runCalledPreFilters(state: CycleState, pod: Pod): PreFilterResult {
    const skipped = new Set<string>();
    state.skipFilter = skipped;
    let nodeNames: ReadonlySet<string> | undefined;
    for (const plugin of this.#rules.calledPreFilters) {
      const result = plugin.preFilter(state, pod, this.#handle);
      const status = result?.status;
      if (status?.code === 'Skip') skipped.add(plugin.name);
      else if (status !== undefined) {
        if (!isRejected(status)) throw new AttemptError(`running PreFilter plugin "${plugin.name}": ${messageOf(status)}`);
        return { status: withPlugin(status, plugin.name) };
      } else if (result?.nodeNames !== undefined) {
        nodeNames = nodeNames === undefined ? result.nodeNames : new Set([...nodeNames].filter((name) => result.nodeNames?.has(name)));
      }
    }
    return { nodeNames };
  }

  /** The nodes that PreFilter leaves, when NodeAffinity or a called plugin names them. */
  #narrow(state: CycleState, pod: Pod, called: PreFilterResult): { slots?: Int32Array; status?: Status; absent?: Status } {
    const affinity = this.#rules.fixed.affinity ? this.#profile.preFilter.find((plugin) => plugin.name === 'NodeAffinity') : undefined;
    const own = pod.spec?.affinity?.nodeAffinity === undefined ? undefined : affinity?.preFilter(state, pod, this.#handle);
    if (own?.status !== undefined && own.status !== SKIP) return { status: withPlugin(own.status, 'NodeAffinity') };
    const sets = [own?.nodeNames, called.nodeNames].filter((names) => names !== undefined);
    if (sets.length === 0) return {};
    const names = [...(sets[0] as ReadonlySet<string>)].filter((name) => sets.every((set) => set.has(name)));
    const { table, order } = this.#cache;
    if (names.length === 0) return { status: unresolvable("node(s) didn't satisfy plugin(s) [NodeAffinity] simultaneously") };
    const wanted = new Set(names.map((name) => table.slotOf(name)));
    const slots = order.filter((slot) => wanted.has(slot));
    return { slots, absent: unresolvable("node(s) didn't satisfy plugin(s) [NodeAffinity]") };
  }

  #call(plugins: ProfileRules['earlyFilters'], state: CycleState, pod: Pod, slot: number): number {
    const status = this.#profile.runFilters(plugins, state, pod, this.#cache.table.infos[slot] as NodeInfo, this.#handle);
    if (status === undefined) return 0;
    if (!isRejected(status)) throw filterError(status);
    this.calledStatus.set(slot, status);
    return CALLED;
  }

  #isNominated(slot: number): boolean {
    const info = this.#cache.table.infos[slot];
    return info !== undefined && this.#nominator.on(info.name).length > 0;
  }

  /** Nodes on which pods are nominated go through the plugins themselves, twice. */
  #checkWithNominated(pod: Pod, slot: number): number {
    if (this.#plainState === undefined) {
      this.#plainState = new CycleState();
      this.#profile.runPreFilter(this.#plainState, pod, this.#handle);
    }
    const plain = this.#plainState;
    const info = this.#cache.table.infos[slot] as NodeInfo;
    const decide = (): Status | undefined => filterWithNominated(this.#profile, this.#handle, plain, pod, info);
    const nominated = this.#nominator.on(info.name);
    const isKept = this.#isRoomOnly && !nominated.some((one) => podUid(one.pod) === podUid(pod));
    const { local } = this.#podClass as PodClass;
    const status = isKept ? this.#verdicts.of(local, this.#cache.table, slot, podPriority(pod), nominated, decide) : decide();
    if (status === undefined) return 0;
    if (!isRejected(status)) throw filterError(status);
    this.calledStatus.set(slot, status);
    return CALLED;
  }

  /** TaintToleration and NodeAffinity: scaled by the largest among the slots found. */
  #scoreFixed(fixed: StaticFit, count: number): void {
    const { totals, slots } = this;
    const { taintWeight, affinityWeight } = this.#rules;
    if (taintWeight !== 0 && fixed.taintedSlots > 0) {
      let max = 0;
      for (let i = 0; i < count; i++) max = Math.max(max, fixed.taints[slots[i] as number] as number);
      // 100 each were given beforehand.
      for (let i = 0; max > 0 && i < count; i++) {
        const loss = Math.trunc((100 * (fixed.taints[slots[i] as number] as number)) / max);
        totals[i] = (totals[i] as number) - taintWeight * loss;
      }
    }
    if (affinityWeight === 0 || !fixed.hasPreferences) return;
    let max = 0;
    for (let i = 0; i < count; i++) max = Math.max(max, fixed.preferences[slots[i] as number] as number);
    if (max === 0) return;
    for (let i = 0; i < count; i++) {
      totals[i] = (totals[i] as number) + affinityWeight * Math.trunc((100 * (fixed.preferences[slots[i] as number] as number)) / max);
    }
  }

  #callScores(state: CycleState, pod: Pod, count: number): void {
    const nodes: NodeInfo[] = [];
    for (let i = 0; i < count; i++) nodes.push(this.#cache.table.infos[this.slots[i] as number] as NodeInfo);
    this.#profile.runPreScores(
      this.#profile.preScore.filter((plugin) => this.#rules.calledScores.some((called) => called.plugin.name === plugin.name)),
      state,
      pod,
      nodes,
      this.#handle,
    );
    for (const { weight, scores } of this.#profile.runScores(this.#rules.calledScores, state, pod, nodes, this.#handle)) {
      for (let i = 0; i < count; i++) this.totals[i] = (this.totals[i] as number) + weight * (scores[i]?.score as number);
    }
  }
}

/** Whether a volume of the pod may matter to the scheduler: those made from its own spec do not. */
function hasStoredVolumes(pod: Pod): boolean {
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.configMap === undefined && volume.secret === undefined && volume.emptyDir === undefined && volume.projected === undefined)
      return true;
  }
  return false;
}

/** Whether required node affinity may name nodes, which PreFilter narrows by. */
function namesNodes(pod: Pod): boolean {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return terms?.some((term) => (term.matchFields ?? []).length > 0) === true;
}
