/** Topology spread constraints with the API's defaults filled in. Mirrors kube-scheduler v1.34 plugins/podtopologyspread/common.go. */

import type { LabelSelector, Node, Pod, Selector } from '#api';
import { compileLabelSelector } from '#api';
import type { LabelMap } from './pod-fields.ts';
import { matchesRequiredNodeAffinity, requiredNodeSelector } from './required-node-affinity.ts';
import { isTolerated } from './tolerations.ts';

export interface SpreadConstraintSpec {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: LabelSelector;
  readonly minDomains?: number;
  readonly nodeAffinityPolicy?: string;
  readonly nodeTaintsPolicy?: string;
  readonly matchLabelKeys?: readonly string[];
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  /** Undefined selects nothing. */
  readonly selector: Selector | undefined;
  readonly minDomains: number;
  /** NodeAffinityPolicy Honor, the default: only nodes that the pod's node affinity allows are counted. */
  readonly honorsAffinity: boolean;
  /** NodeTaintsPolicy; Ignore is the default. */
  readonly honorsTaints: boolean;
}

/** systemDefaultConstraints of plugin.go. */
export const SYSTEM_DEFAULTS: readonly SpreadConstraintSpec[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

/** filterTopologySpreadConstraints: those of one kind; matchLabelKeys narrow the selector to the pod's own values. */
export function readConstraints(specs: readonly SpreadConstraintSpec[], labels: LabelMap, action: string): SpreadConstraint[] {
  const constraints: SpreadConstraint[] = [];
  for (const spec of specs) {
    if (spec.whenUnsatisfiable !== action) continue;
    let selector = spec.labelSelector === undefined ? undefined : compileLabelSelector(spec.labelSelector);
    if (selector !== undefined) {
      for (const key of spec.matchLabelKeys ?? []) {
        const value = labels[key];
        if (value !== undefined) selector = [...selector, { key, operator: 'In', values: [value] }];
      }
    }
    constraints.push({
      maxSkew: spec.maxSkew,
      topologyKey: spec.topologyKey,
      selector,
      minDomains: spec.minDomains ?? 1,
      honorsAffinity: spec.nodeAffinityPolicy !== 'Ignore',
      honorsTaints: spec.nodeTaintsPolicy === 'Honor',
    });
  }
  return constraints;
}

export function hasAllKeys(labels: LabelMap, constraints: readonly SpreadConstraint[]): boolean {
  for (const { topologyKey } of constraints) if (labels[topologyKey] === undefined) return false;
  return true;
}

/** matchNodeInclusionPolicies. */
export function allowsNode({ honorsAffinity, honorsTaints }: SpreadConstraint, pod: Pod, node: Node): boolean {
  if (honorsAffinity && !matchesRequiredNodeAffinity(pod, node)) return false;
  return !honorsTaints || isTolerated(pod, node);
}

/** Whether the inclusion policies can leave any node out for this pod: most pods have neither a node selector nor affinity. */
export function mayForbid({ honorsAffinity, honorsTaints }: SpreadConstraint, pod: Pod): boolean {
  return honorsTaints || (honorsAffinity && (pod.spec?.nodeSelector !== undefined || requiredNodeSelector(pod) !== undefined));
}
