/** What the fast cycle needs to know of a profile: which of the plugins it answers from columns run, with which weights, and which must be called. */

import type { FilterPlugin, PreFilterPlugin, ScorePlugin } from '../framework.ts';
import type { InterPodAffinity } from '../plugins/inter-pod-affinity.ts';
import type { NodeAffinity } from '../plugins/node-affinity.ts';
import type { NodeResourcesBalancedAllocation } from '../plugins/node-resources-balanced-allocation.ts';
import type { NodeResourcesFit } from '../plugins/node-resources-fit.ts';
import type { PodTopologySpread } from '../plugins/pod-topology-spread.ts';
import type { Profile } from '../profile.ts';
import { leastRequestedScore, type ResourceWeight } from '../resource-scorers.ts';
import type { LocalRules } from './local-fit.ts';
import type { StaticRules } from './static-fit.ts';

/** Filters answered from columns, in the order in which they are asked. */
const COLUMN_FILTERS = [
  'NodeUnschedulable',
  'NodeName',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'PodTopologySpread',
  'InterPodAffinity',
];
const COLUMN_SCORES = [
  'TaintToleration',
  'NodeAffinity',
  'NodeResourcesFit',
  'PodTopologySpread',
  'InterPodAffinity',
  'NodeResourcesBalancedAllocation',
  'ImageLocality',
  'VolumeBinding',
];
const TOPOLOGY_FILTERS = ['PodTopologySpread', 'InterPodAffinity'];

export interface ProfileRules {
  readonly local: LocalRules;
  readonly fixed: StaticRules;
  readonly taintWeight: number;
  readonly affinityWeight: number;
  /** Undefined where the profile does not filter (score weight 0: does not score) with it. */
  readonly spread: PodTopologySpread | undefined;
  readonly filtersSpread: boolean;
  readonly spreadWeight: number;
  readonly interPod: InterPodAffinity | undefined;
  readonly filtersInterPod: boolean;
  readonly interPodWeight: number;
  /** Called per node, between the node's own filters and the topology filters. */
  readonly earlyFilters: readonly FilterPlugin[];
  /** Called per node after all others. */
  readonly lateFilters: readonly FilterPlugin[];
  /** PreFilter of what is called, and of plugins that have no Filter. */
  readonly calledPreFilters: readonly PreFilterPlugin[];
  readonly calledScores: readonly { readonly plugin: ScorePlugin; readonly weight: number }[];
}

const isEvenly = (resources: readonly ResourceWeight[]): boolean =>
  resources.length === 2 && resources[0]?.name === 'cpu' && resources[1]?.name === 'memory' && resources[0].weight === resources[1].weight;

/** Undefined when the profile asks its filters in another order than upstream's: then every plugin must be called. */
export function rulesOf(profile: Profile): ProfileRules | undefined {
  const filters = profile.filter.map((plugin) => plugin.name);
  const positions = COLUMN_FILTERS.map((name) => filters.indexOf(name)).filter((at) => at >= 0);
  if (positions.some((at, i) => i > 0 && at < (positions[i - 1] as number))) return undefined;
  const scoreWeight = (name: string): number => profile.score.find(({ plugin }) => plugin.name === name)?.weight ?? 0;
  const has = (name: string): boolean => filters.includes(name);
  const firstTopology = filters.findIndex((name) => TOPOLOGY_FILTERS.includes(name));
  const lastNode = Math.max(-1, ...filters.map((name, i) => (COLUMN_FILTERS.includes(name) && !TOPOLOGY_FILTERS.includes(name) ? i : -1)));
  const called = profile.filter.filter((plugin) => !COLUMN_FILTERS.includes(plugin.name));
  // A called plugin before a node's own filters could reject first: leave such profiles to the plain cycle.
  if (called.some((plugin) => filters.indexOf(plugin.name) < lastNode)) return undefined;
  const isEarly = (name: string): boolean => firstTopology < 0 || filters.indexOf(name) < firstTopology;
  const fit = profile.plugins.get('NodeResourcesFit') as unknown as NodeResourcesFit | undefined;
  const balanced = profile.plugins.get('NodeResourcesBalancedAllocation') as unknown as NodeResourcesBalancedAllocation | undefined;
  const affinity = profile.plugins.get('NodeAffinity') as unknown as NodeAffinity | undefined;
  const spread = profile.plugins.get('PodTopologySpread') as unknown as PodTopologySpread | undefined;
  const interPod = profile.plugins.get('InterPodAffinity') as unknown as InterPodAffinity | undefined;
  return {
    fixed: {
      unschedulable: has('NodeUnschedulable'),
      nodeName: has('NodeName'),
      taints: has('TaintToleration'),
      affinity: has('NodeAffinity'),
      addedRequired: affinity?.addedRequired,
      addedPreferred: affinity?.addedPreferred,
      readsPreferences: profile.preScore.some(({ name }) => name === 'NodeAffinity'),
    },
    local: {
      ports: has('NodePorts'),
      fit: has('NodeResourcesFit'),
      isIgnored: fit?.isIgnored ?? (() => false),
      fitWeight: scoreWeight('NodeResourcesFit'),
      fitResources: fit?.resources ?? [],
      fitScore: fit?.resourceScore ?? leastRequestedScore,
      fitSkipsZero: fit?.strategy === 'RequestedToCapacityRatio',
      isDefaultFit: fit?.strategy === 'LeastAllocated' && isEvenly(fit.resources),
      balancedWeight: scoreWeight('NodeResourcesBalancedAllocation'),
      balancedResources: balanced?.resources ?? [],
      isDefaultBalanced: balanced !== undefined && isEvenly(balanced.resources),
      imageWeight: scoreWeight('ImageLocality'),
    },
    taintWeight: scoreWeight('TaintToleration'),
    affinityWeight: scoreWeight('NodeAffinity'),
    spread,
    filtersSpread: has('PodTopologySpread'),
    spreadWeight: scoreWeight('PodTopologySpread'),
    interPod,
    filtersInterPod: has('InterPodAffinity'),
    interPodWeight: scoreWeight('InterPodAffinity'),
    earlyFilters: called.filter((plugin) => isEarly(plugin.name)),
    lateFilters: called.filter((plugin) => !isEarly(plugin.name)),
    calledPreFilters: profile.preFilter.filter((plugin) => !COLUMN_FILTERS.includes(plugin.name)),
    calledScores: profile.score.filter(({ plugin }) => !COLUMN_SCORES.includes(plugin.name)),
  };
}
