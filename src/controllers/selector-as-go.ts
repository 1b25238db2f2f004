/** A label selector as Go prints a pointer to one: so events and conditions of kubernetes v1.34 have it (generated String of apimachinery meta/v1). */

import type { LabelSelector } from '#api';

export function selectorAsGo(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = selector.matchExpressions ?? [];
  const matchLabels = labels.map(([key, value]) => `${key}: ${value},`).join('');
  const matchExpressions = expressions
    .map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`)
    .join('');
  return `&LabelSelector{MatchLabels:map[string]string{${matchLabels}},MatchExpressions:[]LabelSelectorRequirement{${matchExpressions}},}`;
}
