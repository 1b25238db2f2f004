/** From a change of an object to the events that plugins register for. Mirrors pkg/scheduler/framework/events.go v1.34
 *  (PodSchedulingPropertiesChange, NodeSchedulingPropertiesChange) and eventhandlers.go. */

import type { Node, Pod } from '#api';
import { compareQuantities, deepEqual } from '#api';
import { nodeTaints, podLabels, podTolerations } from './pod-fields.ts';
import { podUsage } from './pod-resources.ts';
import {
  ADD,
  type ClusterEvent,
  clusterEvent,
  DELETE,
  type EventResource,
  UPDATE,
  UPDATE_NODE_ALLOCATABLE,
  UPDATE_NODE_ANNOTATION,
  UPDATE_NODE_CONDITION,
  UPDATE_NODE_LABEL,
  UPDATE_NODE_TAINT,
  UPDATE_POD_CLAIMS,
  UPDATE_POD_LABEL,
  UPDATE_POD_SCALE_DOWN,
  UPDATE_POD_SCHEDULING_GATES,
  UPDATE_POD_TOLERATION,
} from './queueing-events.ts';
import { hasSamePlace } from './table/node-table.ts';

export const NODE_ADD = clusterEvent('Node', ADD);
export const NODE_DELETE = clusterEvent('Node', DELETE);
export const ASSIGNED_POD_ADD = clusterEvent('AssignedPod', ADD);
export const ASSIGNED_POD_DELETE = clusterEvent('AssignedPod', DELETE);
export const UNSCHEDULED_POD_ADD = clusterEvent('UnscheduledPod', ADD);
export const UNSCHEDULED_POD_UPDATE = clusterEvent('UnscheduledPod', UPDATE);

const NODE_ALLOCATABLE = clusterEvent('Node', UPDATE_NODE_ALLOCATABLE);
const NODE_LABEL = clusterEvent('Node', UPDATE_NODE_LABEL);
const NODE_TAINT = clusterEvent('Node', UPDATE_NODE_TAINT);
const NODE_CONDITION = clusterEvent('Node', UPDATE_NODE_CONDITION);
const NODE_ANNOTATION = clusterEvent('Node', UPDATE_NODE_ANNOTATION);

export function sameFlat(a: Readonly<Record<string, unknown>> | undefined, b: Readonly<Record<string, unknown>> | undefined): boolean {
  if (a === b) return true;
  const left = a ?? {};
  const right = b ?? {};
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key]);
}

function haveSameConditions(before: Node, after: Node): boolean {
  const left = before.status?.conditions ?? NO_CONDITIONS;
  const right = after.status?.conditions ?? NO_CONDITIONS;
  if (left === right) return true;
  let isSame = left.length === right.length;
  for (let i = 0; isSame && i < left.length; i++) isSame = left[i]?.type === right[i]?.type && left[i]?.status === right[i]?.status;
  if (isSame) return true;
  // Their order does not matter.
  const statuses = (conditions: typeof left): Record<string, string> => {
    const byType: Record<string, string> = {};
    for (const { type, status } of conditions) byType[type] = status;
    return byType;
  };
  return sameFlat(statuses(left), statuses(right));
}
const NO_CONDITIONS: NonNullable<NonNullable<Node['status']>['conditions']> = [];

type Amounts = Readonly<Record<string, string | number>> | undefined;

/** Equal as quantities: 1000m is 1. */
function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a === b || sameFlat(a, b)) return true;
  const left = a ?? {};
  const right = b ?? {};
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => right[key] !== undefined && compareQuantities(left[key] as string, right[key]) === 0);
}

/** Most node updates are heartbeats and change nothing of interest: then the list is empty. Becoming schedulable counts as a change of taints, being
 *  cordoned as none. */
export function nodeChanges(before: Node, after: Node): readonly ClusterEvent[] {
  if (before === after) return [];
  const events: ClusterEvent[] = [];
  if (before.spec?.unschedulable === true && after.spec?.unschedulable !== true) events.push(NODE_TAINT);
  if (!sameAmounts(before.status?.allocatable as Amounts, after.status?.allocatable as Amounts)) events.push(NODE_ALLOCATABLE);
  if (!hasSamePlace(before, after)) {
    if (!sameFlat(before.metadata?.labels, after.metadata?.labels)) events.push(NODE_LABEL);
    if (!deepEqual(nodeTaints(before), nodeTaints(after))) events.push(NODE_TAINT);
  }
  if (!haveSameConditions(before, after)) events.push(NODE_CONDITION);
  if (!sameFlat(before.metadata?.annotations, after.metadata?.annotations)) events.push(NODE_ANNOTATION);
  return events;
}

/** Most updates of pods change neither containers nor what the node says of their resources. */
function isScaledDown(before: Pod, after: Pod): boolean {
  if (before.spec === after.spec && before.status?.containerStatuses === after.status?.containerStatuses) return false;
  const had = podUsage(before).requests;
  const has = podUsage(after).requests;
  if (had === has) return false;
  for (const name in had) if (!(name in has) || (has[name] as number) < (had[name] as number)) return true;
  return false;
}

const areSameLabels = (before: Pod, after: Pod): boolean =>
  podLabels(before) === podLabels(after) || sameFlat(podLabels(before), podLabels(after));

const gatesOf = (pod: Pod): number => pod.spec?.schedulingGates?.length ?? 0;

/** Names of the claims that were generated for a pod. */
const claimStatuses = (pod: Pod) => pod.status?.resourceClaimStatuses;

interface PodEvents {
  readonly labels: ClusterEvent;
  readonly scaledDown: ClusterEvent;
  readonly gates: ClusterEvent;
  readonly tolerations: ClusterEvent;
  readonly claims: ClusterEvent;
  /** Nothing in particular. */
  readonly update: readonly ClusterEvent[];
}

const podEvents = (resource: 'AssignedPod' | 'UnscheduledPod'): PodEvents => ({
  labels: clusterEvent(resource, UPDATE_POD_LABEL),
  scaledDown: clusterEvent(resource, UPDATE_POD_SCALE_DOWN),
  gates: clusterEvent(resource, UPDATE_POD_SCHEDULING_GATES),
  tolerations: clusterEvent(resource, UPDATE_POD_TOLERATION),
  claims: clusterEvent(resource, UPDATE_POD_CLAIMS),
  update: [clusterEvent(resource, UPDATE)],
});
const ASSIGNED = podEvents('AssignedPod');
const UNSCHEDULED = podEvents('UnscheduledPod');

/** PodSchedulingPropertiesChange: everything that changed of a pod, a plain update when it is nothing that anybody names. */
export function podChanges(before: Pod, after: Pod): readonly ClusterEvent[] {
  const of = (after.spec?.nodeName ?? '') === '' ? UNSCHEDULED : ASSIGNED;
  const events: ClusterEvent[] = [];
  if (!areSameLabels(before, after)) events.push(of.labels);
  if (isScaledDown(before, after)) events.push(of.scaledDown);
  if (gatesOf(after) === 0 && gatesOf(before) > 0) events.push(of.gates);
  if (podTolerations(before).length !== podTolerations(after).length) events.push(of.tolerations);
  if (claimStatuses(before) !== claimStatuses(after) && !deepEqual(claimStatuses(before) ?? [], claimStatuses(after) ?? []))
    events.push(of.claims);
  return events.length === 0 ? of.update : events;
}

const objectEvents = new Map<string, ClusterEvent>();

/** Events of the objects that only plugins look at. */
export function objectEvent(resource: EventResource, type: 'add' | 'update' | 'delete'): ClusterEvent {
  const key = `${resource} ${type}`;
  let event = objectEvents.get(key);
  if (event === undefined) {
    event = clusterEvent(resource, type === 'add' ? ADD : type === 'update' ? UPDATE : DELETE);
    objectEvents.set(key, event);
  }
  return event;
}
