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
export const UPDATE_OTHER = 4096;
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
  UPDATE_POD_CLAIMS |
  UPDATE_OTHER;
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

export type QueueingHint = 'Queue' | 'QueueSkip';

export interface EventRegistration {
  readonly resource: EventResource;
  readonly action: number;
  /** Whether this change may help this pod; without it every matching event queues. */
  readonly hint?: (pod: Pod, before: KubeObject | undefined, after: KubeObject | undefined) => QueueingHint;
}

/** ClusterEvent.Match: the registered resource covers the event's, and the actions meet. */
export function matchesEvent(registered: EventRegistration, event: ClusterEvent): boolean {
  if (registered.resource === '*' || event.resource === '*') return true;
  const covers =
    registered.resource === event.resource ||
    (registered.resource === 'Pod' && (event.resource === 'AssignedPod' || event.resource === 'UnscheduledPod'));
  return covers && (registered.action & event.action) !== 0;
}
