/** Situations whose course is kept as golden transcripts. `source` proves the order: an upstream file, test or document of Kubernetes v1.34. */

import { SECOND } from '#sim';
import { createAt, deleteAt, deployment, job, type LabOptions, patchAt, podTemplate, type Step } from './lab.ts';

export interface Situation {
  readonly name: string;
  readonly source: string;
  readonly steps: readonly Step[];
  readonly options?: LabOptions;
  readonly since?: number;
  readonly resources: readonly string[];
}

const ROLLOUT = ['deployments.apps', 'replicasets.apps', 'pods'];
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });
const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});
const tolerations = (seconds: number) =>
  ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  }));
const statefulSet = (replicas: number, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'default' },
  spec: { replicas, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: podTemplate('db'), ...spec },
});
const daemonSet = (spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent'), ...spec },
});
const failing = { 'lab/run-seconds': '1', 'lab/exit': 'Failed' };

const quota = (hard: object): object => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'team', namespace: 'default' },
  spec: { hard },
});

export const SITUATIONS: readonly Situation[] = [
  {
    name: 'quota exceeded mid rollout, then raised',
    source:
      'pkg/controller/resourcequota/resource_quota_controller.go; apiserver pkg/admission/plugin/resourcequota/controller.go, CheckRequest',
    steps: [
      createAt(1, 'resourcequotas', quota({ pods: '3' })),
      createAt(2, 'deployments.apps', deployment('web', 3, rolling(1, 0))),
      patchAt(10, 'deployments.apps', 'web', image('nginx:2')),
      patchAt(20, 'resourcequotas', 'team', { spec: { hard: { pods: '4' } } }),
    ],
    since: 1,
    resources: [...ROLLOUT, 'resourcequotas'],
  },
  {
    name: 'service accounts of namespaces that come and go',
    source: 'pkg/controller/serviceaccount/serviceaccounts_controller.go, syncNamespace',
    steps: [
      createAt(3, 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } }),
      deleteAt(6, 'serviceaccounts', 'default'),
      deleteAt(9, 'namespaces', 'team'),
    ],
    since: 0,
    resources: ['serviceaccounts', 'namespaces'],
    options: { seconds: 30 },
  },
  {
    name: 'deployment created',
    source: 'pkg/controller/deployment/sync.go, getNewReplicaSet; pkg/controller/replicaset/replica_set.go, slowStartBatch',
    steps: [createAt(1, 'deployments.apps', deployment('web', 3))],
    resources: [...ROLLOUT, 'events'],
    options: { seconds: 20 },
  },
  {
    name: 'rolling update, one more and none less',
    source: 'pkg/controller/deployment/rolling.go, reconcileNewReplicaSet and reconcileOldReplicaSets',
    steps: [createAt(1, 'deployments.apps', deployment('web', 2, rolling(1, 0))), patchAt(10, 'deployments.apps', 'web', image('nginx:2'))],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'rolling update, none more and one less',
    source: 'pkg/controller/deployment/rolling.go',
    steps: [createAt(1, 'deployments.apps', deployment('web', 2, rolling(0, 1))), patchAt(10, 'deployments.apps', 'web', image('nginx:2'))],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'rollout that stalls and is rolled back',
    source: 'pkg/controller/deployment/progress.go, syncRolloutStatus; docs, concepts/workloads/controllers/deployment, Failed Deployment',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, { progressDeadlineSeconds: 20, ...rolling(1, 0) })),
      patchAt(10, 'deployments.apps', 'web', image('broken')),
      patchAt(50, 'deployments.apps', 'web', image('nginx:1')),
    ],
    options: { broken: ['broken'], seconds: 80 },
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'rollout that changes course midway',
    source: 'docs, concepts/workloads/controllers/deployment, Rollover (aka multiple updates in-flight)',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 4)),
      patchAt(10, 'deployments.apps', 'web', image('nginx:2')),
      patchAt(10.5, 'deployments.apps', 'web', image('nginx:3')),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'scaling in the middle of a rollout',
    source: 'docs, concepts/workloads/controllers/deployment, Proportional scaling',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 10, rolling(3, 2))),
      patchAt(10, 'deployments.apps', 'web', image('broken')),
      patchAt(20, 'deployments.apps', 'web', { spec: { replicas: 15 } }),
    ],
    options: { broken: ['broken'], seconds: 30 },
    since: 10,
    resources: ['replicasets.apps', 'events'],
  },
  {
    name: 'recreate',
    source: 'pkg/controller/deployment/recreate.go, rolloutRecreate',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2, { strategy: { type: 'Recreate' } })),
      patchAt(10, 'deployments.apps', 'web', image('nginx:2')),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'paused, changed, resumed',
    source: 'pkg/controller/deployment/sync.go, checkPausedConditions',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 1)),
      patchAt(10, 'deployments.apps', 'web', { spec: { paused: true } }),
      patchAt(12, 'deployments.apps', 'web', image('nginx:2')),
      patchAt(20, 'deployments.apps', 'web', { spec: { paused: false } }),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'scaled to zero and back',
    source: 'pkg/controller/deployment/sync.go, scale',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      patchAt(10, 'deployments.apps', 'web', { spec: { replicas: 0 } }),
      patchAt(20, 'deployments.apps', 'web', { spec: { replicas: 1 } }),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'deployment deleted in the background',
    source: 'pkg/controller/garbagecollector/garbagecollector.go, attemptToDeleteItem',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      deleteAt(10, 'deployments.apps', 'web', { propagationPolicy: 'Background' }),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'deployment deleted in the foreground',
    source: 'pkg/controller/garbagecollector/garbagecollector.go, processDeletingDependentsItem',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      deleteAt(10, 'deployments.apps', 'web', { propagationPolicy: 'Foreground' }),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'deployment deleted, its pods orphaned',
    source: 'pkg/controller/garbagecollector/garbagecollector.go, orphanDependents',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      deleteAt(10, 'deployments.apps', 'web', { propagationPolicy: 'Orphan' }),
    ],
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'job of three, two at a time',
    source: 'pkg/controller/job/job_controller.go, trackJobStatusAndRemoveFinalizers; KEP-2307',
    steps: [createAt(1, 'jobs.batch', job('sum', { completions: 3, parallelism: 2 }))],
    resources: ['jobs.batch', 'pods', 'events'],
  },
  {
    name: 'indexed job',
    source: 'pkg/controller/job/indexed_job_utils.go; KEP-2214',
    steps: [createAt(1, 'jobs.batch', job('sum', { completions: 3, parallelism: 3, completionMode: 'Indexed' }))],
    resources: ['jobs.batch', 'pods'],
  },
  {
    name: 'job past its back-off limit',
    source: 'pkg/controller/job/backoff_utils.go; job_controller.go, BackoffLimitExceeded',
    steps: [createAt(1, 'jobs.batch', job('bad', { backoffLimit: 1 }, failing))],
    resources: ['jobs.batch', 'pods', 'events'],
  },
  {
    name: 'job past its deadline',
    source: 'pkg/controller/job/job_controller.go, pastActiveDeadline; KEP-3998 (FailureTarget)',
    steps: [createAt(1, 'jobs.batch', job('slow', { activeDeadlineSeconds: 10 }, { 'lab/run-seconds': '500' }))],
    options: { seconds: 40 },
    resources: ['jobs.batch', 'pods', 'events'],
  },
  {
    name: 'job suspended and resumed',
    source: 'pkg/controller/job/job_controller.go, manageJob; KEP-2232',
    steps: [
      createAt(1, 'jobs.batch', job('sum', {}, { 'lab/run-seconds': '15' })),
      patchAt(5, 'jobs.batch', 'sum', { spec: { suspend: true } }),
      patchAt(20, 'jobs.batch', 'sum', { spec: { suspend: false } }),
    ],
    since: 5,
    resources: ['jobs.batch', 'pods', 'events'],
  },
  {
    name: 'cron job that forbids overlap',
    source: 'pkg/controller/cronjob/cronjob_controllerv2.go, syncCronJob',
    steps: [
      createAt(1, 'cronjobs.batch', {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'tick', namespace: 'default' },
        spec: {
          schedule: '* * * * *',
          concurrencyPolicy: 'Forbid',
          jobTemplate: {
            spec: { template: podTemplate('tick', { annotations: { 'lab/run-seconds': '80' }, spec: { restartPolicy: 'Never' } }) },
          },
        },
      }),
    ],
    options: { seconds: 300 },
    resources: ['cronjobs.batch', 'jobs.batch'],
  },
  {
    name: 'stateful set in order',
    source: 'pkg/controller/statefulset/stateful_set_control.go, processReplica; docs, Deployment and Scaling Guarantees',
    steps: [createAt(1, 'statefulsets.apps', statefulSet(3)), patchAt(15, 'statefulsets.apps', 'db', { spec: { replicas: 1 } })],
    options: { seconds: 40 },
    resources: ['statefulsets.apps', 'pods'],
  },
  {
    name: 'stateful set with a stuck pod',
    source: 'docs, concepts/workloads/controllers/statefulset, Forced rollback',
    steps: [
      createAt(1, 'statefulsets.apps', statefulSet(2)),
      patchAt(10, 'statefulsets.apps', 'db', image('broken')),
      patchAt(30, 'statefulsets.apps', 'db', image('nginx:1')),
      deleteAt(40, 'pods', 'db-1'),
    ],
    options: { broken: ['broken'] },
    since: 10,
    resources: ['statefulsets.apps', 'controllerrevisions.apps', 'pods'],
  },
  {
    name: 'stateful set updated down to its partition',
    source: 'pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet; docs, Partitioned rolling updates',
    steps: [
      createAt(1, 'statefulsets.apps', statefulSet(3, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } })),
      patchAt(15, 'statefulsets.apps', 'db', image('nginx:2')),
      patchAt(30, 'statefulsets.apps', 'db', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } }),
    ],
    since: 15,
    resources: ['statefulsets.apps', 'pods'],
  },
  {
    name: 'daemon set updated node by node',
    source: 'pkg/controller/daemon/update.go, rollingUpdate',
    steps: [createAt(1, 'daemonsets.apps', daemonSet()), patchAt(10, 'daemonsets.apps', 'agent', image('nginx:2'))],
    since: 10,
    resources: ['daemonsets.apps', 'pods'],
  },
  {
    name: 'daemon set on a node that joins and one that leaves',
    source: 'pkg/controller/daemon/daemon_controller.go, podsShouldBeOnNode; pkg/controller/podgc/gc_controller.go',
    steps: [
      createAt(1, 'daemonsets.apps', daemonSet()),
      [10, { verb: 'create', resource: 'nodes', body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-9' } } }],
      [20, { verb: 'delete', resource: 'nodes', name: 'node-1' }],
    ],
    options: { seconds: 120 },
    since: 10,
    resources: ['daemonsets.apps', 'pods'],
  },
  {
    name: 'node gone beyond the toleration',
    source: 'pkg/controller/nodelifecycle/node_lifecycle_controller.go; pkg/controller/tainteviction/taint_eviction.go',
    steps: [createAt(5, 'deployments.apps', deployment('web', 3, {}, { spec: { tolerations: tolerations(30) } }))],
    options: { silent: (node) => (node === 0 ? [100, 1000] : undefined), seconds: 240 },
    since: 100,
    resources: ['nodes', 'pods', 'deployments.apps'],
  },
  {
    name: 'node gone and back within the toleration',
    source: 'pkg/controller/nodelifecycle/node_lifecycle_controller.go, processTaintBaseEviction',
    steps: [createAt(5, 'deployments.apps', deployment('web', 3))],
    options: { silent: (node) => (node === 0 ? [100, 200] : undefined), seconds: 300 },
    since: 100,
    resources: ['nodes', 'pods', 'deployments.apps'],
  },
  {
    name: 'every node cut off at once',
    source: 'pkg/controller/nodelifecycle/node_lifecycle_controller.go, handleDisruption (master disruption mode)',
    steps: [],
    options: { nodes: 4, silent: () => [100, 220], zoneOf: (node) => (node < 2 ? 'a' : 'b'), seconds: 320 },
    since: 100,
    resources: ['nodes'],
  },
  {
    name: 'drain blocked by a budget',
    source: 'pkg/controller/disruption/disruption.go; pkg/registry/core/pod/storage/eviction.go',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      createAt(1, 'poddisruptionbudgets.policy', {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web', namespace: 'default' },
        spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
      }),
      patchAt(20, 'deployments.apps', 'web', { spec: { replicas: 3 } }),
    ],
    options: { seconds: 40 },
    resources: ['poddisruptionbudgets.policy', 'pods'],
  },
  {
    name: 'namespace deleted',
    source: 'pkg/controller/namespace/deletion/namespaced_resources_deleter.go',
    steps: [
      [1, { verb: 'create', resource: 'namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } } }],
      [
        2,
        {
          verb: 'create',
          resource: 'deployments.apps',
          namespace: 'team',
          body: { ...deployment('web', 2), metadata: { name: 'web', namespace: 'team' } },
        },
      ],
      [10, { verb: 'delete', resource: 'namespaces', name: 'team' }],
    ],
    options: { seconds: 90 },
    since: 10,
    resources: [...ROLLOUT, 'namespaces'],
  },
  {
    name: 'manager that crashes in the middle of a rollout',
    source: 'docs, concepts/architecture/controller: level-triggered; pkg/controller/deployment/deployment_controller.go',
    steps: [createAt(1, 'deployments.apps', deployment('web', 4)), patchAt(10, 'deployments.apps', 'web', image('nginx:2'))],
    options: {
      changes: [
        { at: 10.05 * SECOND, change: 'crash', hosts: { hosts: [4] } },
        { at: 20 * SECOND, change: 'restart', hosts: { hosts: [4] } },
      ],
    },
    since: 10,
    resources: ROLLOUT,
  },
  {
    name: 'finished job and its time to live',
    source: 'pkg/controller/ttlafterfinished/ttlafterfinished_controller.go',
    steps: [createAt(1, 'jobs.batch', job('short', { ttlSecondsAfterFinished: 10 }))],
    resources: ['jobs.batch', 'pods'],
  },
];
