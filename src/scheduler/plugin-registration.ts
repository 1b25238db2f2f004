/** Plugins of one's own, by name: registered before a scheduler is made; then a configuration may name them like any other.
 *  Stands for the out-of-tree registry of kube-scheduler v1.34 (app.WithPlugin). */

import { checkedPlugin, type PluginOrigin, placeIn } from './checked-plugin.ts';
import type { PluginRegistry } from './configuration/plugin-sets.ts';
import type { AnyPlugin } from './framework.ts';
import { PluginError } from './plugin-error.ts';
import { pointsByName } from './plugin-points.ts';
import { IN_TREE, type PluginFactory, type Registry } from './plugins/registry.ts';

interface OwnPlugin {
  readonly factory: PluginFactory;
  readonly origin: PluginOrigin | undefined;
}

// Filled before a run begins, read-only after. The same files are loaded on every thread.
const ownPlugins = new Map<string, OwnPlugin>();

/** What the factory makes is checked at every call. Throws PluginError when the name is taken; by the same file it may be taken again. */
export function registerPlugin(name: string, factory: PluginFactory, origin?: PluginOrigin): void {
  const before = ownPlugins.get(name);
  const isSame = before !== undefined && before.origin !== undefined && before.origin.href === origin?.href;
  if (IN_TREE.has(name)) throw new PluginError(`a plugin named ${name} already exists: kube-scheduler's own`);
  if (before !== undefined && !isSame)
    throw new PluginError(`a plugin named ${name} already exists${before.origin === undefined ? '' : `: that of ${before.origin.file}`}`);
  ownPlugins.set(name, { factory: (args) => checkedPlugin(made(name, factory, args, origin), origin), origin });
}

/** A factory may refuse its arguments: by throwing. */
function made(name: string, factory: PluginFactory, args: unknown, origin: PluginOrigin | undefined): AnyPlugin {
  try {
    return factory(args);
  } catch (error) {
    throw new PluginError(
      `${placeIn(origin, error)}plugin ${name} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export const registeredPlugins = (): Registry =>
  new Map([...IN_TREE, ...[...ownPlugins].map(([name, { factory }]) => [name, factory] as const)]);

/** Which extension points each plugin implements: what reading a configuration needs to know. */
export const pluginPoints = (): PluginRegistry => pointsByName(registeredPlugins());
