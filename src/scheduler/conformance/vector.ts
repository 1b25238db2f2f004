/** The form of decisions recorded from a real kube-scheduler, and how one is turned into what plugins see. */

import type { KubeObject, Node, Pod } from '#api';
import type { Handle, ObjectLister } from '../framework.ts';
import { MapLister, ObjectHandle, ObjectSnapshot } from '../object-handle.ts';
import { newPodInfo, type PodInfo } from '../pod-info.ts';
import type { Profile } from '../profile.ts';

export interface ClusterVector {
  readonly id: string;
  readonly kind?: string;
  readonly nodes: readonly Node[];
  readonly pods?: readonly Pod[];
  readonly nominated?: readonly Pod[];
  readonly namespaces?: readonly KubeObject[];
  readonly services?: readonly KubeObject[];
  readonly replicaSets?: readonly KubeObject[];
  readonly replicationControllers?: readonly KubeObject[];
  readonly statefulSets?: readonly KubeObject[];
  readonly pvs?: readonly KubeObject[];
  readonly pvcs?: readonly KubeObject[];
  readonly storageClasses?: readonly KubeObject[];
  readonly csiNodes?: readonly KubeObject[];
  readonly csiDrivers?: readonly KubeObject[];
  readonly csiStorageCapacities?: readonly KubeObject[];
  readonly pdbs?: readonly KubeObject[];
  readonly resourceClaims?: readonly KubeObject[];
  readonly resourceSlices?: readonly KubeObject[];
  readonly deviceClasses?: readonly KubeObject[];
}

export interface ExpectedStatus {
  readonly plugin?: string;
  readonly code: string;
  readonly reasons?: readonly string[];
}

export interface DecisionVector extends ClusterVector {
  readonly pending: Pod;
  readonly expect: {
    readonly gated?: ExpectedStatus;
    readonly nodeOrder?: readonly string[];
    readonly preFilter?: ExpectedStatus;
    readonly preFilterNodes?: readonly string[];
    readonly scorePlugins?: readonly string[];
    readonly nodes?: Readonly<Record<string, Partial<ExpectedStatus> & { readonly scores?: readonly number[]; readonly total?: number }>>;
    readonly best?: readonly string[];
    readonly message?: string;
    readonly postFilter?: {
      readonly eligible?: boolean;
      readonly potential?: readonly string[];
      readonly candidates?: readonly { readonly node: string; readonly victims: readonly string[]; readonly pdbViolations: number }[];
      readonly best?: readonly string[];
      readonly code?: string;
      readonly message?: string;
    };
  };
}

export interface SequenceStep {
  readonly pod: string;
  readonly node: string;
  readonly victims?: readonly string[];
  readonly evaluated?: number;
  readonly feasible?: number;
}

export interface SequenceVector extends ClusterVector {
  readonly mode: 'all' | 'preempt' | 'adaptive';
  readonly pending: readonly Pod[];
  readonly expect: readonly SequenceStep[];
}

const RESOURCES: Readonly<Record<string, keyof ClusterVector>> = {
  namespaces: 'namespaces',
  services: 'services',
  'replicasets.apps': 'replicaSets',
  replicationcontrollers: 'replicationControllers',
  'statefulsets.apps': 'statefulSets',
  persistentvolumes: 'pvs',
  persistentvolumeclaims: 'pvcs',
  'storageclasses.storage.k8s.io': 'storageClasses',
  'csinodes.storage.k8s.io': 'csiNodes',
  'csidrivers.storage.k8s.io': 'csiDrivers',
  'csistoragecapacities.storage.k8s.io': 'csiStorageCapacities',
  'poddisruptionbudgets.policy': 'pdbs',
  'resourceclaims.resource.k8s.io': 'resourceClaims',
  'resourceslices.resource.k8s.io': 'resourceSlices',
  'deviceclasses.resource.k8s.io': 'deviceClasses',
};

export function listersOf(vector: ClusterVector): Map<string, ObjectLister<KubeObject>> {
  const listers = new Map<string, ObjectLister<KubeObject>>();
  for (const resource in RESOURCES)
    listers.set(resource, new MapLister((vector[RESOURCES[resource] as keyof ClusterVector] ?? []) as readonly KubeObject[]));
  return listers;
}

export function nominatedByNode(pods: readonly Pod[]): Map<string, PodInfo[]> {
  const byNode = new Map<string, PodInfo[]>();
  for (const pod of pods) {
    const node = (pod.status?.nominatedNodeName as string | undefined) ?? '';
    byNode.set(node, [...(byNode.get(node) ?? []), newPodInfo(pod)]);
  }
  return byNode;
}

/** When the recorder says 'now' where upstream would ask the clock: later than any recorded start. */
export const LATE = Number.MAX_SAFE_INTEGER;

export function handleOf(profile: Profile, vector: ClusterVector): Handle {
  const snapshot = new ObjectSnapshot(vector.nodes, vector.pods ?? []);
  const handle = new ObjectHandle(profile, snapshot, listersOf(vector), nominatedByNode(vector.nominated ?? []), LATE);
  watchDevices(profile, handle, vector);
  return handle;
}

/** DynamicResources keeps books of claims and slices, and looks claims up before a pod is queued. */
export function watchDevices(profile: Profile, handle: Handle, vector: ClusterVector): void {
  for (const plugin of profile.plugins.values()) plugin.attach?.(handle);
  for (const plugin of profile.observers) {
    for (const claim of vector.resourceClaims ?? []) plugin.observe?.('resourceclaims.resource.k8s.io', undefined, claim);
    for (const slice of vector.resourceSlices ?? []) plugin.observe?.('resourceslices.resource.k8s.io', undefined, slice);
  }
}
