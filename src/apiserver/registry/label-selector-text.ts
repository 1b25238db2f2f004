/** A label selector as text, as /scale's status.selector shows it (labels.Selector.String). */

import { compileLabelSelector, type LabelSelector } from '#api';

export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return '';
  return [...compileLabelSelector(selector)]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, operator, values }) => {
      if (operator === 'Exists') return key;
      if (operator === 'DoesNotExist') return `!${key}`;
      if (operator === 'In' && values.length === 1) return `${key}=${values[0]}`;
      return `${key} ${operator === 'In' ? 'in' : 'notin'} (${[...values].sort().join(',')})`;
    })
    .join(',');
}
