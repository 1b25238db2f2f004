/** Labels and selectors as columns show them. Mirrors apimachinery v1.34 pkg/labels (FormatLabels) and meta/v1 helpers.go (FormatLabelSelector). */

import type { LabelSelector } from '#api';
import { selectorText } from '../registry/label-selector-text.ts';

export const NONE = '<none>';

export function labelText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.keys(labels ?? {})
    .sort()
    .map((key) => `${key}=${labels?.[key]}`);
  return pairs.length === 0 ? NONE : pairs.join(',');
}

export const selectorColumn = (selector: LabelSelector | undefined): string => selectorText(selector) || NONE;
