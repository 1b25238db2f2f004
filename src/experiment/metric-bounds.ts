/** Upper bounds of the buckets of histograms that components record, by name. The scheduler's stand beside its metrics; the others' are those of Kubernetes v1.34
 *  (apiserver/pkg/endpoints/metrics, storage/etcd3/metrics, util/flowcontrol/metrics, admission/metrics, component-base/metrics/prometheus, kubelet/metrics),
 *  of etcd 3.6 (server/storage/wal/metrics.go) and of its gRPC library, which takes Prometheus' own default. */

import { SCHEDULER_METRICS } from '#scheduler';

const PROMETHEUS_DEFAULT = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const REQUESTS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const WORK_QUEUES = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10];
/** ExponentialBuckets(0.001, 2, 15). */
const AUTOSCALER = Array.from({ length: 15 }, (_, n) => 2 ** n / 1000);
const POD_STARTS = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600];

const BOUNDS: Readonly<Record<string, readonly number[]>> = {
  apiserver_request_duration_seconds: REQUESTS,
  etcd_request_duration_seconds: REQUESTS,
  apiserver_flowcontrol_request_wait_duration_seconds: [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  apiserver_admission_webhook_admission_duration_seconds: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25],
  apiserver_conversion_webhook_duration_seconds: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60],
  rest_client_rate_limiter_duration_seconds: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  workqueue_queue_duration_seconds: WORK_QUEUES,
  workqueue_work_duration_seconds: WORK_QUEUES,
  horizontal_pod_autoscaler_controller_reconciliation_duration_seconds: AUTOSCALER,
  horizontal_pod_autoscaler_controller_metric_computation_duration_seconds: AUTOSCALER,
  cronjob_controller_job_creation_skew_duration_seconds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  ttl_after_finished_controller_job_deletion_duration_seconds: Array.from({ length: 14 }, (_, n) => 2 ** n / 10),
  taint_eviction_controller_pod_deletion_duration_seconds: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 120, 180, 240],
  kubelet_pod_start_duration_seconds: POD_STARTS,
  kubelet_pod_start_sli_duration_seconds: POD_STARTS,
  kubelet_image_pull_duration_seconds: [1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600],
  etcd_disk_wal_fsync_duration_seconds: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192],
  grpc_server_handling_seconds: PROMETHEUS_DEFAULT,
};

const known = new Map<string, readonly number[]>([
  ...Object.entries(BOUNDS),
  ...SCHEDULER_METRICS.flatMap(({ name, buckets }) => (buckets === undefined ? [] : [[name, buckets] as const])),
]);

/** Undefined where no component of that metric is known. */
export const boundsOf = (name: string): readonly number[] | undefined => known.get(name);
