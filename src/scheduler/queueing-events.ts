/** What happens in the cluster that may make a waiting pod schedulable, and what plugins register for.
 *  Mirrors staging/src/k8s.io/kube-scheduler/framework/types.go v1.34 (ClusterEvent, ActionType, EventResource, QueueingHint). */

import type { KubeObject, Pod } from '#api';

/** ActionType bits. */
export const ADD = 1;
export const DELETE = 2;
export const UPDATE_NODE_ALLOCATABLE = 4;
export const UPDATE_NODE_LABEL = 8;
export const UPDATE_NODE_TAINT = 16;
export const UPDATE_NODE_CONDITION = 32;
export const UPDATE_NODE_ANNOTATION = 64;
export const UPDATE_POD_LABEL = 128;
export const UPDATE_POD_SCALE_DOWN = 256;
export const UPDATE_POD_TOLERATION = 512;
export const UPDATE_POD_SCHEDULING_GATES = 1024;
export const UPDATE_POD_CLAIMS = 2048;
export const UPDATE =
  UPDATE_NODE_ALLOCATABLE |
  UPDATE_NODE_LABEL |
  UPDATE_NODE_TAINT |
  UPDATE_NODE_CONDITION |
  UPDATE_NODE_ANNOTATION |
  UPDATE_POD_LABEL |
  UPDATE_POD_SCALE_DOWN |
  UPDATE_POD_TOLERATION |
  UPDATE_POD_SCHEDULING_GATES |
  UPDATE_POD_CLAIMS;
export const ALL = ADD | DELETE | UPDATE;

/** 'AssignedPod' covers pods on nodes, 'UnscheduledPod' the waiting one itself, 'Pod' both. */
export type EventResource =
  | 'Pod'
  | 'AssignedPod'
  | 'UnscheduledPod'
  | 'Node'
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment'
  | 'ResourceClaim'
  | 'ResourceSlice'
  | 'DeviceClass'
  | 'PodGroup'
  | '*';

export interface ClusterEvent {
  readonly resource: EventResource;
  readonly action: number;
  /** scheduler_queue_incoming_pods_total{event} and the log's label: 'NodeAdd', 'AssignedPodDelete'. */
  readonly label: string;
}

/** Where upstream's name of a resource is another than ours. */
const RESOURCE_NAMES: Partial<Record<EventResource, string>> = {
  UnscheduledPod: 'UnschedulablePod',
  StorageClass: 'storage.k8s.io/StorageClass',
  CSINode: 'storage.k8s.io/CSINode',
  CSIDriver: 'storage.k8s.io/CSIDriver',
  CSIStorageCapacity: 'storage.k8s.io/CSIStorageCapacity',
  VolumeAttachment: 'storage.k8s.io/VolumeAttachment',
  ResourceClaim: 'resource.k8s.io/ResourceClaim',
  ResourceSlice: 'resource.k8s.io/ResourceSlice',
  DeviceClass: 'resource.k8s.io/DeviceClass',
  PodGroup: 'podgroups.v1alpha1.scheduling.x-k8s.io',
};

const ACTION_NAMES = new Map<number, string>([
  [ADD, 'Add'],
  [DELETE, 'Delete'],
  [UPDATE_NODE_ALLOCATABLE, 'UpdateNodeAllocatable'],
  [UPDATE_NODE_LABEL, 'UpdateNodeLabel'],
  [UPDATE_NODE_TAINT, 'UpdateNodeTaint'],
  [UPDATE_NODE_CONDITION, 'UpdateNodeCondition'],
  [UPDATE_NODE_ANNOTATION, 'UpdateNodeAnnotation'],
  [UPDATE_POD_LABEL, 'UpdatePodLabel'],
  [UPDATE_POD_SCALE_DOWN, 'UpdatePodScaleDown'],
  [UPDATE_POD_TOLERATION, 'UpdatePodToleration'],
  [UPDATE_POD_SCHEDULING_GATES, 'UpdatePodSchedulingGatesEliminated'],
  [UPDATE_POD_CLAIMS, 'UpdatePodGeneratedResourceClaim'],
  [UPDATE, 'Update'],
  [ALL, 'All'],
]);

/** ClusterEvent.Label. */
export const clusterEvent = (resource: EventResource, action: number): ClusterEvent => ({
  resource,
  action,
  label: `${RESOURCE_NAMES[resource] ?? resource}${ACTION_NAMES.get(action) ?? ''}`,
});

export type QueueingHint = 'Queue' | 'QueueSkip';

export interface EventRegistration {
  readonly resource: EventResource;
  readonly action: number;
  /** Whether this change may help this pod; without it every matching event queues. */
  readonly hint?: (pod: Pod, before: KubeObject | undefined, after: KubeObject | undefined) => QueueingHint;
}

/** MatchClusterEvents (pkg/scheduler/framework/types.go): the registration is of everything, or it covers the event's resource and names an action at
 *  least as general: a plain update (nothing in particular has changed) concerns only who registered for all updates. */
export function matchesEvent(registered: EventRegistration, event: ClusterEvent): boolean {
  if (registered.resource === '*' && registered.action === ALL) return true;
  const covers =
    registered.resource === '*' ||
    registered.resource === event.resource ||
    (registered.resource === 'Pod' && (event.resource === 'AssignedPod' || event.resource === 'UnscheduledPod'));
  return covers && (registered.action & event.action) !== 0 && event.action <= registered.action;
}

/** What of a plugin decides which events are registered for it. */
export interface Registering {
  eventsToRegister?(): readonly EventRegistration[];
  readonly preEnqueue?: unknown;
  readonly preFilter?: unknown;
  readonly filter?: unknown;
  readonly reserve?: unknown;
  readonly permit?: unknown;
}

const EVERYTHING: readonly EventRegistration[] = [{ resource: '*', action: ALL }];
const NOTHING: readonly EventRegistration[] = [];

/** fillEnqueueExtensions (framework/runtime/framework.go) and buildQueueingHintMap (pkg/scheduler/scheduler.go): a plugin that can reject pods and says
 *  nothing of events is told of all; one that waits for new nodes and not for taints is told of changed taints too, without a hint
 *  (kubernetes issue 109437). */
export function registrationsOf(plugin: Registering): readonly EventRegistration[] {
  const rejects = plugin.preEnqueue ?? plugin.preFilter ?? plugin.filter ?? plugin.reserve ?? plugin.permit;
  if (rejects === undefined) return NOTHING;
  if (plugin.eventsToRegister === undefined) return EVERYTHING;
  const own = plugin.eventsToRegister();
  const waitsFor = (bit: number): boolean => own.some(({ resource, action }) => resource === 'Node' && (action & bit) !== 0);
  if (!waitsFor(ADD) || waitsFor(UPDATE_NODE_TAINT)) return own;
  return [...own, { resource: 'Node', action: UPDATE_NODE_TAINT }];
}
