/** What the node monitor remembers of each node. Mirrors kubernetes v1.34 pkg/controller/nodelifecycle/node_lifecycle_controller.go, tryUpdateNodeHealth. */

import type { Lease, Node, NodeCondition } from '#api';
import { parseTime, rfc3339 } from '#api';
import type { Duration, Instant } from '#sim';
import { findCondition } from './conditions.ts';

/** Seen of one node, by this controller's own clock: nodes' clocks do not matter. */
export interface NodeHealth {
  readonly name: string;
  readonly uid: string;
  /** When a heartbeat last changed. */
  probedAt: Instant;
  /** When the Ready condition's status last changed. */
  transitionAt: Instant;
  /** By reference: all objects are immutable. */
  conditions: readonly NodeCondition[] | undefined;
  renewTime: string | undefined;
  status: string | undefined;
  heartbeat: string | undefined;
  /** The node as it was looked at last; undefined before the first look. */
  node: Node | undefined;
  /** Its lease as the informer has it. */
  lease: Lease | undefined;
  /** The lease that was looked at last. */
  seenLease: Lease | undefined;
  /** The labels that `zone` was read from. */
  labels: object | undefined;
  zone: string;
  /** Does not count when its zone is judged. */
  isExcluded: boolean;
  isTainted: boolean;
}

export function newHealth(node: Node, lease: Lease | undefined, now: Instant): NodeHealth {
  return {
    name: node.metadata?.name ?? '',
    uid: node.metadata?.uid ?? '',
    probedAt: now,
    transitionAt: now,
    conditions: undefined,
    renewTime: undefined,
    status: undefined,
    heartbeat: undefined,
    node: undefined,
    lease,
    seenLease: undefined,
    labels: undefined,
    zone: '',
    isExcluded: false,
    isTainted: false,
  };
}

/** Takes in the node's status and lease. A change of either is a sign of life. */
export function observe(health: NodeHealth, node: Node, now: Instant): void {
  if (node !== health.node) observeStatus(health, node, now);
  if (health.lease === health.seenLease) return;
  health.seenLease = health.lease;
  const renewTime = health.lease?.spec?.renewTime;
  if (renewTime !== undefined && renewTime !== health.renewTime) {
    health.renewTime = renewTime;
    health.probedAt = now;
  }
}

function observeStatus(health: NodeHealth, node: Node, now: Instant): void {
  health.node = node;
  const conditions = node.status?.conditions;
  if (conditions !== health.conditions) {
    health.conditions = conditions;
    const ready = findCondition(conditions, 'Ready');
    if (ready?.status !== health.status) health.transitionAt = now;
    if (ready?.lastHeartbeatTime !== health.heartbeat) health.probedAt = now;
    health.status = ready?.status;
    health.heartbeat = ready?.lastHeartbeatTime;
  }
}

const WATCHED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/** The node's conditions once it has been silent for too long: Unknown, with upstream's reasons; undefined when they say so already. */
export function silentConditions(node: Node, clock: number): readonly NodeCondition[] | undefined {
  const present = node.status?.conditions ?? [];
  const now = rfc3339(clock);
  const conditions = [...present];
  let isChanged = false;
  for (const type of WATCHED) {
    const at = present.findIndex((condition) => condition.type === type);
    const current = present[at];
    if (current === undefined) {
      isChanged = true;
      conditions.push({
        type,
        status: 'Unknown',
        reason: 'NodeStatusNeverUpdated',
        message: 'Kubelet never posted node status.',
        lastHeartbeatTime: node.metadata?.creationTimestamp,
        lastTransitionTime: now,
      });
    } else if (current.status !== 'Unknown') {
      isChanged = true;
      conditions[at] = {
        ...current,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastTransitionTime: now,
      };
    }
  }
  return isChanged ? conditions : undefined;
}

/** The grace that a node has: a new one, which has posted nothing yet, has the longer start-up grace. */
export function graceOf(health: NodeHealth, grace: Duration, startupGrace: Duration): Duration {
  return health.status === undefined ? startupGrace : grace;
}

/** When the node was created, by its own stamp. */
export const createdAt = (node: Node): number => parseTime(node.metadata?.creationTimestamp ?? '') ?? 0;
