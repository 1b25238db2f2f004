/** From a change of an object to the events that plugins register for. Mirrors pkg/scheduler/framework/events.go v1.34
 *  (PodSchedulingPropertiesChange, NodeSchedulingPropertiesChange) and eventhandlers.go. */

import type { KubeObject, Node, Pod } from '#api';
import { deepEqual, podRequests } from '#api';
import { podLabels, podTolerations } from './pod-fields.ts';
import {
  ADD,
  type ClusterEvent,
  DELETE,
  type EventResource,
  UPDATE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_NODE_ANNOTATION,
  UPDATE_NODE_CONDITION,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_OTHER,
  UPDATE_POD_CLAIMS,
  UPDATE_POD_LABEL,
  UPDATE_POD_SCALE_DOWN,
  UPDATE_POD_SCHEDULING_GATES,
  UPDATE_POD_TOLERATION,
} from './queueing-events.ts';
import { hasSamePlace, hasSameTaints } from './table/node-table.ts';

export const NODE_ADD: ClusterEvent = { resource: 'Node', action: ADD, label: 'NodeAdd' };
export const NODE_DELETE: ClusterEvent = { resource: 'Node', action: DELETE, label: 'NodeDelete' };
export const ASSIGNED_POD_ADD: ClusterEvent = { resource: 'AssignedPod', action: ADD, label: 'AssignedPodAdd' };
export const ASSIGNED_POD_DELETE: ClusterEvent = { resource: 'AssignedPod', action: DELETE, label: 'AssignedPodDelete' };
const UNSCHEDULED_OTHER: ClusterEvent = { resource: 'UnscheduledPod', action: UPDATE_OTHER, label: 'UnscheduledPodUpdate' };

const NODE_UPDATES = {
  [UPDATE_NODE_ALLOCATABLE]: { resource: 'Node', action: UPDATE_NODE_ALLOCATABLE, label: 'NodeAllocatableChange' },
  [UPDATE_NODE_LABEL]: { resource: 'Node', action: UPDATE_NODE_LABEL, label: 'NodeLabelChange' },
  [UPDATE_NODE_TAINT]: { resource: 'Node', action: UPDATE_NODE_TAINT, label: 'NodeTaintChange' },
  [UPDATE_NODE_CONDITION]: { resource: 'Node', action: UPDATE_NODE_CONDITION, label: 'NodeConditionChange' },
  [UPDATE_NODE_ANNOTATION]: { resource: 'Node', action: UPDATE_NODE_ANNOTATION, label: 'NodeAnnotationChange' },
} as const satisfies Record<number, ClusterEvent>;

export function sameFlat(a: Readonly<Record<string, unknown>> | undefined, b: Readonly<Record<string, unknown>> | undefined): boolean {
  if (a === b) return true;
  const left = a ?? {};
  const right = b ?? {};
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

function haveSameConditions(before: Node, after: Node): boolean {
  const left = before.status?.conditions ?? [];
  const right = after.status?.conditions ?? [];
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i]?.type !== right[i]?.type || left[i]?.status !== right[i]?.status) return false;
  return true;
}

/** Most node updates are heartbeats and change nothing of interest: then the list is empty. */
export function nodeChanges(before: Node, after: Node): readonly ClusterEvent[] {
  if (before === after) return [];
  const events: ClusterEvent[] = [];
  if (before.status?.allocatable !== after.status?.allocatable && !sameFlat(before.status?.allocatable, after.status?.allocatable)) {
    events.push(NODE_UPDATES[UPDATE_NODE_ALLOCATABLE]);
  }
  if (!hasSamePlace(before, after)) {
    if (!sameFlat(before.metadata?.labels, after.metadata?.labels)) events.push(NODE_UPDATES[UPDATE_NODE_LABEL]);
    // Cordoning counts as a taint.
    if (!hasSameTaints(before, after)) events.push(NODE_UPDATES[UPDATE_NODE_TAINT]);
  }
  if (!haveSameConditions(before, after)) events.push(NODE_UPDATES[UPDATE_NODE_CONDITION]);
  if (!sameFlat(before.metadata?.annotations, after.metadata?.annotations)) events.push(NODE_UPDATES[UPDATE_NODE_ANNOTATION]);
  return events;
}

function isScaledDown(before: Pod, after: Pod): boolean {
  if (before.spec?.containers === after.spec?.containers) return false;
  const had = podRequests(before);
  const has = podRequests(after);
  for (const name in had) if ((has[name] ?? 0) < (had[name] as number)) return true;
  return false;
}

/** What an update of a pod on a node may change for others. */
export function assignedPodChanges(before: Pod, after: Pod): readonly ClusterEvent[] {
  const events: ClusterEvent[] = [];
  if (podLabels(before) !== podLabels(after) && !sameFlat(podLabels(before), podLabels(after))) {
    events.push({ resource: 'AssignedPod', action: UPDATE_POD_LABEL, label: 'AssignedPodLabelChange' });
  }
  if (isScaledDown(before, after)) events.push({ resource: 'AssignedPod', action: UPDATE_POD_SCALE_DOWN, label: 'AssignedPodScaleDown' });
  return events;
}

/** Names of the claims that were generated for a pod. */
const claimStatuses = (pod: Pod) => pod.status?.resourceClaimStatuses;

/** What changed of a waiting pod: the first thing that a plugin may wait for, else 'other'. */
export function waitingPodChange(before: Pod, after: Pod): ClusterEvent {
  const event = (action: number, label: string): ClusterEvent => ({ resource: 'UnscheduledPod', action, label });
  if (
    before.spec?.schedulingGates !== after.spec?.schedulingGates &&
    (before.spec?.schedulingGates ?? []).length > (after.spec?.schedulingGates ?? []).length
  ) {
    return event(UPDATE_POD_SCHEDULING_GATES, 'PodSchedulingGatesEliminated');
  }
  if (podLabels(before) !== podLabels(after) && !sameFlat(podLabels(before), podLabels(after)))
    return event(UPDATE_POD_LABEL, 'PodLabelChange');
  if (podTolerations(before).length !== podTolerations(after).length) return event(UPDATE_POD_TOLERATION, 'PodTolerationChange');
  if (isScaledDown(before, after)) return event(UPDATE_POD_SCALE_DOWN, 'PodScaleDown');
  if (claimStatuses(before) !== claimStatuses(after) && !deepEqual(claimStatuses(before), claimStatuses(after)))
    return event(UPDATE_POD_CLAIMS, 'PodGeneratedResourceClaimChange');
  return UNSCHEDULED_OTHER;
}

/** Events of the objects that only plugins look at. */
export function objectEvent(resource: EventResource, type: 'add' | 'update' | 'delete'): ClusterEvent {
  const action = type === 'add' ? ADD : type === 'update' ? UPDATE : DELETE;
  return { resource, action, label: `${resource}${type === 'add' ? 'Add' : type === 'update' ? 'Update' : 'Delete'}` };
}

export const isSameObject = (a: KubeObject | undefined, b: KubeObject | undefined): boolean => a?.metadata?.uid === b?.metadata?.uid;
