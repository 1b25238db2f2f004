/** Which plugins a decision asked, and how many nodes each of them rejected: what metrics need to know, worked out only when they ask.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/framework/runtime (which plugins are skipped) and the plugins' own rules for Skip. */

import type { Pod } from '#api';
import type { CycleState } from '../framework.ts';
import { podHostPorts } from '../pod-info.ts';
import { podUsage } from '../pod-resources.ts';
import type { Profile } from '../profile.ts';
import { preferredNodeTerms, requiredNodeSelector } from '../required-node-affinity.ts';
import type { Status } from '../status.ts';
import type { PodClass } from './pod-classes.ts';
import type { ProfileRules } from './rules.ts';
import { CALLED, pluginOfCode } from './verdicts.ts';

/** Names by extension point, in the profile's order. */
export interface AskedPlugins {
  readonly preFilter: readonly string[];
  /** PreFilter plugins that had nothing to say: their Filter is not asked either. */
  readonly skipped: readonly string[];
  readonly filter: readonly string[];
  readonly preScore: readonly string[];
  readonly score: readonly string[];
}

export function askedPlugins(
  profile: Profile,
  skipsFilter: (plugin: string) => boolean,
  skipsScore: (plugin: string) => boolean,
): AskedPlugins {
  const preFilters = profile.preFilter.map(({ name }) => name);
  return {
    preFilter: preFilters.filter((name) => !skipsFilter(name)),
    skipped: preFilters.filter(skipsFilter),
    filter: profile.filter.map(({ name }) => name).filter((name) => !preFilters.includes(name) || !skipsFilter(name)),
    preScore: profile.preScore.map(({ name }) => name).filter((name) => !skipsScore(name)),
    score: profile.score.map(({ plugin }) => plugin.name).filter((name) => !skipsScore(name)),
  };
}

const NOTHING: ReadonlyMap<string, number> = new Map();

export class PluginRuns {
  readonly #profile: Profile;
  readonly #rules: ProfileRules;
  readonly #known = new WeakMap<PodClass, AskedPlugins[]>();
  #pod: Pod | undefined;
  #podClass: PodClass | undefined;
  #state: CycleState | undefined;
  #isNear = false;
  #counts = new Uint32Array(0);
  #called: ReadonlyMap<number, Status> | undefined;

  constructor(profile: Profile, rules: ProfileRules) {
    this.#profile = profile;
    this.#rules = rules;
  }

  /** A decision looks at nodes. `counts`: rejected nodes by verdict code, read once it has ended. */
  note(
    pod: Pod,
    podClass: PodClass,
    state: CycleState,
    isNear: boolean,
    counts: Uint32Array<ArrayBuffer>,
    called: ReadonlyMap<number, Status> | undefined,
  ): void {
    this.#pod = pod;
    this.#podClass = podClass;
    this.#state = state;
    this.#isNear = isNear;
    this.#counts = counts;
    this.#called = called;
  }

  /** Pods on nodes whose required anti-affinity concerned the pod. */
  get repelling(): number {
    return this.#isNear ? (this.#podClass?.affinity.repelling ?? 0) : 0;
  }

  /** Of the last decision. Pods of one class are asked about alike, unless plugins that are called have a say. */
  get asked(): AskedPlugins {
    const podClass = this.#podClass as PodClass;
    const pod = this.#pod as Pod;
    const skipped = this.#state?.skipFilter ?? new Set<string>();
    const isPlain = this.#rules.calledPreFilters.every(({ name }) => skipped.has(name));
    if (!isPlain) return this.#ask(pod, podClass, skipped);
    let known = this.#known.get(podClass);
    if (known === undefined) {
      known = [];
      this.#known.set(podClass, known);
    }
    const at = (this.#isNear ? 1 : 0) + (podClass.affinity.hasScores ? 2 : 0);
    const found = known[at] ?? this.#ask(pod, podClass, skipped);
    known[at] = found;
    return found;
  }

  #ask(pod: Pod, { spreadFilter, spreadScore, affinity }: PodClass, called: ReadonlySet<string>): AskedPlugins {
    const { fixed } = this.#rules;
    const skipsFilter = (name: string): boolean => {
      if (name === 'NodeAffinity')
        return requiredNodeSelector(pod) === undefined && pod.spec?.nodeSelector === undefined && fixed.addedRequired === undefined;
      if (name === 'NodePorts') return podHostPorts(pod).length === 0;
      if (name === 'PodTopologySpread') return spreadFilter === undefined;
      if (name === 'InterPodAffinity') return !this.#isNear;
      return called.has(name);
    };
    const skipsScore = (name: string): boolean => {
      if (name === 'NodeAffinity') return preferredNodeTerms(pod) === undefined && fixed.addedPreferred === undefined;
      if (name === 'PodTopologySpread') return spreadScore === undefined;
      if (name === 'InterPodAffinity') return !affinity.hasScores;
      // Only storage capacity scoring, an alpha gate, gives it a score.
      if (name === 'VolumeBinding') return true;
      if (name !== 'NodeResourcesBalancedAllocation') return false;
      const { requests } = podUsage(pod);
      return this.#rules.local.balancedResources.every((resource) => (requests[resource.name] ?? 0) === 0);
    };
    return askedPlugins(this.#profile, skipsFilter, skipsScore);
  }

  /** Nodes that each plugin rejected in the last decision. */
  get rejected(): ReadonlyMap<string, number> {
    let rejected: Map<string, number> | undefined;
    const add = (plugin: string, nodes: number): void => {
      if (nodes === 0 || plugin === '') return;
      rejected ??= new Map();
      rejected.set(plugin, (rejected.get(plugin) ?? 0) + nodes);
    };
    for (let code = 1; code < this.#counts.length; code++) {
      const nodes = this.#counts[code] as number;
      if (nodes === 0) continue;
      if (code !== CALLED) add(pluginOfCode(code), nodes);
      else for (const status of this.#called?.values() ?? []) add(status.plugin ?? '', 1);
    }
    return rejected ?? NOTHING;
  }
}
