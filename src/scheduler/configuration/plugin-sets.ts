/** Which plugin runs at which extension point, in which order, with which weight.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/apis/config/v1/default_plugins.go (merging with the defaults) and
 *  pkg/scheduler/framework/runtime/framework.go (expandMultiPointPlugins, updatePluginList). */

/** Wire names of the extension points, in the order in which a pod passes them. */
export const EXTENSION_POINTS = [
  'preEnqueue',
  'queueSort',
  'preFilter',
  'filter',
  'postFilter',
  'preScore',
  'score',
  'reserve',
  'permit',
  'preBind',
  'bind',
  'postBind',
] as const;

export type ExtensionPoint = (typeof EXTENSION_POINTS)[number];

export interface PluginReference {
  readonly name: string;
  /** Of its score; 0 or absent means 1. */
  readonly weight?: number;
}
export interface PluginSet {
  readonly enabled?: readonly PluginReference[];
  readonly disabled?: readonly PluginReference[];
}
export type Plugins = Readonly<Partial<Record<ExtensionPoint | 'multiPoint', PluginSet>>>;

/** getDefaultPlugins of v1.34 with default feature gates. */
export const DEFAULT_PLUGINS: Plugins = {
  multiPoint: {
    enabled: [
      { name: 'SchedulingGates' },
      { name: 'PrioritySort' },
      { name: 'NodeUnschedulable' },
      { name: 'NodeName' },
      { name: 'TaintToleration', weight: 3 },
      { name: 'NodeAffinity', weight: 2 },
      { name: 'NodePorts' },
      { name: 'NodeResourcesFit', weight: 1 },
      { name: 'VolumeRestrictions' },
      { name: 'NodeVolumeLimits' },
      { name: 'VolumeBinding' },
      { name: 'VolumeZone' },
      { name: 'PodTopologySpread', weight: 2 },
      { name: 'InterPodAffinity', weight: 2 },
      { name: 'DynamicResources' },
      { name: 'DefaultPreemption' },
      { name: 'NodeResourcesBalancedAllocation', weight: 1 },
      { name: 'ImageLocality', weight: 1 },
      { name: 'DefaultBinder' },
    ],
  },
};

/** What a registry must tell of each plugin: the extension points it implements. */
export type PluginRegistry = ReadonlyMap<string, readonly ExtensionPoint[]>;

/** Per extension point, the plugins that run there in order. Weights matter at `score` alone. */
export type ResolvedPlugins = Readonly<Record<ExtensionPoint, readonly { readonly name: string; readonly weight: number }[]>>;

/** A plugin set that cannot be built; the text is upstream's. `plugin` and `point` lead to the line in the file. */
export class PluginSetError extends Error {
  readonly plugin: string | undefined;
  readonly point: ExtensionPoint | undefined;

  constructor(message: string, plugin?: string, point?: ExtensionPoint) {
    super(message);
    this.plugin = plugin;
    this.point = point;
  }
}

function mergeSet(standard: PluginSet, custom: PluginSet): PluginSet {
  const disabled = [...(custom.disabled ?? []), ...(standard.disabled ?? [])];
  const isDisabled = new Set(disabled.map(({ name }) => name));
  const customIndex = new Map((custom.enabled ?? []).map((plugin, index) => [plugin.name, index]));
  const replaced = new Set<number>();
  const enabled: PluginReference[] = [];
  if (!isDisabled.has('*')) {
    for (const plugin of standard.enabled ?? []) {
      if (isDisabled.has(plugin.name)) continue;
      const index = customIndex.get(plugin.name);
      if (index !== undefined) replaced.add(index);
      enabled.push(index === undefined ? plugin : (custom.enabled?.[index] as PluginReference));
    }
  }
  custom.enabled?.forEach((plugin, index) => {
    if (!replaced.has(index)) enabled.push(plugin);
  });
  return { enabled, disabled };
}

/** A profile's plugins over the defaults. */
export function mergePlugins(custom: Plugins | undefined): Plugins {
  if (custom === undefined) return DEFAULT_PLUGINS;
  const merged: Partial<Record<ExtensionPoint | 'multiPoint', PluginSet>> = {};
  for (const point of ['multiPoint', ...EXTENSION_POINTS] as const)
    merged[point] = mergeSet(DEFAULT_PLUGINS[point] ?? {}, custom[point] ?? {});
  return merged;
}

const goType = (point: ExtensionPoint): string => `${(point[0] ?? '').toUpperCase()}${point.slice(1)}Plugin`;

function checkExplicit(point: ExtensionPoint, set: PluginSet, registry: PluginRegistry): void {
  const seen = new Set<string>();
  for (const { name } of set.enabled ?? []) {
    const points = registry.get(name);
    if (points === undefined) throw new PluginSetError(`${goType(point)} "${name}" does not exist`, name, point);
    if (!points.includes(point)) throw new PluginSetError(`plugin "${name}" does not extend ${goType(point)} plugin`, name, point);
    if (seen.has(name)) throw new PluginSetError(`plugin "${name}" already registered as "${goType(point)}"`, name, point);
    seen.add(name);
  }
}

/** Plugins of one point: explicit ones that override MultiPoint first, then MultiPoint's own, then the remaining explicit ones. */
function expand(point: ExtensionPoint, plugins: Plugins, registry: PluginRegistry): PluginReference[] {
  const set = plugins[point] ?? {};
  checkExplicit(point, set, registry);
  const explicit = set.enabled ?? [];
  const isExplicit = new Set(explicit.map(({ name }) => name));
  const isDisabled = new Set((set.disabled ?? []).map(({ name }) => name));
  const seen = new Set<string>();
  const overriding = new Set<string>();
  const inherited: PluginReference[] = [];
  for (const plugin of plugins.multiPoint?.enabled ?? []) {
    const points = registry.get(plugin.name);
    if (points === undefined) throw new PluginSetError(`${goType(point)} "${plugin.name}" does not exist`, plugin.name);
    if (!points.includes(point) || isDisabled.has('*') || isDisabled.has(plugin.name)) continue;
    if (seen.has(plugin.name)) throw new PluginSetError(`plugin "${plugin.name}" already registered as "${goType(point)}"`, plugin.name);
    seen.add(plugin.name);
    if (isExplicit.has(plugin.name)) overriding.add(plugin.name);
    else inherited.push(plugin);
  }
  return [...explicit.filter(({ name }) => overriding.has(name)), ...inherited, ...explicit.filter(({ name }) => !overriding.has(name))];
}

/** Resolves merged plugins against a registry. Throws PluginSetError. */
export function resolvePlugins(plugins: Plugins, registry: PluginRegistry, schedulerName: string): ResolvedPlugins {
  const resolved = {} as Record<ExtensionPoint, { name: string; weight: number }[]>;
  for (const point of EXTENSION_POINTS) {
    // 0 stands for "not set" on the wire, and means 1.
    resolved[point] = expand(point, plugins, registry).map(({ name, weight }) => ({
      name,
      weight: weight === undefined || weight === 0 ? 1 : weight,
    }));
  }
  const sorts = resolved.queueSort.length;
  if (sorts === 0) throw new PluginSetError(`at least one queue sort plugin is needed for profile with scheduler name "${schedulerName}"`);
  if (sorts > 1)
    throw new PluginSetError(`only one queue sort plugin required for profile with scheduler name "${schedulerName}", but got ${sorts}`);
  if (resolved.bind.length === 0)
    throw new PluginSetError(`at least one bind plugin is needed for profile with scheduler name "${schedulerName}"`);
  return resolved;
}
