/** A label selector as text, as /scale's status.selector and kubectl's columns show it. Mirrors apimachinery v1.34 meta/v1 helpers.go
 *  (LabelSelectorAsSelector) and pkg/labels/selector.go (Requirement.String): requirements in the order of their keys, values sorted. */

import type { LabelSelector } from '#api';

interface Part {
  readonly key: string;
  readonly text: string;
}

function expressionText(key: string, operator: string, values: readonly string[]): string {
  if (operator === 'Exists') return key;
  if (operator === 'DoesNotExist') return `!${key}`;
  return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
}

export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined || selector === null) return '';
  const parts: Part[] = [];
  for (const key in selector.matchLabels) parts.push({ key, text: `${key}=${selector.matchLabels[key]}` });
  for (const { key, operator, values } of selector.matchExpressions ?? [])
    parts.push({ key, text: expressionText(key, operator, values ?? []) });
  return parts
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',');
}
