/** What the autoscalers' transcripts do not show: metrics of the controller, and a status that somebody else has written meanwhile. */

import { expect, it } from 'vitest';
import type { HorizontalPodAutoscaler } from '#api';
import type { Outcome } from '#client';
import { makeController } from '#controllers';
import { SECOND } from '#sim';
import { createAt, deployment, lab } from './lab.ts';
import { pureView } from './pure-view.ts';

const autoscaler: HorizontalPodAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default', uid: 'h1' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [
      { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '10' } } },
      { type: 'Pods', pods: { metric: { name: 'none' }, target: { type: 'AverageValue', averageValue: '10' } } },
    ],
  },
};

it("exports its passes and its metrics' computations under Kubernetes' names", () => {
  const steps = [
    createAt(1, 'deployments.apps', deployment('web', 2)),
    createAt(2, 'horizontalpodautoscalers.autoscaling', { ...autoscaler, metadata: { name: 'web', namespace: 'default' } }),
  ];
  const { outcome } = lab(steps, { seconds: 50, load: { values: { queue: () => 40 } } });
  const seen = outcome.recorded.counters
    .filter(({ name }) => name.startsWith('horizontal_pod_autoscaler_controller_'))
    .map(({ name, labels, total }) => `${name.slice(37)} ${Object.values(labels).join(' ')} ${total}`);
  expect(seen.sort()).toEqual([
    'metric_computation_total none internal Pods 3',
    'metric_computation_total none none External 1',
    'metric_computation_total scale_up none External 2',
    'reconciliations_total none internal 2',
    'reconciliations_total scale_up internal 1',
  ]);
});

it('says when its status was refused, and looks again a period later', () => {
  const controller = makeController('horizontalpodautoscaling', {});
  const view = pureView(controller, { 'horizontalpodautoscalers.autoscaling': [autoscaler] });
  const outcome = { code: 409, error: { message: 'the object has been modified' } } as Outcome<unknown>;
  const data = { autoscaler, startedAt: 0, action: 'none', fault: 'none' };
  const plan = controller.reconcile('default/web', view, { name: 'told', data, outcomes: [outcome] });
  expect(plan).toEqual({ requeueAfter: 15 * SECOND });
  expect(view.events).toEqual(['Warning FailedUpdateStatus the object has been modified']);
  expect(view.counted).toContain('horizontal_pod_autoscaler_controller_reconciliations_total none internal 1');
});
