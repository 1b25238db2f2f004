/** From a scenario's plan to the configs of the scheduler and the controller manager. */

import type { ClientConfig } from '#client';
import type { ControllerManagerConfig } from '#controllers';
import type { ControllersPlan, SchedulerPlan } from '#scenario';
import type { SchedulerConfig } from '#scheduler';

export function schedulerConfig(plan: SchedulerPlan, client: ClientConfig): SchedulerConfig {
  return {
    client,
    schedulerName: plan.name,
    ...(plan.percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore: plan.percentageOfNodesToScore }),
  };
}

export function controllerManagerConfig(plan: ControllersPlan, client: ClientConfig): ControllerManagerConfig {
  return {
    client,
    settings: {
      nodeMonitorPeriodSeconds: plan.nodeMonitorPeriod / 1e6,
      nodeMonitorGracePeriodSeconds: plan.nodeMonitorGracePeriod / 1e6,
      nodeEvictionRate: plan.nodeEvictionRate,
      secondaryNodeEvictionRate: plan.secondaryNodeEvictionRate,
      concurrentSyncs: plan.concurrentSyncs,
    },
  };
}
