/** Plugins of one's own, by name: registered while modules load, before a scheduler is made; then a configuration may name them like any other.
 *  Stands for the out-of-tree registry of kube-scheduler v1.34 (app.WithPlugin). */

import type { PluginRegistry } from './configuration/plugin-sets.ts';
import { PluginError } from './plugin-error.ts';
import { pointsByName } from './plugin-points.ts';
import { IN_TREE, type PluginFactory, type Registry } from './plugins/registry.ts';

// Filled while modules load, read-only once a run begins. The same files are loaded on every thread.
const ownPlugins = new Map<string, PluginFactory>();

/** Throws PluginError when the name is taken. */
export function registerPlugin(name: string, factory: PluginFactory): void {
  if (IN_TREE.has(name) || ownPlugins.has(name)) throw new PluginError(`a plugin named ${name} already exists`);
  ownPlugins.set(name, factory);
}

export const registeredPlugins = (): Registry => new Map([...IN_TREE, ...ownPlugins]);

/** Names of the plugins that are not upstream's, in the order of registration. */
export const ownPluginNames = (): readonly string[] => [...ownPlugins.keys()];

/** Which extension points each plugin implements: what reading a configuration needs to know. */
export const pluginPoints = (): PluginRegistry => pointsByName(registeredPlugins());
