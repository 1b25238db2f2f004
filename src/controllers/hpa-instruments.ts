/** What the autoscalers' controller exports about its passes and metrics. Mirrors kubernetes v1.34 pkg/controller/podautoscaler/monitor/metrics.go; durations are
 *  simulated time. */

import type { View } from '#client';
import type { Instant } from '#sim';
import { SECOND } from '#sim';

export type Action = 'none' | 'scale_up' | 'scale_down';
/** 'spec' when what the autoscaler says makes no sense. */
export type Fault = 'none' | 'spec' | 'internal';

export const actionOf = (before: number, after: number): Action => (after > before ? 'scale_up' : after < before ? 'scale_down' : 'none');

export function countReconciliation(view: View, action: Action, error: Fault, startedAt: Instant): void {
  const labels = { action, error };
  view.count('horizontal_pod_autoscaler_controller_reconciliations_total', labels);
  view.observe('horizontal_pod_autoscaler_controller_reconciliation_duration_seconds', (view.now - startedAt) / SECOND, labels);
}

/** `metric_type`: that of spec.metrics. */
export function countComputation(view: View, action: Action, error: Fault, type: string, startedAt: Instant): void {
  const labels = { action, error, metric_type: type };
  view.count('horizontal_pod_autoscaler_controller_metric_computation_total', labels);
  view.observe('horizontal_pod_autoscaler_controller_metric_computation_duration_seconds', (view.now - startedAt) / SECOND, labels);
}
