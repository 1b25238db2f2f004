/** How a scheduler host is set up: survives structured clone. */

import type { ClientConfig } from '#client';
import type { KubeSchedulerConfiguration } from './configuration/kube-scheduler-configuration.ts';
import type { ExplainMode } from './explain-records.ts';
import { ownPluginNames, registeredPlugins } from './plugin-registration.ts';
import { type ProfileSpec, standardProfile } from './profile-spec.ts';

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
  /** Keeps a journal from which attempts can be explained afterwards; absent: nothing is kept. */
  readonly explain?: ExplainMode;
}

/** Profiles as the runtime takes them. Without a configuration, plugins of one's own join the default profile with weight 1. */
export function profilesOf({ configuration, schedulerName }: SchedulerConfig): readonly ProfileSpec[] {
  return configuration?.profiles ?? [standardProfile(schedulerName, registeredPlugins(), ownPluginNames())];
}
