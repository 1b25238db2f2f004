/** What a profile is made from: the plugins of each extension point, resolved once (configuration/plugin-sets.ts), and their arguments. */

import { mergePlugins, type ResolvedPlugins, resolvePlugins } from './configuration/plugin-sets.ts';
import { pointsByName } from './plugin-points.ts';
import { IN_TREE, type Registry } from './plugins/registry.ts';

export interface ProfileSpec {
  readonly schedulerName: string;
  readonly plugins: ResolvedPlugins;
  /** By plugin; a plugin that is not here gets its defaults. */
  readonly args?: Readonly<Record<string, unknown>>;
  readonly percentageOfNodesToScore?: number;
}

/** The default plugins, and after them `own` with weight 1: what runs where no configuration says otherwise. */
export function standardProfile(
  schedulerName = 'default-scheduler',
  registry: Registry = IN_TREE,
  own: readonly string[] = [],
): ProfileSpec {
  const plugins = mergePlugins({ multiPoint: { enabled: own.map((name) => ({ name })) } });
  return { schedulerName, plugins: resolvePlugins(plugins, pointsByName(registry), schedulerName) };
}
