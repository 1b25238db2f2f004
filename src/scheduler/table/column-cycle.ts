/** One decision from columns: which nodes fit, in upstream's order and as far as upstream looks, what each is worth, and why the others do not fit.
 *  The rules are those of the plugins in ../plugins; only plugins without a column form are called. test/scheduler compares every decision with ../evaluate-all.ts. */

import type { KubeObject, Namespace, Pod } from '#api';
import type { Cache } from '../cache.ts';
import { CycleState, type Handle, type PreFilterResult } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Nominator } from '../nominator.ts';
import { filterWithNominated } from '../object-handle.ts';
import { resolveNamespaces } from '../plugins/inter-pod-affinity.ts';
import { podNamespace } from '../pod-fields.ts';
import { PluginError, type Profile } from '../profile.ts';
import { isRejected, messageOf, SKIP, type Status, unresolvable, withPlugin } from '../status.ts';
import { AffinityColumns, AffinityFit } from './affinity-fit.ts';
import { ClassMap } from './class-map.ts';
import { idOf } from './interned.ts';
import { LocalFit } from './local-fit.ts';
import type { ProfileRules } from './rules.ts';
import { SPREAD_FITS, SPREAD_LABEL, SpreadColumns, SpreadFit } from './spread-fit.ts';
import { StaticFit } from './static-fit.ts';
import { TopScores } from './top-scores.ts';
import { CALLED, INTER_POD, SPREAD_KEY, SPREAD_SKEWED, statusOfCode } from './verdicts.ts';

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
export interface Top {
  readonly slot: number;
  readonly tied: number;
  readonly feasible: number;
  readonly state: CycleState;
}

export class ColumnCycle {
  readonly #profile: Profile;
  readonly #rules: ProfileRules;
  readonly #cache: Cache;
  readonly #handle: Handle;
  readonly #fixed = new ClassMap<StaticFit>();
  readonly #local = new ClassMap<LocalFit>();
  readonly #spreadFilter = new ClassMap<SpreadFit | undefined>((fit) => fit?.release());
  readonly #spreadScore = new ClassMap<SpreadFit | undefined>((fit) => fit?.release());
  /** Spread classes by the workload whose selector they may rest on. */
  readonly #byOwner = new Map<string, Set<string>>();
  readonly #affinity = new ClassMap<AffinityFit>();
  readonly #spreadColumns: SpreadColumns;
  readonly #affinityColumns: AffinityColumns;
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
  localFit: LocalFit | undefined;
  readonly #tops = new WeakMap<LocalFit, TopScores>();
  /** As every plugin's own PreFilter leaves it; made when a node with nominated pods is met. */
  #plainState: CycleState | undefined;
  readonly #nominator: Nominator;

  constructor(profile: Profile, rules: ProfileRules, cache: Cache, nominator: Nominator, handle: Handle) {
    this.#profile = profile;
    this.#rules = rules;
    this.#cache = cache;
    this.#nominator = nominator;
    this.#handle = handle;
    this.#spreadColumns = new SpreadColumns(cache.table, cache.groups);
    this.#affinityColumns = new AffinityColumns(cache.table, cache.groups, cache.keys);
  }

  /** Something changed through which constraints or namespaces were resolved: what rests on it starts over. */
  forgetResolved(resource: string, object: KubeObject): void {
    if (resource === 'namespaces') this.#affinity.clear();
    else if (resource === 'services') {
      this.#spreadFilter.clear();
      this.#spreadScore.clear();
      this.#byOwner.clear();
    } else {
      const owner = `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}`;
      for (const key of this.#byOwner.get(owner) ?? []) {
        this.#spreadFilter.delete(key);
        this.#spreadScore.delete(key);
      }
      this.#byOwner.delete(owner);
    }
  }

  /** The best node at once, for pods about which nothing but the nodes themselves decides; undefined for all others. */
  findTop(pod: Pod, draw: () => number): Top | undefined {
    const { table } = this.#cache;
    void this.#cache.order;
    if ((pod.spec?.volumes ?? []).length > 0 || pod.spec?.affinity?.nodeAffinity !== undefined || this.#nominator.concerns(pod))
      return undefined;
    if (this.#rules.calledScores.length > 0 || this.#spreadFilterOf(pod) !== undefined || this.#spreadScoreOf(pod) !== undefined)
      return undefined;
    if (!this.#affinityOf(pod).isIdle()) return undefined;
    const state = new CycleState();
    if (this.#runCalledPreFilters(state, pod).status !== undefined) return undefined;
    const filters = [...this.#rules.earlyFilters, ...this.#rules.lateFilters];
    if (filters.some((plugin) => !state.skipFilter.has(plugin.name))) return undefined;
    const local = this.#localOf(pod);
    let top = this.#tops.get(local);
    if (top === undefined) {
      top = new TopScores(local);
      this.#tops.set(local, top);
    }
    top.update(table);
    if (top.feasible < 2 || local.fit.taintedSlots > 0 || local.fit.hasPreferences) return undefined;
    const slot = top.pick(Math.min(Math.floor(draw() * top.tied), top.tied - 1));
    return { slot, tied: top.tied, feasible: top.feasible, state };
  }

  #localOf(pod: Pod): LocalFit {
    const key = StaticFit.keyOf(pod);
    return this.#local.get(LocalFit.keyOf(pod, key), () => {
      const fixed = this.#fixed.get(key, () => new StaticFit(pod, this.#rules.fixed));
      return new LocalFit(pod, fixed, this.#rules.local);
    });
  }

  /** Filters from `start` until `wanted(nodes considered)` nodes fit; with `onlyNode`, that node alone. */
  find(pod: Pod, start: number, wanted: (considered: number) => number, onlyNode = ''): Found {
    const { order, table } = this.#cache;
    this.#reserve(table.version.length);
    this.#plainState = undefined;
    const state = new CycleState();
    const local = this.#localOf(pod);
    this.localFit = local;
    const none = { state, evaluated: 0, feasible: 0, considered: 0 };
    const called = this.#runCalledPreFilters(state, pod);
    if ('status' in called && called.status !== undefined) return { ...none, preFilter: called.status };
    const narrowed = this.#narrow(state, pod, called);
    if (narrowed.status !== undefined) return { ...none, preFilter: narrowed.status };
    const spread = this.#spreadFilterOf(pod);
    spread?.prepareFilter();
    const affinity = this.#affinityOf(pod);
    const isNear = this.#rules.filtersInterPod && affinity.prepareFilter();
    const early = this.#rules.earlyFilters.filter((plugin) => !state.skipFilter.has(plugin.name));
    const late = this.#rules.lateFilters.filter((plugin) => !state.skipFilter.has(plugin.name));
    let slots = narrowed.slots ?? order;
    if (onlyNode !== '') slots = slots.filter((slot) => table.infos[slot]?.name === onlyNode);
    const limit = wanted(slots.length);
    const isSpecial = this.#nominator.concerns(pod);
    const needsCalls = early.length > 0 || late.length > 0;
    let feasible = 0;
    let evaluated = 0;
    const count = slots.length;
    let at = count === 0 ? 0 : start % count;
    for (let i = 0; i < count; i++) {
      const slot = slots[at] as number;
      if (++at === count) at = 0;
      let code = 0;
      if (isSpecial && this.#isNominated(slot)) code = this.#checkWithNominated(pod, slot);
      else {
        const score = local.at(table, slot);
        if (score < 0) code = -score;
        else {
          if (needsCalls && early.length > 0) code = this.#call(early, state, pod, slot);
          if (code === 0 && spread !== undefined) {
            const verdict = spread.check(slot);
            if (verdict !== SPREAD_FITS) code = verdict === SPREAD_LABEL ? SPREAD_KEY : SPREAD_SKEWED;
          }
          if (code === 0 && isNear) {
            const verdict = affinity.check(slot);
            if (verdict !== 0) code = INTER_POD + verdict;
          }
          if (code === 0 && needsCalls && late.length > 0) code = this.#call(late, state, pod, slot);
        }
      }
      if (code !== 0) {
        this.codes[slot] = code;
        this.rejected[this.rejectedCount++] = slot;
        evaluated++;
      } else {
        if (feasible === limit) break;
        this.slots[feasible++] = slot;
        evaluated++;
      }
    }
    return { state, evaluated, feasible, considered: count, absent: narrowed.absent };
  }

  /** Weighted totals of the slots found, in `totals`. Returns how many score plugins were asked. */
  score(pod: Pod, found: Found): void {
    const count = found.feasible;
    const local = this.localFit as LocalFit;
    const { table } = this.#cache;
    const { totals, slots } = this;
    for (let i = 0; i < count; i++) totals[i] = Math.max(local.at(table, slots[i] as number), 0);
    // A node that fits only beside its nominated pods is scored as it stands.
    this.#scoreFixed(local.fit, count);
    const rules = this.#rules;
    if (rules.spreadWeight !== 0) this.#spreadScoreOf(pod)?.score(slots, count, rules.spreadWeight, totals, this.#raw);
    if (rules.interPodWeight !== 0) this.#affinityOf(pod).score(slots, count, rules.interPodWeight, totals, this.#raw);
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
    // `rejected` is read no more once a node was found: its space serves for the tied slots.
    for (let i = 0; i < count; i++) if (totals[i] === top) best[n++] = slots[i] as number;
    const sorted = best.subarray(0, tied).sort();
    return { slot: sorted[Math.min(Math.floor(draw * tied), tied - 1)] as number, tied, total: top };
  }

  /** Why a slot was rejected in the last decision. */
  statusOf(slot: number, pod: Pod): Status | undefined {
    const code = this.codes[slot] as number;
    if (code === CALLED) return this.calledStatus.get(slot);
    const info = this.#cache.table.infos[slot];
    return code === 0 || info === undefined ? undefined : statusOfCode(code, pod, info, this.#rules.local.isIgnored);
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
        if (!isRejected(status)) throw new PluginError(`running PreFilter plugin "${plugin.name}": ${messageOf(status)}`);
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
    const info = this.#cache.table.infos[slot] as NodeInfo;
    const status = this.#profile.runFilters(plugins, state, pod, info, this.#handle);
    if (status === undefined) return 0;
    if (!isRejected(status)) throw new PluginError(messageOf(status));
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
    const status = filterWithNominated(this.#profile, this.#handle, this.#plainState, pod, this.#cache.table.infos[slot] as NodeInfo);
    if (status === undefined) return 0;
    if (!isRejected(status)) throw new PluginError(messageOf(status));
    this.calledStatus.set(slot, status);
    return CALLED;
  }

  /** TaintToleration and NodeAffinity: scaled by the largest among the slots found. */
  #scoreFixed(fixed: StaticFit, count: number): void {
    const { totals, slots } = this;
    const { taintWeight, affinityWeight } = this.#rules;
    if (taintWeight !== 0) {
      let max = 0;
      if (fixed.taintedSlots > 0) for (let i = 0; i < count; i++) max = Math.max(max, fixed.taints[slots[i] as number] as number);
      for (let i = 0; i < count; i++) {
        const score = max === 0 ? 100 : 100 - Math.trunc((100 * (fixed.taints[slots[i] as number] as number)) / max);
        totals[i] = (totals[i] as number) + taintWeight * score;
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

  #topologyKey(pod: Pod): string {
    return `${podNamespace(pod)}|${idOf(pod.metadata?.labels)}`;
  }

  #spreadKey(pod: Pod): string {
    const owner = pod.metadata?.ownerReferences?.find((reference) => reference.controller === true);
    return `${this.#topologyKey(pod)}|${idOf(pod.spec?.topologySpreadConstraints)}|${owner?.kind ?? ''}/${owner?.name ?? ''}|${StaticFit.keyOf(pod)}`;
  }

  #newSpread(pod: Pod, key: string, action: 'DoNotSchedule' | 'ScheduleAnyway', allKeys: boolean): SpreadFit | undefined {
    const owner = pod.metadata?.ownerReferences?.find((reference) => reference.controller === true);
    if (owner !== undefined) {
      const of = `${podNamespace(pod)}/${owner.name}`;
      const keys = this.#byOwner.get(of);
      if (keys === undefined) this.#byOwner.set(of, new Set([key]));
      else keys.add(key);
    }
    const constraints = this.#rules.spread?.constraintsOf(pod, action, this.#handle) ?? [];
    if (constraints.length === 0) return undefined;
    return new SpreadFit(pod, constraints, allKeys, this.#cache.table, this.#cache.keys, this.#spreadColumns);
  }

  #spreadFilterOf(pod: Pod): SpreadFit | undefined {
    const { spread, filtersSpread } = this.#rules;
    if (spread === undefined || !filtersSpread) return undefined;
    const key = this.#spreadKey(pod);
    return this.#spreadFilter.get(key, () => this.#newSpread(pod, key, 'DoNotSchedule', true));
  }

  #spreadScoreOf(pod: Pod): SpreadFit | undefined {
    const { spread } = this.#rules;
    if (spread === undefined) return undefined;
    const key = this.#spreadKey(pod);
    return this.#spreadScore.get(key, () => this.#newSpread(pod, key, 'ScheduleAnyway', spread.requiresAllKeys(pod)));
  }

  #affinityOf(pod: Pod): AffinityFit {
    const affinity = pod.spec?.affinity;
    const key = `${this.#topologyKey(pod)}|${idOf(affinity?.podAffinity)}/${idOf(affinity?.podAntiAffinity)}`;
    return this.#affinity.get(key, () => {
      const { hardWeight = 1, ignoresExisting = false } = this.#rules.interPod ?? {};
      const namespace = this.#handle.lister<Namespace & KubeObject>('namespaces').get(podNamespace(pod));
      return new AffinityFit(pod, this.#affinityColumns, {
        namespaceLabels: namespace?.metadata?.labels as Readonly<Record<string, string>> | undefined,
        resolve: (terms) => resolveNamespaces(terms, this.#handle),
        hardWeight,
        ignoresExisting,
      });
    });
  }
}
