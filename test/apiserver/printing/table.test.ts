import { describe, expect, it } from 'vitest';
import { type KubeObject, parseTime, RESOURCES } from '#api';
import { asPartialObjectMetadataList, asTable, humanDuration, partialEvent, printerOf, type Table, tableEvent } from '#apiserver';

const NOW = parseTime('2026-01-02T00:00:00Z') as number;
const meta = { name: 'it', creationTimestamp: '2026-01-01T00:00:00Z' };
const template = {
  metadata: { labels: { a: 'b' } },
  spec: {
    containers: [
      { name: 'c', image: 'i:1' },
      { name: 'd', image: 'j:2' },
    ],
  },
};
const selector = {
  matchLabels: { b: '2', a: '1' },
  matchExpressions: [
    { key: 'z', operator: 'In', values: ['y', 'x'] },
    { key: 'n', operator: 'DoesNotExist' },
  ],
};
const SELECTOR = 'a=1,b=2,!n,z in (x,y)';

/** A resource, an object of it, and its row with -o wide. */
const ROWS: readonly (readonly [string, object, readonly unknown[]])[] = [
  [
    'deployments.apps',
    { spec: { replicas: 3, selector, template }, status: { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 } },
    ['it', '1/3', 2, 1, '24h', 'c,d', 'i:1,j:2', SELECTOR],
  ],
  [
    'replicasets.apps',
    { spec: { replicas: 2, selector, template }, status: { replicas: 2 } },
    ['it', 2, 2, 0, '24h', 'c,d', 'i:1,j:2', SELECTOR],
  ],
  ['statefulsets.apps', { spec: { replicas: 2, template }, status: { readyReplicas: 1 } }, ['it', '1/2', '24h', 'c,d', 'i:1,j:2']],
  [
    'daemonsets.apps',
    { spec: { selector: {}, template: { spec: { nodeSelector: { gpu: 'yes' }, containers: [] } } }, status: { desiredNumberScheduled: 4 } },
    ['it', 4, 0, 0, 0, 0, 'gpu=yes', '24h', '', '', '<none>'],
  ],
  [
    'jobs.batch',
    { spec: { completions: 3, template }, status: { succeeded: 1, startTime: '2026-01-01T23:59:00Z' } },
    ['it', 'Running', '1/3', '60s', '24h', 'c,d', 'i:1,j:2', '<none>'],
  ],
  [
    'cronjobs.batch',
    { spec: { schedule: '* * * * *', suspend: false, jobTemplate: { spec: { template } } } },
    ['it', '* * * * *', '<none>', 'False', 0, '<none>', '24h', 'c,d', 'i:1,j:2', '<none>'],
  ],
  [
    'services',
    {
      spec: {
        type: 'LoadBalancer',
        clusterIPs: ['172.30.0.9'],
        ports: [
          { port: 80, nodePort: 30080, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    },
    ['it', 'LoadBalancer', '172.30.0.9', '<pending>', '80:30080/TCP,53/UDP', '24h', '<none>'],
  ],
  [
    'endpoints',
    { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: '10.0.0.2' }], ports: [{ port: 80 }, { port: 81 }] }] },
    ['it', '10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...', '24h'],
  ],
  [
    'endpointslices.discovery.k8s.io',
    { addressType: 'IPv4', ports: [{ port: 80 }], endpoints: [{ addresses: ['10.0.0.1'] }] },
    ['it', 'IPv4', '80', '10.0.0.1', '24h'],
  ],
  [
    'ingresses.networking.k8s.io',
    { spec: { ingressClassName: 'n', rules: [{ host: 'a.b' }], tls: [{}] } },
    ['it', 'n', 'a.b', '', '80, 443', '24h'],
  ],
  [
    'nodes',
    {
      metadata: { ...meta, labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/gpu': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'False' }],
        addresses: [{ type: 'InternalIP', address: '10.1.0.1' }],
        nodeInfo: { kubeletVersion: 'v1.34.3', osImage: 'Linux', kernelVersion: '', containerRuntimeVersion: 'containerd://2' },
      },
    },
    ['it', 'NotReady,SchedulingDisabled', 'gpu,worker', '24h', 'v1.34.3', '10.1.0.1', '<none>', 'Linux', '<unknown>', 'containerd://2'],
  ],
  [
    'persistentvolumeclaims',
    {
      spec: { volumeName: 'v', storageClassName: 'fast', volumeMode: 'Block' },
      status: { phase: 'Bound', capacity: { storage: '1024Mi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'] },
    },
    ['it', 'Bound', 'v', '1Gi', 'RWO,RWX', 'fast', '<unset>', '24h', 'Block'],
  ],
  [
    'persistentvolumes',
    {
      spec: {
        capacity: { storage: '5Gi' },
        accessModes: ['ReadOnlyMany'],
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace: 'n', name: 'c' },
      },
      status: { phase: 'Released' },
    },
    ['it', '5Gi', 'ROX', 'Retain', 'Released', 'n/c', '', '<unset>', '', '24h', '<unset>'],
  ],
  [
    'storageclasses.storage.k8s.io',
    { metadata: { ...meta, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' },
    ['it (default)', 'p', 'Delete', 'Immediate', false, '24h'],
  ],
  [
    'events',
    {
      lastTimestamp: '2026-01-01T23:59:50Z',
      firstTimestamp: '2026-01-01T23:50:00Z',
      count: 4,
      type: 'Warning',
      reason: 'BackOff',
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      source: { component: 'kubelet', host: 'n' },
      message: 'Back-off \n',
    },
    ['10s', 'Warning', 'BackOff', 'pod/p', 'spec.containers{c}', 'kubelet, n', 'Back-off', '10m', 4, 'it'],
  ],
  [
    'horizontalpodautoscalers.autoscaling',
    {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'd' },
        minReplicas: 1,
        maxReplicas: 9,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
      },
      status: {
        currentReplicas: 2,
        currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 35 } } }],
      },
    },
    ['it', 'Deployment/d', 'cpu: 35%/80%', '1', 9, 2, '24h'],
  ],
  [
    'resourcequotas',
    {
      status: {
        hard: { 'limits.cpu': '2', pods: '10', 'requests.cpu': '1' },
        used: { 'limits.cpu': '0', pods: '3', 'requests.cpu': '500m' },
      },
    },
    ['it', 'pods: 3/10, requests.cpu: 500m/1', 'limits.cpu: 0/2', '24h'],
  ],
  ['poddisruptionbudgets.policy', { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } }, ['it', '50%', 'N/A', 1, '24h']],
  ['priorityclasses.scheduling.k8s.io', { value: 7, preemptionPolicy: 'Never' }, ['it', 7, false, '24h', 'Never']],
  [
    'rolebindings.rbac.authorization.k8s.io',
    {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', namespace: 'n', name: 's' },
      ],
    },
    ['it', 'Role/r', '24h', 'u', '', 'n/s'],
  ],
  ['roles.rbac.authorization.k8s.io', {}, ['it', '2026-01-01T00:00:00Z']],
  ['configmaps', { data: { a: '1' }, binaryData: { b: 'eA==' } }, ['it', 2, '24h']],
  ['secrets', { type: 'Opaque', data: { a: '1' } }, ['it', 'Opaque', 1, '24h']],
  ['namespaces', { status: { phase: 'Active' } }, ['it', 'Active', '24h']],
  ['leases.coordination.k8s.io', { spec: { holderIdentity: 'me' } }, ['it', 'me', '24h']],
  ['resourceclaims.resource.k8s.io', { status: { allocation: {}, reservedFor: [{}] } }, ['it', 'allocated,reserved', '24h']],
];

const tableOf = (resource: string, object: object): Table =>
  asTable({ metadata: meta, ...object } as KubeObject, printerOf(resource), { now: NOW }) as Table;

describe('rows', () => {
  it.each(ROWS)('%s', (resource, object, cells) => {
    expect(tableOf(resource, object).rows[0]?.cells).toEqual(cells);
  });
  it('have a column for each cell', () => {
    // Upstream's printer of IP addresses gives one cell too many.
    for (const [resource, object] of ROWS)
      expect(tableOf(resource, object).columnDefinitions?.length).toBe(tableOf(resource, object).rows[0]?.cells.length);
  });
  it('exist for every resource, even when the object is nearly empty', () => {
    for (const { resource } of RESOURCES) expect(tableOf(resource, {}).rows[0]?.cells).toContain('it');
  });
});

describe('tables', () => {
  const list = {
    kind: 'ConfigMapList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '9', continue: 'c', remainingItemCount: 3 },
    items: [{ metadata: meta, data: {} }],
  };
  it('carry the list metadata and the metadata of each object', () => {
    expect(asTable(list, printerOf('configmaps'), { now: NOW })).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: list.metadata,
      columnDefinitions: [{ name: 'Name', format: 'name' }, { name: 'Data' }, { name: 'Age' }],
      rows: [{ cells: ['it', 0, '24h'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: meta } }],
    });
  });
  it('carry whole objects or none when asked to', () => {
    const rowOf = (includeObject: 'None' | 'Object') =>
      (asTable(list, printerOf('configmaps'), { now: NOW, includeObject }) as Table).rows[0];
    expect(rowOf('Object')?.object).toBe(list.items[0]);
    expect(rowOf('None')?.object).toBeNull();
  });
  it('in a watch name their columns once', () => {
    const event = { type: 'MODIFIED', object: list.items[0] as KubeObject } as const;
    const table = tableEvent(event, printerOf('configmaps'), { now: NOW, noHeaders: true });
    expect(table).toMatchObject({ type: 'MODIFIED', object: { kind: 'Table', rows: [{ cells: ['it', 0, '24h'] }] } });
    expect(table.object).not.toHaveProperty('columnDefinitions');
  });
  it('leave a Status alone', () => {
    const error = { type: 'ERROR', object: { kind: 'Status', apiVersion: 'v1' } as KubeObject } as const;
    expect(tableEvent(error, printerOf('pods'), { now: NOW }).object).toBe(error.object);
    expect(partialEvent(error).object).toBe(error.object);
  });
  it('mark what has ended', () => {
    expect(tableOf('pods', { status: { phase: 'Succeeded' } }).rows[0]?.conditions).toEqual([
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ]);
  });
  it('have a sister with metadata only', () => {
    expect(asPartialObjectMetadataList(list)).toEqual({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: list.metadata,
      items: [{ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: meta }],
    });
  });
});

describe('durations for people', () => {
  const S = 1;
  const M = 60;
  const H = 3600;
  const D = 24 * H;
  it.each([
    [-5, '<invalid>'],
    [-1, '0s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [9 * M + 5, '9m5s'],
    [10 * M + 5, '10m'],
    [179 * M, '179m'],
    [3 * H, '3h'],
    [7 * H + 59 * M, '7h59m'],
    [8 * H + 59 * M, '8h'],
    [47 * H, '47h'],
    [2 * D, '2d'],
    [7 * D + 23 * H, '7d23h'],
    [8 * D + 23 * H, '8d'],
    [729 * D, '729d'],
    [2 * 365 * D, '2y'],
    [7 * 365 * D + 3 * D, '7y3d'],
    [9 * 365 * D + 3 * D, '9y'],
  ])('%d s: %s', (seconds, text) => {
    expect(humanDuration(seconds * 1_000_000)).toBe(text);
  });
});
