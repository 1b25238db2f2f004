/** Situations of DaemonSets, StatefulSets and Deployments beyond the plain ones. */

import { createAt, deleteAt, deployment, patchAt, podTemplate } from './lab.ts';
import type { Situation } from './situations.ts';

const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });
const daemonSet = (spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent'), ...spec },
});
const surge = (maxSurge: number | string) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: 0 } },
});
const statefulSet = (replicas: number, spec: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'default' },
  spec: { replicas, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: podTemplate('db'), ...spec },
});
const claims = {
  volumeClaimTemplates: [
    { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  ],
};
const STATEFUL = ['statefulsets.apps', 'persistentvolumeclaims', 'pods'];

export const WORKLOAD_SITUATIONS: readonly Situation[] = [
  {
    name: 'daemon set updated with one pod beside the old one',
    source: 'pkg/controller/daemon/update.go, rollingUpdate (maxSurge); KEP-1591; update_test.go, TestDaemonSetUpdatesPodsWithMaxSurge',
    steps: [createAt(1, 'daemonsets.apps', daemonSet(surge(1))), patchAt(10, 'daemonsets.apps', 'agent', image('nginx:2'))],
    options: { seconds: 40 },
    since: 10,
    resources: ['daemonsets.apps', 'pods', 'events'],
  },
  {
    name: 'daemon set whose new version never gets ready, with surge',
    source: 'pkg/controller/daemon/update.go, rollingUpdate: no more than maxSurge new pods beside available old ones; KEP-1591',
    steps: [
      createAt(1, 'daemonsets.apps', daemonSet(surge('34%'))),
      patchAt(10, 'daemonsets.apps', 'agent', image('broken')),
      patchAt(30, 'daemonsets.apps', 'agent', image('nginx:3')),
    ],
    options: { broken: ['broken'], seconds: 60 },
    since: 10,
    resources: ['daemonsets.apps', 'pods'],
  },
  {
    name: 'daemon set whose pods fail again and again',
    source: 'pkg/controller/daemon/daemon_controller.go, podsShouldBeOnNode, failedPodsBackoff (1 s, doubled, 15 min)',
    steps: [
      createAt(
        1,
        'daemonsets.apps',
        daemonSet({ template: podTemplate('agent', { annotations: { 'lab/run-seconds': '1', 'lab/exit': 'Failed' } }) }),
      ),
    ],
    options: { nodes: 1, seconds: 60 },
    resources: ['daemonsets.apps', 'pods', 'events'],
  },
  {
    name: 'stateful set updated three at a time',
    source: 'pkg/controller/statefulset/stateful_set_control.go, updateStatefulSetAfterInvariantEstablished (maxUnavailable); KEP-961',
    steps: [
      createAt(
        1,
        'statefulsets.apps',
        statefulSet(5, {
          podManagementPolicy: 'Parallel',
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1, maxUnavailable: 3 } },
        }),
      ),
      patchAt(15, 'statefulsets.apps', 'db', image('nginx:2')),
    ],
    options: { seconds: 50 },
    since: 15,
    resources: ['statefulsets.apps', 'pods'],
  },
  {
    name: 'stateful set made and scaled all at once',
    source: 'docs, concepts/workloads/controllers/statefulset, Parallel Pod Management; stateful_set_control.go, runForAll',
    steps: [
      createAt(1, 'statefulsets.apps', statefulSet(3, { podManagementPolicy: 'Parallel' })),
      patchAt(10, 'statefulsets.apps', 'db', { spec: { replicas: 1 } }),
    ],
    options: { seconds: 30 },
    resources: ['statefulsets.apps', 'pods'],
  },
  {
    name: 'stateful set whose claims go when it shrinks',
    source: 'pkg/controller/statefulset/stateful_set_utils.go, updateClaimOwnerRefForSetAndPod (whenScaled: Delete); KEP-1847',
    steps: [
      createAt(
        1,
        'statefulsets.apps',
        statefulSet(2, { ...claims, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' } }),
      ),
      patchAt(15, 'statefulsets.apps', 'db', { spec: { replicas: 1 } }),
      patchAt(40, 'statefulsets.apps', 'db', { spec: { replicas: 2 } }),
    ],
    options: { seconds: 60 },
    since: 1,
    resources: STATEFUL,
  },
  {
    name: 'stateful set whose claims go with it',
    source: 'pkg/controller/statefulset/stateful_set_utils.go, updateClaimOwnerRefForSetAndPod (whenDeleted: Delete); KEP-1847',
    steps: [
      createAt(
        1,
        'statefulsets.apps',
        statefulSet(2, { ...claims, persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' } }),
      ),
      patchAt(15, 'statefulsets.apps', 'db', { spec: { replicas: 1 } }),
      deleteAt(30, 'statefulsets.apps', 'db', { propagationPolicy: 'Foreground' }),
    ],
    options: { seconds: 60 },
    since: 1,
    resources: STATEFUL,
  },
  {
    name: 'stateful set that keeps its claims',
    source: 'docs, concepts/workloads/controllers/statefulset, PersistentVolumeClaim retention (Retain, the default)',
    steps: [
      createAt(1, 'statefulsets.apps', statefulSet(2, claims)),
      patchAt(15, 'statefulsets.apps', 'db', { spec: { replicas: 1 } }),
      deleteAt(30, 'statefulsets.apps', 'db', { propagationPolicy: 'Background' }),
    ],
    options: { seconds: 60 },
    since: 1,
    resources: STATEFUL,
  },
  {
    name: 'stateful set whose pods are replaced only when deleted',
    source: 'docs, concepts/workloads/controllers/statefulset, Update strategies, OnDelete; stateful_set_control.go',
    steps: [
      createAt(1, 'statefulsets.apps', statefulSet(2, { updateStrategy: { type: 'OnDelete' } })),
      patchAt(10, 'statefulsets.apps', 'db', image('nginx:2')),
      deleteAt(20, 'pods', 'db-0'),
    ],
    options: { seconds: 40 },
    since: 10,
    resources: ['statefulsets.apps', 'pods'],
  },
  {
    name: 'deployment rolled back to an earlier revision',
    source: 'pkg/controller/deployment/sync.go, getNewReplicaSet (the old ReplicaSet gets the next revision); kubectl rollout undo',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 2)),
      patchAt(10, 'deployments.apps', 'web', image('nginx:2')),
      patchAt(25, 'deployments.apps', 'web', image('nginx:1')),
    ],
    options: { seconds: 45 },
    since: 10,
    resources: ['deployments.apps', 'replicasets.apps'],
  },
  {
    name: 'replica set that prefers cheap pods as victims',
    source: 'pkg/controller/controller_utils.go, ActivePodsWithRanks (pod-deletion-cost); KEP-2255',
    steps: [
      createAt(1, 'deployments.apps', deployment('dear', 2, {}, { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '100' } })),
      createAt(5, 'deployments.apps', deployment('web', 3)),
      patchAt(12, 'deployments.apps', 'web', { spec: { replicas: 1 } }),
      patchAt(14, 'deployments.apps', 'dear', { spec: { replicas: 1 } }),
    ],
    options: { seconds: 30 },
    since: 5,
    resources: ['replicasets.apps', 'pods'],
  },
  {
    name: 'deployment whose history is cut to one',
    source: 'pkg/controller/deployment/sync.go, cleanupDeployment (revisionHistoryLimit)',
    steps: [
      createAt(1, 'deployments.apps', deployment('web', 1, { revisionHistoryLimit: 1 })),
      patchAt(10, 'deployments.apps', 'web', image('nginx:2')),
      patchAt(20, 'deployments.apps', 'web', image('nginx:3')),
      patchAt(30, 'deployments.apps', 'web', image('nginx:4')),
    ],
    options: { seconds: 50 },
    since: 10,
    resources: ['replicasets.apps'],
  },
  {
    name: 'deployment that waits until its pods have been ready for a while',
    source: 'pkg/controller/deployment/rolling.go and docs, Min Ready Seconds',
    steps: [
      createAt(
        1,
        'deployments.apps',
        deployment('web', 2, {
          minReadySeconds: 5,
          strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        }),
      ),
      patchAt(15, 'deployments.apps', 'web', image('nginx:2')),
    ],
    options: { seconds: 45 },
    since: 15,
    resources: ['deployments.apps', 'replicasets.apps', 'pods'],
  },
];
