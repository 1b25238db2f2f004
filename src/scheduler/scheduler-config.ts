/** How a scheduler host is set up: survives structured clone. */

import type { ClientConfig } from '#client';
import type { KubeSchedulerConfiguration } from './configuration/kube-scheduler-configuration.ts';
import type { ExtensionPoint, ProfileSpec } from './profile.ts';

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

/** Profiles as the runtime takes them. */
export function profilesOf(config: SchedulerConfig): ProfileSpec[] {
  const { configuration, schedulerName = 'default-scheduler' } = config;
  if (configuration === undefined) return [{ schedulerName }];
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
