/** Which changes may make a pod fit that its hard spread constraints kept out. Mirrors kube-scheduler v1.34 plugins/podtopologyspread/plugin.go
 *  (isSchedulableAfterPodChange, isSchedulableAfterNodeChange). */

import { deepEqual, matchesSelector, type Node, type Pod } from '#api';
import { nodeLabels, nodeTaints, podLabels, podNamespace, podTolerations, podUid } from './pod-fields.ts';
import type { QueueingHint } from './queueing-events.ts';
import { hasAllKeys, type SpreadConstraint } from './spread-constraints.ts';

const queueIf = (helps: boolean): QueueingHint => (helps ? 'Queue' : 'QueueSkip');

/** involvedInTopologySpreading: the pod itself, or one on a node in its namespace. */
function isInvolved(other: Pod, pod: Pod): boolean {
  if (podUid(other) === podUid(pod)) return true;
  return (other.spec?.nodeName ?? '') !== '' && podNamespace(other) === podNamespace(pod);
}

const matches = ({ selector }: SpreadConstraint, pod: Pod): boolean => selector !== undefined && matchesSelector(selector, podLabels(pod));

export function afterPodChange(
  pod: Pod,
  before: Pod | undefined,
  after: Pod | undefined,
  constraints: readonly SpreadConstraint[],
): QueueingHint {
  for (const other of [before, after]) if (other !== undefined && !isInvolved(other, pod)) return 'QueueSkip';
  if (before === undefined || after === undefined) {
    const other = (after ?? before) as Pod;
    return queueIf(constraints.some((constraint) => matches(constraint, other)));
  }
  const toleratesMore = podUid(after) === podUid(pod) && !deepEqual(podTolerations(before), podTolerations(after));
  if (toleratesMore && constraints.some(({ honorsTaints }) => honorsTaints)) return 'Queue';
  return queueIf(constraints.some((constraint) => matches(constraint, before) !== matches(constraint, after)));
}

export function afterNodeChange(before: Node | undefined, after: Node | undefined, constraints: readonly SpreadConstraint[]): QueueingHint {
  const counts = (node: Node): boolean => hasAllKeys(nodeLabels(node), constraints);
  if (before === undefined || after === undefined) return queueIf(counts((after ?? before) as Node));
  if (counts(before) !== counts(after)) return 'Queue';
  if (!counts(after)) return 'QueueSkip';
  const hasMoved = constraints.some(({ topologyKey }) => nodeLabels(before)[topologyKey] !== nodeLabels(after)[topologyKey]);
  return queueIf(hasMoved || !deepEqual(nodeTaints(before), nodeTaints(after)));
}
