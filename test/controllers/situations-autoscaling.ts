/** Situations of autoscalers. A load is shared by the pods that run; measurements are 15 s old or more. */

import { createAt, deleteAt, deployment, patchAt } from './lab.ts';
import type { Situation } from './situations.ts';

const WATCHED = ['horizontalpodautoscalers.autoscaling', 'deployments.apps', 'events'];
const cpu = { spec: { containers: [{ name: 'main', image: 'nginx:1', resources: { requests: { cpu: '100m' } } }] } };
const utilization = (averageUtilization: number) => [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
];
const autoscaler = (spec: object): object => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: utilization(50),
    ...spec,
  },
});
const step = (at: number, before: number, after: number) => (second: number) => (second < at ? before : after);
const hill = (from: number, to: number, low: number, high: number) => (second: number) => (second < from || second >= to ? low : high);

export const AUTOSCALING_SITUATIONS: readonly Situation[] = [
  {
    name: 'autoscaler that follows a load up, waits, and follows it down',
    source:
      'pkg/controller/podautoscaler/horizontal.go, reconcileAutoscaler and stabilizeRecommendation (5 min); replica_calculator.go, GetResourceReplicas',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(2, 'horizontalpodautoscalers.autoscaling', autoscaler({})),
    ],
    options: { seconds: 900, load: { cpu: hill(120, 300, 100, 400) } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler held by its policies on the way up',
    source:
      'pkg/controller/podautoscaler/horizontal.go, calculateScaleUpLimitWithScalingRules; docs, tasks/run-application/horizontal-pod-autoscale, Scaling policies',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 1, {}, cpu)),
      createAt(
        2,
        'horizontalpodautoscalers.autoscaling',
        autoscaler({
          behavior: { scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
        }),
      ),
    ],
    options: { seconds: 300, load: { cpu: step(60, 50, 300) } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler whose windows let a spike pass',
    source: 'pkg/controller/podautoscaler/horizontal.go, stabilizeRecommendationWithBehaviors; KEP-853',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(2, 'horizontalpodautoscalers.autoscaling', autoscaler({ behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } })),
    ],
    options: { seconds: 300, load: { cpu: hill(90, 120, 100, 400) } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler at its maximum, then its bounds change',
    source: 'pkg/controller/podautoscaler/horizontal.go, convertDesiredReplicasWithRules and Spec.MaxReplicas, Spec.MinReplicas',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(2, 'horizontalpodautoscalers.autoscaling', autoscaler({ maxReplicas: 3 })),
      patchAt(150, 'horizontalpodautoscalers.autoscaling', 'web', { spec: { maxReplicas: 2 } }),
      patchAt(200, 'horizontalpodautoscalers.autoscaling', 'web', { spec: { minReplicas: 4, maxReplicas: 6 } }),
    ],
    options: { seconds: 260, load: { cpu: () => 400 } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler without metrics',
    source:
      'pkg/controller/podautoscaler/horizontal.go, computeReplicasForMetrics, FailedGetResourceMetric; docs, Support for resource metrics',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(2, 'horizontalpodautoscalers.autoscaling', autoscaler({})),
    ],
    options: { seconds: 150, load: { cpu: () => 100, away: [60, 110] } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler whose target is scaled to zero',
    source: 'pkg/controller/podautoscaler/horizontal.go, ScalingDisabled; docs, Implicit maintenance-mode deactivation',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(2, 'horizontalpodautoscalers.autoscaling', autoscaler({})),
      patchAt(60, 'deployments.apps', 'web', { spec: { replicas: 0 } }),
    ],
    options: { seconds: 120, load: { cpu: () => 100 } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler on a queue outside, with CPU beside it',
    source: 'pkg/controller/podautoscaler/replica_calculator.go, GetExternalPerPodMetricReplicas; horizontal.go, the largest proposal wins',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(
        2,
        'horizontalpodautoscalers.autoscaling',
        autoscaler({
          metrics: [
            ...utilization(50),
            { type: 'External', external: { metric: { name: 'queue_length' }, target: { type: 'AverageValue', averageValue: '30' } } },
          ],
        }),
      ),
    ],
    options: { seconds: 200, load: { cpu: () => 100, values: { queue_length: step(60, 20, 200) } } },
    resources: WATCHED,
  },
  {
    name: 'autoscalers of the same pods',
    source: 'pkg/controller/podautoscaler/horizontal.go, validateAndParseSelector: AmbiguousSelector',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(2, 'horizontalpodautoscalers.autoscaling', autoscaler({})),
      createAt(50, 'horizontalpodautoscalers.autoscaling', { ...autoscaler({}), metadata: { name: 'second', namespace: 'default' } }),
      deleteAt(85, 'horizontalpodautoscalers.autoscaling', 'second'),
    ],
    options: { seconds: 125, load: { cpu: () => 100 } },
    resources: WATCHED,
  },
  {
    name: 'autoscaler on what its pods and a Service tell',
    source:
      'pkg/controller/podautoscaler/horizontal.go, computeStatusForObjectMetric and computeStatusForPodsMetric; an unknown metric keeps it from shrinking alone',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, {}, cpu)),
      createAt(
        2,
        'horizontalpodautoscalers.autoscaling',
        autoscaler({
          metrics: [
            { type: 'Pods', pods: { metric: { name: 'unheard_of' }, target: { type: 'AverageValue', averageValue: '10' } } },
            {
              type: 'Object',
              object: {
                metric: { name: 'requests' },
                describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
                target: { type: 'Value', value: '100' },
              },
            },
          ],
        }),
      ),
    ],
    options: { seconds: 200, load: { values: { requests: hill(60, 120, 100, 190) } } },
    resources: WATCHED,
  },
];
