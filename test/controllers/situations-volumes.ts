/** Courses of pods and their disks with real kubelets, a real scheduler and a provider of disks, kept as golden transcripts. */

import { SECOND } from '#sim';
import { createAt, deleteAt, patchAt, podTemplate, type Step } from './lab.ts';
import type { Situation } from './situations.ts';
import { claim, provider } from './situations-snapshots.ts';

const zones = (node: number): string => (node === 0 ? 'a' : 'b');
const waiting = {
  classes: [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'zonal' },
      provisioner: 'disk.example.com',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    } as never,
  ],
};
const keeping = {
  classes: [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'zonal' },
      provisioner: 'disk.example.com',
      reclaimPolicy: 'Retain',
    } as never,
  ],
};
const data = (claimName: string): object => ({ volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] });
const user = (name: string, claimName: string, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'main', image: 'db:1' }], terminationGracePeriodSeconds: 1, ...data(claimName), ...spec },
});
const on = (node: string): object => ({ nodeSelector: { 'kubernetes.io/hostname': node } });
const cordonAt = (second: number, name: string): Step => [
  second,
  { verb: 'patch', resource: 'nodes', name, patchType: 'merge', body: { spec: { unschedulable: true } } },
];
/** The lab's hosts before the nodes: etcd, API server, farm, user, manager, cloud, scheduler. */
const NODE = 7;
const cutOff = (node: number, from: number) =>
  [{ at: from * SECOND, change: 'partition', id: 'cut', a: { hosts: [NODE + node] }, b: { hosts: [1] } }] as const;
const CLAIMS = ['persistentvolumeclaims', 'persistentvolumes'];
const ATTACHED = ['pods', 'volumeattachments.storage.k8s.io', 'events'];

function database(spec: object): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default' },
    spec: {
      replicas: 2,
      serviceName: 'db',
      selector: { matchLabels: { app: 'db' } },
      template: {
        ...podTemplate('db'),
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'db:1' }],
        },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { storageClassName: 'zonal', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
      ...spec,
    },
  };
}

export const VOLUME_SITUATIONS: readonly Situation[] = [
  {
    name: 'disk made where the pod goes that waits for it',
    source: 'docs, concepts/storage/storage-classes, WaitForFirstConsumer; pv_controller.go, shouldDelayBinding; external-provisioner v5',
    steps: [createAt(10, 'persistentvolumeclaims', claim('data')), createAt(20, 'pods', user('db', 'data', on('node-1')))],
    options: { nodes: { count: 2, zoneOf: zones }, cloud: { ...provider(), ...waiting }, seconds: 50 },
    since: 10,
    resources: [...CLAIMS, ...ATTACHED],
  },
  {
    name: 'volume in another zone than the pod may go to',
    source: 'pkg/scheduler/framework/plugins/volumebinding (node(s) had volume node affinity conflict); docs, Multiple zones',
    steps: [
      createAt(10, 'persistentvolumeclaims', claim('data')),
      createAt(20, 'pods', user('first', 'data', on('node-1'))),
      deleteAt(40, 'pods', 'first'),
      cordonAt(50, 'node-1'),
      createAt(55, 'pods', user('second', 'data')),
    ],
    options: { nodes: { count: 2, zoneOf: zones }, cloud: { ...provider(), ...waiting }, seconds: 80 },
    since: 50,
    resources: ATTACHED,
  },
  {
    name: 'attaching that fails before it succeeds',
    source: 'external-attacher v4 csi_handler.go (attachError); attach_detach reconciler, FailedAttachVolume',
    steps: [createAt(10, 'persistentvolumeclaims', claim('data')), createAt(20, 'pods', user('db', 'data'))],
    options: { nodes: { count: 1 }, cloud: provider({ attach: 0.7 }), seconds: 90, seed: 2 },
    since: 20,
    resources: ATTACHED,
  },
  {
    name: 'second pod elsewhere that wants a disk which one node may have',
    source: 'attachdetach/reconciler/reconciler.go, reportMultiAttachError; pkg/volume/util, IsMultiAttachAllowed',
    steps: [
      createAt(10, 'persistentvolumeclaims', claim('data')),
      createAt(20, 'pods', user('first', 'data', on('node-0'))),
      createAt(40, 'pods', user('second', 'data', on('node-1'))),
      deleteAt(60, 'pods', 'first'),
    ],
    options: { nodes: { count: 2 }, cloud: provider(), seconds: 130 },
    since: 40,
    resources: ATTACHED,
  },
  {
    name: 'disk taken by force from a node that is gone for six minutes',
    source: 'attachdetach/reconciler/reconciler.go (maxWaitForUnmountDuration 6m); docs, Non-graceful node shutdown',
    steps: [
      createAt(10, 'persistentvolumeclaims', claim('data')),
      createAt(20, 'pods', user('first', 'data', on('node-0'))),
      deleteAt(120, 'pods', 'first', { gracePeriodSeconds: 0 }),
      createAt(125, 'pods', user('second', 'data', on('node-1'))),
    ],
    options: {
      nodes: { count: 2 },
      cloud: provider(),
      seconds: 650,
      changes: cutOff(0, 60),
    },
    since: 60,
    resources: ['nodes', ...ATTACHED],
  },
  {
    name: 'stateful set whose claims stay when it shrinks and are found again when it grows',
    source: 'docs, concepts/workloads/controllers/statefulset, Stable storage and PersistentVolumeClaim retention (Retain by default)',
    steps: [
      createAt(10, 'statefulsets.apps', database({})),
      patchAt(60, 'statefulsets.apps', 'db', { spec: { replicas: 1 } }),
      patchAt(90, 'statefulsets.apps', 'db', { spec: { replicas: 2 } }),
    ],
    options: { nodes: { count: 2 }, cloud: { ...provider(), ...waiting }, seconds: 130 },
    since: 10,
    resources: ['statefulsets.apps', ...CLAIMS, ...ATTACHED],
  },
  {
    name: 'stateful set whose claims and disks go with what it loses',
    source: 'KEP-1847; stateful_set_utils.go, updateClaimOwnerRefForSetAndPod (whenScaled and whenDeleted Delete)',
    steps: [
      createAt(
        10,
        'statefulsets.apps',
        database({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' } }),
      ),
      patchAt(60, 'statefulsets.apps', 'db', { spec: { replicas: 1 } }),
      deleteAt(90, 'statefulsets.apps', 'db'),
    ],
    options: { nodes: { count: 2 }, cloud: { ...provider(), ...waiting }, seconds: 130 },
    since: 60,
    resources: ['statefulsets.apps', ...CLAIMS, ...ATTACHED],
  },
  {
    name: 'disk deleted with its claim only when it is detached',
    source: 'sig-storage-lib-external-provisioner v10 controller.go, shouldDelete; pvc_protection_controller.go',
    steps: [
      createAt(10, 'persistentvolumeclaims', claim('data')),
      createAt(20, 'pods', user('db', 'data')),
      deleteAt(40, 'persistentvolumeclaims', 'data'),
      deleteAt(50, 'pods', 'db'),
    ],
    options: { nodes: { count: 1 }, cloud: provider(), seconds: 90 },
    since: 40,
    resources: [...CLAIMS, ...ATTACHED],
  },
  {
    name: 'disk that outlives its claim',
    source: 'docs, concepts/storage/persistent-volumes, Retain; pv_controller.go, reclaimVolume',
    steps: [
      createAt(10, 'persistentvolumeclaims', claim('data')),
      deleteAt(30, 'persistentvolumeclaims', 'data'),
      createAt(40, 'persistentvolumeclaims', claim('again')),
    ],
    options: { nodes: { count: 1 }, cloud: { ...provider(), ...keeping }, seconds: 60 },
    since: 10,
    resources: [...CLAIMS, 'events'],
  },
  {
    name: 'claim made bigger while its pod runs',
    source: 'pkg/controller/volume/expand (ExternalExpanding); external-resizer v1 controller.go; docs, Expanding claims',
    steps: [
      createAt(10, 'persistentvolumeclaims', claim('data')),
      createAt(20, 'pods', user('db', 'data')),
      patchAt(40, 'persistentvolumeclaims', 'data', { spec: { resources: { requests: { storage: '9Gi' } } } }),
    ],
    options: { nodes: { count: 1 }, cloud: provider(), seconds: 70 },
    since: 39,
    resources: [...CLAIMS, ...ATTACHED],
  },
  {
    name: 'node that has as many disks as it takes',
    source: 'pkg/scheduler/framework/plugins/nodevolumelimits/csi.go (node(s) exceed max volume count)',
    steps: [
      ...['one', 'two', 'three'].flatMap((name) => [
        createAt(10, 'persistentvolumeclaims', claim(name)),
        createAt(20, 'pods', user(name, name)),
      ]),
      deleteAt(50, 'pods', 'one'),
    ],
    options: { nodes: { count: 1, maxVolumes: 2 }, cloud: provider(), seconds: 90 },
    since: 20,
    resources: ATTACHED,
  },
];
