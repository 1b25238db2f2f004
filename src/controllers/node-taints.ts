/** Taints that follow from a node's state. Mirrors kubernetes v1.34 pkg/controller/nodelifecycle/node_lifecycle_controller.go and pkg/util/taints. */

import type { Node, Taint } from '#api';
import { rfc3339 } from '#api';
import type { RequestSpec } from '#client';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';
export const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

/** nodeConditionToTaintKeyStatusMap. */
const CONDITION_TAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const CONDITION_KEYS = new Set(Object.values(CONDITION_TAINTS).flatMap((byStatus) => Object.values(byStatus)));
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';

/** The NoSchedule taints that a node's conditions and spec.unschedulable ask for (doNoScheduleTaintingPass), by key. */
function wantedNoSchedule(node: Node): readonly string[] {
  const keys: string[] = [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = CONDITION_TAINTS[type]?.[status];
    if (key !== undefined) keys.push(key);
  }
  if (node.spec?.unschedulable === true) keys.push(UNSCHEDULABLE);
  return keys;
}

const isOurs = ({ key, effect }: Taint): boolean => effect === 'NoSchedule' && (CONDITION_KEYS.has(key) || key === UNSCHEDULABLE);

/** The node's taints with the NoSchedule ones brought up to date, or undefined when they are. */
export function noScheduleTaints(node: Node): readonly Taint[] | undefined {
  const wanted = wantedNoSchedule(node);
  const present = node.spec?.taints ?? [];
  let ours = 0;
  let matching = 0;
  for (const taint of present) {
    if (!isOurs(taint)) continue;
    ours++;
    if (wanted.includes(taint.key)) matching++;
  }
  if (ours === wanted.length && matching === wanted.length) return undefined;
  const kept = present.filter((taint) => !isOurs(taint) || wanted.includes(taint.key));
  for (const key of wanted)
    if (!kept.some((taint) => taint.key === key && taint.effect === 'NoSchedule')) kept.push({ key, effect: 'NoSchedule' });
  return kept;
}

/** The node's taints with exactly this NoExecute taint of the two, or none; undefined when nothing changes. */
export function noExecuteTaints(
  node: Node,
  wanted: typeof NOT_READY | typeof UNREACHABLE | undefined,
  clock: number,
): readonly Taint[] | undefined {
  const present = node.spec?.taints ?? [];
  const isOther = ({ key, effect }: Taint): boolean =>
    effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE) && key !== wanted;
  const hasWanted = wanted === undefined || present.some(({ key, effect }) => key === wanted && effect === 'NoExecute');
  if (hasWanted && !present.some(isOther)) return undefined;
  const kept = present.filter((taint) => !isOther(taint));
  if (!hasWanted && wanted !== undefined) kept.push({ key: wanted, effect: 'NoExecute', timeAdded: rfc3339(clock) });
  return kept;
}

/** Replaces the list of taints; the resourceVersion makes a stale view fail (PatchNodeTaints). */
export function taintPatch(node: Node, taints: readonly Taint[]): RequestSpec {
  const { name, resourceVersion } = node.metadata ?? {};
  const body = { metadata: { resourceVersion }, spec: { taints: taints.length === 0 ? null : taints } };
  return { verb: 'patch', resource: 'nodes', name, patchType: 'merge', body, discardBody: true };
}
