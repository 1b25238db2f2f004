/** Courses of volumes, endpoints, owners, nodes and namespaces, kept as golden transcripts. */

import { SECOND } from '#sim';
import { createAt, deleteAt, deployment, patchAt, podTemplate } from './lab.ts';
import type { Situation } from './situations.ts';

const CLAIMS = ['persistentvolumeclaims', 'persistentvolumes', 'events'];
const claim = (name: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name, namespace: 'default' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, storageClassName: '', ...spec },
});
const volume = (name: string, storage: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage }, hostPath: { path: `/mnt/${name}` }, ...spec },
});
const made = (second: number, body: object) => [second, { verb: 'create' as const, resource: 'persistentvolumes', body }] as const;
const user = (name: string, spec: object): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels: { app: name } },
  spec: { containers: [{ name: 'main', image: 'db:1' }], ...spec },
});
const data = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
const silentFrom = (second: number, which: (node: number) => boolean) => (node: number) =>
  which(node) ? ([second, 100_000] as const) : undefined;

export const STORAGE_SITUATIONS: readonly Situation[] = [
  {
    name: 'claim bound to the smallest volume that serves',
    source: 'component-helpers storage/volume/pv_helpers.go, FindMatchingVolume; pv_controller.go, bind',
    steps: [
      made(1, volume('big', '50Gi')),
      made(1, volume('fit', '10Gi')),
      made(1, volume('small', '1Gi')),
      createAt(5, 'persistentvolumeclaims', claim('data')),
    ],
    options: { seconds: 30 },
    resources: CLAIMS,
  },
  {
    name: 'claim that comes before its volume',
    source: 'pv_controller.go, syncUnboundClaim; --pvclaimbinder-sync-period 15s',
    steps: [createAt(1, 'persistentvolumeclaims', claim('data')), made(10, volume('late', '10Gi'))],
    options: { seconds: 40 },
    resources: CLAIMS,
  },
  {
    name: 'volume released and retained',
    source: 'pv_controller.go, syncVolume and reclaimVolume (Retain)',
    steps: [
      made(1, volume('kept', '10Gi')),
      createAt(2, 'persistentvolumeclaims', claim('data')),
      deleteAt(10, 'persistentvolumeclaims', 'data'),
    ],
    options: { seconds: 30 },
    since: 9,
    resources: CLAIMS,
  },
  {
    name: 'claim deleted while a pod uses it',
    source: 'pvc_protection_controller.go, processPVC and podUsesPVC',
    steps: [
      made(1, volume('kept', '10Gi')),
      createAt(2, 'persistentvolumeclaims', claim('data')),
      createAt(3, 'pods', user('db', data)),
      deleteAt(10, 'persistentvolumeclaims', 'data'),
      deleteAt(20, 'pods', 'db'),
    ],
    options: { seconds: 40 },
    since: 9,
    resources: ['persistentvolumeclaims', 'persistentvolumes', 'pods'],
  },
  {
    name: 'claim that lost its volume',
    source: 'pv_controller.go, syncBoundClaim (ClaimLost); pv_protection_controller.go',
    steps: [
      made(1, volume('gone', '10Gi')),
      createAt(2, 'persistentvolumeclaims', claim('data')),
      [10, { verb: 'delete', resource: 'persistentvolumes', name: 'gone' }],
      [12, { verb: 'patch', resource: 'persistentvolumes', name: 'gone', patchType: 'merge', body: { metadata: { finalizers: [] } } }],
    ],
    options: { seconds: 30 },
    since: 9,
    resources: CLAIMS,
  },
  {
    name: 'claim that asks for a volume which does not fit',
    source: 'pv_controller.go, checkVolumeSatisfyClaim (VolumeMismatch)',
    steps: [made(1, volume('small', '1Gi')), createAt(5, 'persistentvolumeclaims', claim('data', { volumeName: 'small' }))],
    options: { seconds: 12 },
    resources: CLAIMS,
  },
  {
    name: 'ephemeral volume comes and goes with its pod',
    source: 'pkg/controller/volume/ephemeral/controller.go, handleVolume; garbagecollector.go',
    steps: [
      createAt(
        2,
        'pods',
        user('db', { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: (claim('x') as { spec: object }).spec } } }] }),
      ),
      deleteAt(10, 'pods', 'db'),
    ],
    options: { seconds: 30 },
    resources: ['pods', 'persistentvolumeclaims'],
  },
  {
    name: 'endpoints during a rolling update',
    source: 'endpoints_controller.go, syncService; deployment/rolling.go',
    steps: [
      createAt(1, 'services', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'default' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
      }),
      createAt(
        2,
        'deployments.apps',
        deployment('web', 2, { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }),
      ),
      patchAt(10, 'deployments.apps', 'web', { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } }),
    ],
    options: { seconds: 30 },
    since: 2,
    resources: ['endpoints', 'pods'],
  },
  {
    name: 'foreground deletion held by a finalizer of a pod',
    source: 'garbagecollector.go, processDeletingDependentsItem; docs, Using Finalizers',
    steps: [
      createAt(1, 'replicasets.apps', {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'web', namespace: 'default' },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: 'web' } },
          template: { ...podTemplate('web'), metadata: { labels: { app: 'web' }, finalizers: ['example.com/hold'] } },
        },
      }),
      deleteAt(10, 'replicasets.apps', 'web', { propagationPolicy: 'Foreground' }),
    ],
    options: { seconds: 30 },
    since: 9,
    resources: ['replicasets.apps', 'pods'],
  },
  {
    name: 'pods of a replica set orphaned',
    source: 'garbagecollector.go, orphanDependents',
    steps: [
      createAt(1, 'replicasets.apps', {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'web', namespace: 'default' },
        spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: podTemplate('web') },
      }),
      deleteAt(10, 'replicasets.apps', 'web', { propagationPolicy: 'Orphan' }),
    ],
    options: { seconds: 30 },
    resources: ['replicasets.apps', 'pods'],
  },
  {
    name: 'namespace stuck on a finalizer',
    source: 'pkg/controller/namespace/deletion/namespaced_resources_deleter.go',
    steps: [
      [1, { verb: 'create', resource: 'namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } } }],
      [
        3,
        {
          verb: 'create',
          resource: 'pods',
          namespace: 'team',
          body: { ...user('held', {}), metadata: { name: 'held', namespace: 'team', finalizers: ['example.com/hold'] } },
        },
      ],
      [10, { verb: 'delete', resource: 'namespaces', name: 'team' }],
      [
        60,
        { verb: 'patch', resource: 'pods', namespace: 'team', name: 'held', patchType: 'merge', body: { metadata: { finalizers: [] } } },
      ],
    ],
    options: { seconds: 120 },
    since: 9,
    resources: ['namespaces', 'pods'],
  },
  {
    name: 'node out of service',
    source: 'podgc/gc_controller.go, gcTerminating; KEP-2268',
    steps: [
      createAt(1, 'pods', user('a', { nodeName: 'node-0' })),
      deleteAt(100, 'pods', 'a'),
      [
        110,
        {
          verb: 'patch',
          resource: 'nodes',
          name: 'node-0',
          patchType: 'merge',
          body: { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' }] } },
        },
      ],
    ],
    options: { seconds: 160, silent: silentFrom(20, (node) => node === 0) },
    since: 20,
    resources: ['nodes', 'pods'],
  },
  {
    name: 'one zone of two wholly silent',
    source: 'node_lifecycle_controller.go, handleDisruption (full disruption of a zone, the other is well)',
    steps: [createAt(1, 'deployments.apps', deployment('web', 4))],
    options: { nodes: 4, zoneOf: (node) => (node < 2 ? 'a' : 'b'), silent: silentFrom(20, (node) => node < 2), seconds: 420 },
    since: 20,
    resources: ['nodes', 'pods'],
  },
  {
    name: 'node deleted with its pods',
    source: 'podgc/gc_controller.go, gcOrphaned (quarantine of 40 s)',
    steps: [createAt(1, 'pods', user('a', { nodeName: 'node-0' })), [20, { verb: 'delete', resource: 'nodes', name: 'node-0' }]],
    options: { seconds: 120, silent: silentFrom(20, (node) => node === 0) },
    since: 19,
    resources: ['nodes', 'pods'],
  },
  {
    name: 'leader of two managers crashes',
    source: 'client-go tools/leaderelection/leaderelection.go: 15 s lease, 10 s renew deadline, 2 s retry',
    steps: [createAt(5, 'deployments.apps', deployment('web', 1)), patchAt(21, 'deployments.apps', 'web', { spec: { replicas: 3 } })],
    options: { managers: 2, seconds: 60, changes: [{ at: 20 * SECOND, change: 'crash', hosts: { hosts: [4] } }] },
    since: 4,
    resources: ['deployments.apps', 'replicasets.apps', 'pods'],
  },
];
