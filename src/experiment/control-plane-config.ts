/** From a scenario's plan to the config of the controller manager. */

import type { ClientConfig } from '#client';
import type { ControllerManagerConfig } from '#controllers';
import type { ControllersPlan } from '#scenario';

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
