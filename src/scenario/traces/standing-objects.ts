/** Objects of a dump that a cluster has by itself, that are over, or that would only stand in the way here. */

import { type KubeObject, resourceForKind } from '#api';

/** Written by the server or by controllers for what else there is. */
const DERIVED = new Set([
  'Event',
  'Lease',
  'Endpoints',
  'EndpointSlice',
  'ControllerRevision',
  'ComponentStatus',
  'CSINode',
  'APIService',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'VolumeAttachment',
  'CSIStorageCapacity',
  'PodMetrics',
  'NodeMetrics',
]);
const DISKS = new Set(['PersistentVolume', 'PersistentVolumeClaim', 'StorageClass', 'CSIDriver', 'VolumeAttributesClass']);
const WEBHOOKS = new Set(['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']);
const STANDING: readonly (readonly [kind: RegExp, name: RegExp])[] = [
  [/^Namespace$/, /^(default|kube-system|kube-public|kube-node-lease)$/],
  [/^(Cluster)?Role(Binding)?$/, /^(system:|kubeadm:|cluster-admin$|admin$|edit$|view$)/],
  [/^PriorityClass$/, /^system-(cluster|node)-critical$/],
  [/^ServiceAccount$/, /^default$/],
  [/^Service$/, /^kubernetes$/],
  [/^ConfigMap$/, /^kube-root-ca\.crt$/],
];

interface Ending extends KubeObject {
  readonly type?: string;
  readonly status?: {
    readonly phase?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly { type?: string; status?: string }[];
  };
}

/** Why an object is left out; undefined when it is not. */
export function reasonToDrop(object: KubeObject): string | undefined {
  const { apiVersion = '', kind = '', metadata } = object;
  const { type, status } = object as Ending;
  if (kind === 'Node') return undefined;
  if (DERIVED.has(kind)) return `a ${kind}: controllers write them`;
  if (resourceForKind(apiVersion, kind) === undefined) return `no resource is served for ${apiVersion} ${kind}`;
  if (metadata?.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null) return 'was being deleted';
  if (STANDING.some(([kinds, names]) => kinds.test(kind) && names.test(metadata?.name ?? ''))) return 'every cluster has it';
  if (DISKS.has(kind)) return `a ${kind}: disks are not taken over, volumes became emptyDirs`;
  if (WEBHOOKS.has(kind)) return `a ${kind}: nobody would answer it`;
  if (kind === 'Secret' && type === 'kubernetes.io/service-account-token') return 'a token of a service account';
  if (kind === 'Pod' && (status?.phase === 'Succeeded' || status?.phase === 'Failed')) return `a pod that ended (${status.phase})`;
  const isOver = (status?.conditions ?? []).some((one) => (one.type === 'Complete' || one.type === 'Failed') && one.status === 'True');
  if (kind === 'Job' && (isOver || status?.completionTime !== undefined)) return 'a Job that is over';
  if (kind === 'ReplicaSet' && (object as { spec?: { replicas?: number } }).spec?.replicas === 0) return 'a ReplicaSet without pods';
  return undefined;
}
