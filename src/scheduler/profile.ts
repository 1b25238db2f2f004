/** A profile: which plugins run at which extension point, in which order, with which weight.
 *  Mirrors kube-scheduler v1.34 apis/config/v1/default_plugins.go (order and weights) and framework/runtime/framework.go (the runs). */

import type { Pod } from '#api';
import { preScoreError } from './attempt-error.ts';
import { EXTENSION_POINTS, type ExtensionPoint } from './configuration/plugin-sets.ts';
import type {
  AnyPlugin,
  CycleState,
  FilterPlugin,
  Handle,
  NodeScore,
  NodeStatuses,
  PermitPlugin,
  Plugin,
  PostFilterPlugin,
  PostFilterResult,
  PreBindPlugin,
  PreEnqueuePlugin,
  PreFilterPlugin,
  PreScorePlugin,
  QueueSortPlugin,
  ReservePlugin,
  ScorePlugin,
} from './framework.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { PluginError } from './plugin-error.ts';
import { IN_TREE, type Registry } from './plugins/registry.ts';
import { podName, podNamespace } from './pod-fields.ts';
import type { PodInfo } from './pod-info.ts';
import { type ProfileSpec, standardProfile } from './profile-spec.ts';
import { isRejected, messageOf, type Status, unresolvable, unschedulable, withPlugin } from './status.ts';

export interface PreFilterOutcome {
  readonly nodeNames?: ReadonlySet<string>;
  readonly status?: Status;
  /** Plugins that narrowed the nodes. */
  readonly narrowedBy: ReadonlySet<string>;
}

export interface PluginScores {
  readonly plugin: string;
  readonly weight: number;
  /** Normalized, before the weight; aligned with the nodes scored. */
  readonly scores: readonly NodeScore[];
}

const subject = (pod: Pod): string => `pod ${podNamespace(pod)}/${podName(pod)}`;

/** Calls a plugin; what it throws comes out with its name, the pod and the node. */
export function guarded<T>(plugin: Plugin, point: string, pod: Pod, node: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof PluginError) throw error;
    const where = node === '' ? '' : ` and node ${node}`;
    throw new PluginError(
      `plugin ${plugin.name} threw in ${point} for ${subject(pod)}${where}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export class Profile {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | undefined;
  readonly plugins: ReadonlyMap<string, AnyPlugin>;
  readonly preEnqueue: readonly PreEnqueuePlugin[];
  readonly queueSort: QueueSortPlugin;
  readonly preFilter: readonly PreFilterPlugin[];
  readonly filter: readonly FilterPlugin[];
  readonly postFilter: readonly PostFilterPlugin[];
  readonly preScore: readonly PreScorePlugin[];
  readonly score: readonly { readonly plugin: ScorePlugin; readonly weight: number }[];
  readonly reserve: readonly ReservePlugin[];
  readonly permit: readonly PermitPlugin[];
  readonly preBind: readonly PreBindPlugin[];
  /** Plugins that keep books of their own. */
  readonly observers: readonly AnyPlugin[];
  /** PostFilter is upstream's default: DynamicResources, then DefaultPreemption. */
  readonly hasDefaultPostFilters: boolean;

  constructor(spec: ProfileSpec = standardProfile(), registry: Registry = IN_TREE) {
    this.schedulerName = spec.schedulerName;
    this.percentageOfNodesToScore = spec.percentageOfNodesToScore;
    const made = new Map<string, AnyPlugin>();
    const make = (name: string): AnyPlugin => {
      let plugin = made.get(name);
      if (plugin === undefined) {
        const factory = registry.get(name);
        if (factory === undefined) throw new PluginError(`plugin "${name}" is not registered`);
        plugin = factory(spec.args?.[name] ?? {});
        made.set(name, plugin);
      }
      return plugin;
    };
    const at = (point: ExtensionPoint): { plugin: AnyPlugin; weight: number }[] =>
      spec.plugins[point].map(({ name, weight }) => ({ plugin: make(name), weight }));
    const only = <T>(point: ExtensionPoint): T[] => at(point).map(({ plugin }) => plugin as unknown as T);
    this.preEnqueue = only('preEnqueue');
    this.queueSort = only<QueueSortPlugin>('queueSort')[0] as QueueSortPlugin;
    this.preFilter = only('preFilter');
    this.filter = only('filter');
    this.postFilter = only('postFilter');
    this.preScore = only('preScore');
    this.score = at('score').map(({ plugin, weight }) => ({ plugin: plugin as unknown as ScorePlugin, weight }));
    this.reserve = only('reserve');
    this.permit = only('permit');
    this.preBind = only('preBind');
    for (const point of EXTENSION_POINTS) at(point);
    this.hasDefaultPostFilters = this.postFilter.map((plugin) => plugin.name).join() === 'DynamicResources,DefaultPreemption';
    this.plugins = made;
    this.observers = [...made.values()].filter((plugin) => plugin.observe !== undefined);
  }

  runPreEnqueue(pod: Pod): Status | undefined {
    for (const plugin of this.preEnqueue) {
      const status = guarded(plugin, 'PreEnqueue', pod, '', () => plugin.preEnqueue(pod));
      if (status !== undefined) return withPlugin(status, plugin.name);
    }
    return undefined;
  }

  /** RunPreFilterPlugins. */
  runPreFilter(state: CycleState, pod: Pod, handle: Handle): PreFilterOutcome {
    const skipped = new Set<string>();
    const narrowedBy = new Set<string>();
    let nodeNames: ReadonlySet<string> | undefined;
    let rejection: Status | undefined;
    state.skipFilter = skipped;
    for (const plugin of this.preFilter) {
      const result = guarded(plugin, 'PreFilter', pod, '', () => plugin.preFilter(state, pod, handle));
      const status = result?.status;
      if (status?.code === 'Skip') {
        skipped.add(plugin.name);
        continue;
      }
      if (status !== undefined) {
        if (status.code !== 'Unschedulable') return { status: withPlugin(status, plugin.name), narrowedBy };
        rejection = withPlugin(status, plugin.name);
        continue;
      }
      if (result?.nodeNames === undefined) continue;
      narrowedBy.add(plugin.name);
      const before = nodeNames;
      nodeNames = before === undefined ? result.nodeNames : new Set([...before].filter((name) => result.nodeNames?.has(name)));
      if (nodeNames.size > 0) continue;
      const names = [...narrowedBy].sort();
      const text =
        names.length === 1
          ? `node(s) didn't satisfy plugin ${names[0]}`
          : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`;
      return { nodeNames, status: unresolvable(text), narrowedBy };
    }
    return { nodeNames, status: rejection, narrowedBy };
  }

  /** RunFilterPlugins: the first plugin that objects decides. */
  runFilter(state: CycleState, pod: Pod, node: NodeInfo, handle: Handle): Status | undefined {
    return this.runFilters(this.filter, state, pod, node, handle);
  }

  /** The same with some of the plugins only. */
  runFilters(plugins: readonly FilterPlugin[], state: CycleState, pod: Pod, node: NodeInfo, handle: Handle): Status | undefined {
    for (const plugin of plugins) {
      if (state.skipFilter.has(plugin.name)) continue;
      const status = guarded(plugin, 'Filter', pod, node.name, () => plugin.filter(state, pod, node, handle));
      if (status !== undefined) return withPlugin(status, plugin.name);
    }
    return undefined;
  }

  addPod(state: CycleState, pod: Pod, added: PodInfo, node: NodeInfo): void {
    for (const plugin of this.preFilter) if (!state.skipFilter.has(plugin.name)) plugin.addPod?.(state, pod, added, node);
  }

  removePod(state: CycleState, pod: Pod, removed: PodInfo, node: NodeInfo): void {
    for (const plugin of this.preFilter) if (!state.skipFilter.has(plugin.name)) plugin.removePod?.(state, pod, removed, node);
  }

  /** RunPostFilterPlugins: the first success, refusal for good or error ends it; otherwise all reasons are joined. */
  runPostFilter(state: CycleState, pod: Pod, statuses: NodeStatuses, handle: Handle): PostFilterResult {
    const reasons: string[] = [];
    let nominatedNodeName: string | undefined;
    let dryRuns = 0;
    for (const plugin of this.postFilter) {
      const result = guarded(plugin, 'PostFilter', pod, '', () => plugin.postFilter(state, pod, statuses, handle));
      if (result.status === undefined) return result.candidates === undefined ? result : { ...result, earlierReasons: reasons };
      if (result.status.code === 'UnschedulableAndUnresolvable' || !isRejected(result.status))
        return { ...result, status: withPlugin(result.status, plugin.name) };
      dryRuns += result.dryRuns ?? 0;
      if (result.nominatedNodeName !== undefined) nominatedNodeName = result.nominatedNodeName;
      reasons.push(...result.status.reasons);
    }
    return { nominatedNodeName, dryRuns, status: unschedulable(...reasons) };
  }

  /** RunPreScorePlugins and RunScorePlugins: normalized scores of the plugins that did not skip. */
  runScore(state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): PluginScores[] {
    this.runPreScores(this.preScore, state, pod, nodes, handle);
    return this.runScores(this.score, state, pod, nodes, handle);
  }

  runPreScores(plugins: readonly PreScorePlugin[], state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): void {
    const skipped = new Set<string>();
    for (const plugin of plugins) {
      const status = guarded(plugin, 'PreScore', pod, '', () => plugin.preScore(state, pod, nodes, handle));
      if (status?.code === 'Skip') skipped.add(plugin.name);
      else if (status !== undefined) throw preScoreError(plugin.name, messageOf(status));
    }
    state.skipScore = skipped;
  }

  /** Score and NormalizeScore of some of the plugins, checked. */
  runScores(plugins: Profile['score'], state: CycleState, pod: Pod, nodes: readonly NodeInfo[], handle: Handle): PluginScores[] {
    const skipped = state.skipScore;
    const all: PluginScores[] = [];
    for (const { plugin, weight } of plugins) {
      if (skipped.has(plugin.name)) continue;
      const scores = nodes.map((node) => ({
        name: node.name,
        score: guarded(plugin, 'Score', pod, node.name, () => plugin.score(state, pod, node, handle)),
      }));
      guarded(plugin, 'NormalizeScore', pod, '', () => plugin.normalizeScore?.(state, pod, scores, handle));
      for (const { name, score } of scores) {
        if (Number.isInteger(score) && score >= 0 && score <= MAX_NODE_SCORE) continue;
        throw new PluginError(
          `plugin ${plugin.name} gave ${subject(pod)} and node ${name} the score ${score}, outside 0..${MAX_NODE_SCORE} or not whole`,
        );
      }
      all.push({ plugin: plugin.name, weight, scores });
    }
    return all;
  }
}
