/** The controllers by name, as `kube-controller-manager --controllers` knows them. Adding one is one line. */

import type { Controller } from '#client';
import { SECOND } from '#sim';
import { AttachDetachController } from './attach-detach.ts';
import { ClusterRoleAggregationController } from './clusterrole-aggregation.ts';
import { CronJobController } from './cronjob.ts';
import { DaemonSetController } from './daemonset.ts';
import { DeploymentController } from './deployment.ts';
import { DisruptionController } from './disruption.ts';
import { EndpointsController } from './endpoints.ts';
import { EndpointSliceController } from './endpointslice.ts';
import { EphemeralVolumeController } from './ephemeral-volume.ts';
import { COLLECTED, GarbageCollectorController } from './garbage-collector.ts';
import { AUTOSCALER_DEFAULTS, HorizontalPodAutoscalerController } from './horizontal-pod-autoscaler.ts';
import { JobController } from './job.ts';
import { NamespaceController } from './namespace.ts';
import { NODE_LIFECYCLE_DEFAULTS as DEFAULTS, NodeLifecycleController } from './node-lifecycle.ts';
import { PersistentVolumeBinder } from './persistent-volume-binder.ts';
import { PodGcController } from './pod-gc.ts';
import { PodGroupController } from './pod-group.ts';
import { ProgressiveDeliveryController } from './progressive-delivery.ts';
import { ReplicaSetController } from './replicaset.ts';
import { ResourceClaimController } from './resource-claim.ts';
import { ResourceQuotaController } from './resource-quota.ts';
import { ServiceAccountController } from './serviceaccount.ts';
import type { ControllerSettings } from './settings.ts';
import { StatefulSetController } from './statefulset.ts';
import { TaintEvictionController } from './taint-eviction.ts';
import { TtlAfterFinishedController } from './ttl-after-finished.ts';
import { VolumeExpandController } from './volume-expand.ts';
import { ClaimProtectionController, VolumeProtectionController } from './volume-protection.ts';

type Make = (settings: ControllerSettings, workers: number | undefined) => Controller;

const inSeconds = (value: number | undefined, otherwise: number): number => (value === undefined ? otherwise : value * SECOND);

export const CONTROLLERS: Readonly<Record<string, Make>> = {
  deployment: (_settings, workers) => new DeploymentController(workers),
  replicaset: (_settings, workers) => new ReplicaSetController(workers),
  job: (_settings, workers) => new JobController(workers),
  daemonset: (_settings, workers) => new DaemonSetController(workers),
  cronjob: (_settings, workers) => new CronJobController(workers),
  statefulset: (_settings, workers) => new StatefulSetController(workers),
  'ttl-after-finished': (_settings, workers) => new TtlAfterFinishedController(workers),
  'node-lifecycle': (settings) =>
    new NodeLifecycleController({
      monitorPeriod: inSeconds(settings.nodeMonitorPeriodSeconds, DEFAULTS.monitorPeriod),
      monitorGracePeriod: inSeconds(settings.nodeMonitorGracePeriodSeconds, DEFAULTS.monitorGracePeriod),
      startupGracePeriod: inSeconds(settings.nodeStartupGracePeriodSeconds, DEFAULTS.startupGracePeriod),
      evictionRate: settings.nodeEvictionRate ?? DEFAULTS.evictionRate,
      secondaryEvictionRate: settings.secondaryNodeEvictionRate ?? DEFAULTS.secondaryEvictionRate,
      largeClusterThreshold: settings.largeClusterSizeThreshold ?? DEFAULTS.largeClusterThreshold,
      unhealthyZoneThreshold: settings.unhealthyZoneThreshold ?? DEFAULTS.unhealthyZoneThreshold,
    }),
  'taint-eviction': () => new TaintEvictionController(),
  'pod-garbage-collector': (settings) => new PodGcController(settings.terminatedPodGcThreshold),
  endpointslice: (_settings, workers) => new EndpointSliceController(workers),
  disruption: () => new DisruptionController(),
  horizontalpodautoscaling: (settings, workers) =>
    new HorizontalPodAutoscalerController(
      {
        syncPeriod: inSeconds(settings.horizontalPodAutoscalerSyncPeriodSeconds, AUTOSCALER_DEFAULTS.syncPeriod),
        tolerance: settings.horizontalPodAutoscalerTolerance ?? AUTOSCALER_DEFAULTS.tolerance,
        downscaleStabilization: inSeconds(
          settings.horizontalPodAutoscalerDownscaleStabilizationSeconds,
          AUTOSCALER_DEFAULTS.downscaleStabilization,
        ),
        cpuInitializationPeriod: inSeconds(
          settings.horizontalPodAutoscalerCpuInitializationPeriodSeconds,
          AUTOSCALER_DEFAULTS.cpuInitializationPeriod,
        ),
        initialReadinessDelay: inSeconds(
          settings.horizontalPodAutoscalerInitialReadinessDelaySeconds,
          AUTOSCALER_DEFAULTS.initialReadinessDelay,
        ),
      },
      workers,
    ),
  namespace: ({ customKinds }, workers) => new NamespaceController(workers, customKinds),
  resourceclaim: (_settings, workers) => new ResourceClaimController(workers),
  'garbage-collector': ({ customKinds, collected = [] }, workers) =>
    new GarbageCollectorController(workers, [...COLLECTED, ...collected], customKinds),
  serviceaccount: () => new ServiceAccountController(),
  resourcequota: (_settings, workers) => new ResourceQuotaController(workers),
  'clusterrole-aggregation': () => new ClusterRoleAggregationController(),
  endpoints: (_settings, workers) => new EndpointsController(workers),
  'persistentvolume-binder': () => new PersistentVolumeBinder(),
  'persistentvolume-attach-detach': () => new AttachDetachController(),
  'persistentvolume-expander': () => new VolumeExpandController(),
  'persistentvolumeclaim-protection': () => new ClaimProtectionController(),
  'persistentvolume-protection': () => new VolumeProtectionController(),
  'ephemeral-volume': (_settings, workers) => new EphemeralVolumeController(workers),
  // Not of kube-controller-manager: it runs where gangs are scheduled.
  podgroup: (_settings, workers) => new PodGroupController(workers),
  // Nor is this one: it runs where Rollouts are.
  'progressive-delivery': (_settings, workers) => new ProgressiveDeliveryController(workers),
};

/** All of kube-controller-manager's: `--controllers=*`. */
export const CONTROLLER_NAMES: readonly string[] = Object.keys(CONTROLLERS).filter(
  (name) => name !== 'podgroup' && name !== 'progressive-delivery',
);

export function makeController(name: string, settings: ControllerSettings): Controller {
  const make = CONTROLLERS[name];
  if (make === undefined) throw new Error(`no controller named '${name}'; there are ${CONTROLLER_NAMES.join(', ')}`);
  return make(settings, settings.concurrentSyncs?.[name]);
}
