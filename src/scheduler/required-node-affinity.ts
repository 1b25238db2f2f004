/** A pod's node selector and required node affinity together. Mirrors component-helpers v1.34 scheduling/corev1/nodeaffinity
 *  (RequiredNodeAffinity, PreferredSchedulingTerms). */

import type { Node, NodeSelector, NodeSelectorTerm, Pod } from '#api';
import { matchesNodeSelector, matchesNodeSelectorTerm } from '#api';
import { nodeLabels } from './pod-fields.ts';

export function requiredNodeSelector(pod: Pod): NodeSelector | undefined {
  return pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution as NodeSelector | undefined;
}

/** GetRequiredNodeAffinity(pod).Match(node). */
export function matchesRequiredNodeAffinity(pod: Pod, node: Node): boolean {
  const wanted = pod.spec?.nodeSelector as Readonly<Record<string, string>> | undefined;
  const labels = nodeLabels(node);
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  const selector = requiredNodeSelector(pod);
  return selector === undefined || matchesNodeSelector(selector, node);
}

export interface PreferredTerm {
  readonly weight: number;
  readonly preference: NodeSelectorTerm;
}

export function preferredNodeTerms(pod: Pod): readonly PreferredTerm[] | undefined {
  return pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution as readonly PreferredTerm[] | undefined;
}

/** The sum of weights of the preferences that a node meets. */
export function preferenceScore(terms: readonly PreferredTerm[], node: Node): number {
  let sum = 0;
  for (const { weight, preference } of terms) if (weight !== 0 && matchesNodeSelectorTerm(preference, node)) sum += weight;
  return sum;
}
