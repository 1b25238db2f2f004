/** The objects of scheduler_perf's operations: nodes and pods with upstream's defaults (test/utils/runners.go, node_util.go), rendered from the files' templates. */

import type { KubeObject, Node } from '#api';
import { type CreateNodes, type CreatePods, render } from '#scenario';
import { SECOND } from '#sim';

/** 4 CPU, 32 GiB, 110 pods, Ready. */
const DEFAULT_NODE: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {},
  status: {
    capacity: { cpu: '4', memory: '32Gi', pods: '110' },
    allocatable: { cpu: '4', memory: '32Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
};

const DEFAULT_POD: KubeObject & { readonly spec: object } = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'pod-' },
  spec: {
    containers: [
      {
        name: 'pause',
        image: 'registry.k8s.io/pause:3.10',
        ports: [{ containerPort: 80 }],
        resources: { requests: { cpu: '100m', memory: '500Mi' }, limits: { cpu: '100m', memory: '500Mi' } },
      },
    ],
  },
};

export function nodeOf(operation: CreateNodes, index: number): Node {
  const base = operation.template === undefined ? DEFAULT_NODE : (render(operation.template, index, operation.count) as Node);
  const prefix = base.metadata?.generateName ?? (operation.template === undefined ? `node-${operation.index}-` : 'node-');
  const name = base.metadata?.name ?? `${prefix}${String(operation.index)}-${index}`;
  const labels: Record<string, string> = { ...base.metadata?.labels, 'kubernetes.io/hostname': name };
  if (operation.label !== undefined) labels[operation.label.key] = operation.label.values[index % operation.label.values.length] ?? '';
  if (operation.uniqueLabel !== undefined) labels[operation.uniqueLabel] = name;
  const capacity = { ...base.status?.capacity, ...operation.allocatable };
  const allocatable = { ...(base.status?.allocatable ?? base.status?.capacity), ...operation.allocatable };
  return { ...base, metadata: { ...base.metadata, name, labels }, status: { ...base.status, capacity, allocatable } } as Node;
}

export function csiNodeOf(node: Node, drivers: Readonly<Record<string, number>>): KubeObject {
  const name = node.metadata?.name ?? '';
  const spec = { drivers: Object.entries(drivers).map(([driver, count]) => ({ name: driver, nodeID: name, allocatable: { count } })) };
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec } as KubeObject;
}

/** Every volume is a disk of its own: scheduler_perf gives its source the volume's number as id (scheduler_perf.go v1.34, getCustomVolumeFactory). */
function withDiskId(spec: Readonly<Record<string, unknown>> | undefined, id: string): object {
  const { csi, awsElasticBlockStore } = (spec ?? {}) as { readonly csi?: object; readonly awsElasticBlockStore?: object };
  if (csi !== undefined) return { ...spec, csi: { ...csi, volumeHandle: id } };
  return awsElasticBlockStore === undefined ? { ...spec } : { ...spec, awsElasticBlockStore: { ...awsElasticBlockStore, volumeID: id } };
}

/** A pod, after its volume and claim where the operation has them: pre-bound, as upstream makes them. */
export function podsOf(operation: CreatePods, index: number): KubeObject[] {
  const pod = (operation.template === undefined ? DEFAULT_POD : render(operation.template, index, operation.count)) as KubeObject & {
    readonly spec?: Readonly<Record<string, unknown>>;
  };
  const { persistentVolume, persistentVolumeClaim, namespace } = operation;
  if (persistentVolume === undefined || persistentVolumeClaim === undefined) return [{ ...pod, metadata: { ...pod.metadata, namespace } }];
  const claimName = `pvc-${index}`;
  const volumeName = `${namespace}-vol-${index}`;
  const claim = render(persistentVolumeClaim, index, operation.count) as KubeObject & { readonly spec?: object };
  const volume = render(persistentVolume, index, operation.count) as KubeObject & { readonly spec?: Readonly<Record<string, unknown>> };
  const volumes = [{ name: 'vol', persistentVolumeClaim: { claimName } }];
  return [
    {
      ...claim,
      metadata: {
        ...claim.metadata,
        namespace,
        name: claimName,
        annotations: { ...claim.metadata?.annotations, 'pv.kubernetes.io/bind-completed': 'true' },
      },
      spec: { ...claim.spec, volumeName },
      status: { phase: 'Bound' },
    } as KubeObject,
    {
      ...volume,
      metadata: { ...volume.metadata, name: volumeName },
      spec: {
        ...withDiskId(volume.spec, `vol-${index}`),
        claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claimName },
      },
      status: { phase: 'Bound' },
    } as KubeObject,
    { ...pod, metadata: { ...pod.metadata, namespace }, spec: { ...pod.spec, volumes } } as KubeObject,
  ];
}

/** Between two of so many a second. */
export const pacedBy = (perSecond: number): number => Math.max(1, Math.round(SECOND / perSecond));
