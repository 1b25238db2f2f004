import { expect, it } from 'vitest';
import { CONTROLLER_NAMES, makeController } from '#controllers';
import { createAt, deployment, lab } from './lab.ts';

it('makes each controller under its own name, with what wakes it', () => {
  const made = CONTROLLER_NAMES.map((name) => [name, makeController(name, {})] as const);
  expect(made.map(([, controller]) => controller.name)).toEqual(CONTROLLER_NAMES);
  for (const [name, { watches, workers, tick, period }] of made) {
    expect([name, watches.length > 0, workers > 0, (tick === undefined) === (period === undefined)]).toEqual([name, true, true, true]);
  }
});

/** Kubernetes' names of the controllers' queues, where they are not the controllers' own. */
const QUEUES: Readonly<Record<string, string>> = {
  'ttl-after-finished': 'ttl_jobs_to_delete',
  'node-lifecycle': 'node_lifecycle_controller',
  'taint-eviction': 'noexec_taint_pod',
  'pod-garbage-collector': 'orphaned_pods_nodes',
  endpointslice: 'endpoint_slice',
  horizontalpodautoscaling: 'horizontalpodautoscaler',
  resourceclaim: 'resource_claim',
  'garbage-collector': 'garbage_collector_attempt_to_delete',
  resourcequota: 'resourcequota_primary',
  'clusterrole-aggregation': 'ClusterRoleAggregator',
  endpoints: 'endpoint',
  'persistentvolume-binder': 'claims',
  'persistentvolume-attach-detach': 'pvcs',
  'persistentvolume-expander': 'volume_expand',
  'persistentvolumeclaim-protection': 'pvcprotection',
  'persistentvolume-protection': 'pvprotection',
  'ephemeral-volume': 'ephemeral_volume',
};

it("lets each work where its manager leads, and export its queue under Kubernetes' name", () => {
  const { outcome, farm } = lab([createAt(5, 'deployments.apps', deployment('web', 1))], { managers: 2, seconds: 30 });
  const queues = (metric: string) =>
    outcome.recorded.counters.filter(({ name }) => name === metric).map(({ labels }) => labels['name'] ?? '');
  const expected = CONTROLLER_NAMES.map((name) => QUEUES[name] ?? name).sort();
  expect([...new Set(queues('workqueue_adds_total'))].sort()).toEqual(expected);
  expect([...new Set(queues('workqueue_retries_total'))].sort()).toEqual(expected);
  expect(farm.list('pods')).toHaveLength(1);
});
