/** How a scheduler host is set up: survives structured clone. */

import type { ClientConfig } from '#client';
import type { KubeSchedulerConfiguration } from './configuration/kube-scheduler-configuration.ts';
import { ownPluginNames } from './plugin-registration.ts';
import { DEFAULT_PLUGINS, type ExtensionPoint, type ProfileSpec } from './profile.ts';

export interface SchedulerConfig {
  readonly client: ClientConfig;
  /** spec.schedulerName that this scheduler answers for when no configuration names its profiles; default 'default-scheduler'. */
  readonly schedulerName?: string;
  /** A KubeSchedulerConfiguration, read and defaulted. */
  readonly configuration?: KubeSchedulerConfiguration;
  /** 0 (default): upstream's adaptive formula. A configuration's own figure goes before. */
  readonly percentageOfNodesToScore?: number;
  /** 'model' (default): what the real scheduler would have needed. A number: that many microseconds an attempt. */
  readonly cost?: 'model' | number;
}

/** Profiles as the runtime takes them. Without a configuration, plugins of one's own join the default profile with weight 1. */
export function profilesOf(config: SchedulerConfig): ProfileSpec[] {
  const { configuration, schedulerName = 'default-scheduler' } = config;
  if (configuration === undefined) {
    const own = ownPluginNames().map((name) => ({ name, weight: 1 }));
    return own.length === 0 ? [{ schedulerName }] : [{ schedulerName, plugins: [...DEFAULT_PLUGINS, ...own] }];
  }
  return configuration.profiles.map((profile) => {
    const points = profile.plugins as unknown as Record<ExtensionPoint, readonly { name: string; weight: number }[]>;
    const names = new Map<string, { name: string; weight: number }>();
    for (const point of Object.keys(points) as ExtensionPoint[])
      for (const plugin of points[point]) if (!names.has(plugin.name)) names.set(plugin.name, plugin);
    return {
      schedulerName: profile.schedulerName,
      plugins: [...names.values()],
      points,
      args: profile.args,
      percentageOfNodesToScore: profile.percentageOfNodesToScore,
    };
  });
}
