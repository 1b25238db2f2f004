/** A pod's node selector and required node affinity together. Mirrors component-helpers v1.34 scheduling/corev1/nodeaffinity
 *  (RequiredNodeAffinity, PreferredSchedulingTerms). */

import type { Node, NodeSelector, NodeSelectorTerm, Pod } from '#api';
import { labelValue, matchesNodeSelector, matchesNodeSelectorTerm } from '#api';
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

type NodeRequirement = NonNullable<NodeSelectorTerm['matchExpressions']>[number];

const MOST = 9_223_372_036_854_775_807n;

/** strconv.ParseInt(text, 10, 64) reads it. */
function isInt64(text: string): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false;
  const value = BigInt(text.replace(/^\+/, ''));
  return value <= MOST && value >= -MOST - 1n;
}

/** What labels.NewRequirement says of one requirement. */
function* requirementErrors({ key, operator, values = [] }: NodeRequirement, path: string): Iterable<string> {
  const isBound = operator === 'Gt' || operator === 'Lt';
  for (const [i, value] of values.entries())
    if (isBound && !isInt64(value))
      yield `${path}.values[${i}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`;
  for (const [i, value] of values.entries()) {
    const wrong = labelValue(value);
    if (wrong.length > 0) yield `${path}.values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong.join('; ')}`;
  }
}

const knownErrors = new WeakMap<readonly PreferredTerm[], string>();

/** Why preferences cannot be parsed (NewPreferredSchedulingTerms); '' where they can. The API server lets values through that a selector does not take;
 *  terms of weight 0 are not read. */
export function preferredTermsError(terms: readonly PreferredTerm[]): string {
  let error = knownErrors.get(terms);
  if (error !== undefined) return error;
  const errors = terms.flatMap(({ weight, preference }, i) =>
    weight === 0
      ? []
      : (preference.matchExpressions ?? []).flatMap((wanted, j) => [...requirementErrors(wanted, `[${i}].matchExpressions[${j}]`)]),
  );
  error = errors.length > 1 ? `[${errors.join(', ')}]` : (errors[0] ?? '');
  knownErrors.set(terms, error);
  return error;
}

/** The sum of weights of the preferences that a node meets. */
export function preferenceScore(terms: readonly PreferredTerm[], node: Node): number {
  let sum = 0;
  for (const { weight, preference } of terms) if (weight !== 0 && matchesNodeSelectorTerm(preference, node)) sum += weight;
  return sum;
}
