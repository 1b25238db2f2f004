/** Flags of kube-controller-manager that a scenario may set, under their names in its configuration (kubernetes v1.34 cmd/kube-controller-manager/app/options). */

import type { CustomKind } from './garbage-collector.ts';

export interface ControllerSettings {
  /** --node-monitor-period. Default 5. */
  readonly nodeMonitorPeriodSeconds?: number;
  /** --node-monitor-grace-period. Default 50 (40 before 1.32). */
  readonly nodeMonitorGracePeriodSeconds?: number;
  /** --node-startup-grace-period. Default 60. */
  readonly nodeStartupGracePeriodSeconds?: number;
  /** --node-eviction-rate, nodes a second and zone. Default 0.1. */
  readonly nodeEvictionRate?: number;
  /** --secondary-node-eviction-rate. Default 0.01. */
  readonly secondaryNodeEvictionRate?: number;
  /** --large-cluster-size-threshold. Default 50. */
  readonly largeClusterSizeThreshold?: number;
  /** --unhealthy-zone-threshold. Default 0.55. */
  readonly unhealthyZoneThreshold?: number;
  /** --horizontal-pod-autoscaler-sync-period (15), -tolerance (0.1), -downscale-stabilization (300), -cpu-initialization-period (300), -initial-readiness-delay (30). */
  readonly horizontalPodAutoscalerSyncPeriodSeconds?: number;
  readonly horizontalPodAutoscalerTolerance?: number;
  readonly horizontalPodAutoscalerDownscaleStabilizationSeconds?: number;
  readonly horizontalPodAutoscalerCpuInitializationPeriodSeconds?: number;
  readonly horizontalPodAutoscalerInitialReadinessDelaySeconds?: number;
  /** --terminated-pod-gc-threshold. Default 12500. */
  readonly terminatedPodGcThreshold?: number;
  /** Kinds of custom resources that own or are owned: the garbage collector watches them beside the built-in ones. */
  readonly customKinds?: readonly CustomKind[];
  /** Resources that the garbage collector watches beside those that it always does. */
  readonly collected?: readonly string[];
  /** --concurrent-<name>-syncs by controller name. Default 5, garbage collector 20. */
  readonly concurrentSyncs?: Readonly<Record<string, number>>;
}
