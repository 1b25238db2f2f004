/** How a scheduler host is set up: survives structured clone. */

import type { ClientConfig, LeaderElectionConfig } from '#client';
import type { KubeSchedulerConfiguration } from './configuration/kube-scheduler-configuration.ts';
import type { CostMode } from './cost-meter.ts';
import type { ExplainMode } from './explain-records.ts';
import type { ExtenderPlacement } from './extender-client.ts';
import { registeredPlugins } from './plugin-registration.ts';
import { type ProfileSpec, standardProfile } from './profile-spec.ts';

export interface SchedulerConfig {
  readonly client: ClientConfig;
  /** spec.schedulerName that this scheduler answers for when no configuration names its profiles; default 'default-scheduler'. */
  readonly schedulerName?: string;
  /** A KubeSchedulerConfiguration, read and defaulted. */
  readonly configuration?: KubeSchedulerConfiguration;
  /** Registered plugins of one's own that join the default profile with weight 1 where no configuration says what runs. */
  readonly plugins?: readonly string[];
  /** Kubernetes' feature gates by name; SchedulerQueueingHints alone changes anything here. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  /** One of several replicas, or a lone one that holds a lease all the same: schedules only while it leads. */
  readonly leaderElection?: LeaderElectionConfig;
  /** 0 (default): upstream's adaptive formula. A configuration's own figure goes before. */
  readonly percentageOfNodesToScore?: number;
  /** How long an attempt takes; default 'model'. */
  readonly cost?: CostMode;
  /** The configuration's extenders, each with the host that answers for it. */
  readonly extenders?: readonly ExtenderPlacement[];
  /** Keeps a journal from which attempts can be explained afterwards; absent: nothing is kept. */
  readonly explain?: ExplainMode;
}

/** Profiles as the runtime takes them. Resources that extenders answer for alone are no longer the business of NodeResourcesFit
 *  (scheduler.go, buildExtenders). */
export function profilesOf({ configuration, schedulerName, plugins, extenders = [] }: SchedulerConfig): readonly ProfileSpec[] {
  const profiles = configuration?.profiles ?? [standardProfile(schedulerName, registeredPlugins(), plugins)];
  const managed = extenders.flatMap((extender) => extender.configuration.managedResources ?? []);
  const ignoredResources = managed.filter(({ ignoredByScheduler }) => ignoredByScheduler === true).map(({ name }) => name);
  if (ignoredResources.length === 0) return profiles;
  return profiles.map((profile: ProfileSpec) => {
    const given = (profile.args?.['NodeResourcesFit'] ?? {}) as object;
    return { ...profile, args: { ...profile.args, NodeResourcesFit: { ...given, ignoredResources } } };
  });
}
