/** From a scenario's plan to the config of the controller manager. */

import type { ClientConfig } from '#client';
import type { ControllerManagerConfig } from '#controllers';
import type { ClientLimits, ClusterPlan, ControllersPlan } from '#scenario';
import type { SchedulerInstance } from './scheduler-hosts.ts';

/** The replicas of the manager, by name; more than one elect a leader. */
export function managerConfigs(
  { apiServers, controllers }: ClusterPlan,
  client: (user: string, limits: ClientLimits) => ClientConfig,
  customKinds: NonNullable<ControllerManagerConfig['settings']>['customKinds'] = [],
  collected: readonly string[] = [],
): readonly (readonly [string, ControllerManagerConfig])[] {
  const plain = controllerManagerConfig(controllers, client('system:kube-controller-manager', controllers));
  const config: ControllerManagerConfig = {
    ...plain,
    ...(customKinds.length + collected.length === 0 ? {} : { settings: { ...plain.settings, customKinds, collected } }),
    ...(apiServers.authorization === 'RBAC' ? { useServiceAccountCredentials: true } : {}),
  };
  const name = 'kube-controller-manager';
  if (controllers.replicas === 1) return [[name, config]];
  return Array.from({ length: controllers.replicas }, (_, index) => {
    const identity = `${name}-${index}`;
    return [identity, { ...config, leaderElection: { name, identity } }];
  });
}

function controllerManagerConfig(plan: ControllersPlan, client: ClientConfig): ControllerManagerConfig {
  return {
    client,
    settings: {
      nodeMonitorPeriodSeconds: plan.nodeMonitorPeriod / 1e6,
      nodeMonitorGracePeriodSeconds: plan.nodeMonitorGracePeriod / 1e6,
      nodeEvictionRate: plan.nodeEvictionRate,
      secondaryNodeEvictionRate: plan.secondaryNodeEvictionRate,
      horizontalPodAutoscalerSyncPeriodSeconds: plan.horizontalPodAutoscalerSyncPeriod / 1e6,
      horizontalPodAutoscalerDownscaleStabilizationSeconds: plan.horizontalPodAutoscalerDownscaleStabilization / 1e6,
      concurrentSyncs: plan.concurrentSyncs,
    },
  };
}

/** The one controller that scheduler_perf starts, with the test's own client, when claims are to be made from templates (util.go, mustSetupCluster). */
export function perfControllers(gates: Readonly<Record<string, boolean>>, client: ClientConfig): ControllerManagerConfig | undefined {
  if (gates['DynamicResourceAllocation'] !== true) return undefined;
  return { client, controllers: ['resourceclaim'], settings: { concurrentSyncs: { resourceclaim: 5 } } };
}

/** Where some profile schedules gangs, the controller that keeps their PodGroups' status: a process of its own in scheduler-plugins, with 5 requests a second. */
export function gangController(schedulers: readonly SchedulerInstance[], client: ClientConfig): ControllerManagerConfig | undefined {
  const uses = ({ config }: SchedulerInstance): boolean =>
    (config.configuration?.profiles ?? []).some(({ plugins }) =>
      Object.values(plugins).some((enabled) => enabled.some(({ name }) => name === 'Coscheduling')),
    );
  return schedulers.some(uses) ? { client, controllers: ['podgroup'] } : undefined;
}
