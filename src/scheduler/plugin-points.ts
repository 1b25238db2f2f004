/** Which extension points a plugin takes part in: told from the methods that it has, as kube-scheduler v1.34 tells it from the interfaces that a plugin
 *  implements (framework/runtime/framework.go, getExtensionPoints). */

import type { ExtensionPoint, PluginRegistry } from './configuration/plugin-sets.ts';
import type { AnyPlugin } from './framework.ts';
import type { Registry } from './plugins/registry.ts';

/** The method by which a plugin takes part in each extension point. DefaultBinder binds through the API and has none. */
export const POINT_METHODS: readonly (readonly [ExtensionPoint, keyof AnyPlugin])[] = [
  ['preEnqueue', 'preEnqueue'],
  ['queueSort', 'less'],
  ['preFilter', 'preFilter'],
  ['filter', 'filter'],
  ['postFilter', 'postFilter'],
  ['preScore', 'preScore'],
  ['score', 'score'],
  ['reserve', 'reserve'],
  ['permit', 'permit'],
  ['preBind', 'preBind'],
];

export function pointsOf(plugin: AnyPlugin): readonly ExtensionPoint[] {
  if (plugin.name === 'DefaultBinder') return ['bind'];
  return POINT_METHODS.filter(([, method]) => typeof plugin[method] === 'function').map(([point]) => point);
}

/** What reading a configuration needs to know of each plugin. */
export const pointsByName = (registry: Registry): PluginRegistry =>
  new Map([...registry].map(([name, factory]) => [name, pointsOf(factory({}))] as const));
