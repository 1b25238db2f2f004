/** The cluster autoscaler's flags with their defaults (kubernetes/autoscaler cluster-autoscaler 1.34 config/flags/flags.go). Times in microseconds. */

import type { Duration } from '#sim';
import { MINUTE, SECOND } from '#sim';
import type { Expander } from './expanders.ts';
import type { DrainRules } from './pods-to-move.ts';

export interface AutoscalerSettings extends DrainRules {
  readonly scanInterval: Duration;
  readonly expanders: readonly Expander[];
  readonly newPodScaleUpDelay: Duration;
  readonly maxNodeProvisionTime: Duration;
  /** 0: no limit. */
  readonly maxNodesTotal: number;
  readonly maxNodesPerScaleUp: number;
  readonly scaleDownEnabled: boolean;
  readonly scaleDownDelayAfterAdd: Duration;
  readonly scaleDownDelayAfterDelete: Duration;
  readonly scaleDownDelayAfterFailure: Duration;
  readonly scaleDownUnneededTime: Duration;
  readonly scaleDownUtilizationThreshold: number;
  readonly maxScaleDownParallelism: number;
  readonly maxDrainParallelism: number;
  readonly maxGracefulTermination: Duration;
  readonly maxPodEvictionTime: Duration;
  readonly nodeDeleteDelayAfterTaint: Duration;
  readonly expendablePodsPriorityCutoff: number;
}

export const AUTOSCALER_FLAGS: AutoscalerSettings = {
  scanInterval: 10 * SECOND,
  expanders: ['least-waste'],
  newPodScaleUpDelay: 0,
  maxNodeProvisionTime: 15 * MINUTE,
  maxNodesTotal: 0,
  maxNodesPerScaleUp: 1000,
  scaleDownEnabled: true,
  scaleDownDelayAfterAdd: 10 * MINUTE,
  // Upstream: the scan interval.
  scaleDownDelayAfterDelete: 0,
  scaleDownDelayAfterFailure: 3 * MINUTE,
  scaleDownUnneededTime: 10 * MINUTE,
  scaleDownUtilizationThreshold: 0.5,
  maxScaleDownParallelism: 10,
  maxDrainParallelism: 1,
  maxGracefulTermination: 10 * MINUTE,
  maxPodEvictionTime: 2 * MINUTE,
  nodeDeleteDelayAfterTaint: 5 * SECOND,
  expendablePodsPriorityCutoff: -10,
  skipNodesWithSystemPods: true,
  skipNodesWithLocalStorage: true,
  skipNodesWithCustomControllerPods: true,
};
