/** Groups that are not the API server's own: what discovery says of them when a program behind the server serves them. What metrics-server v0.8 registers;
 *  the names of custom and external metrics are known to their adapters alone. */

import type { CatalogueEntry } from './catalogue.ts';

interface AggregatedGroup {
  readonly group: string;
  readonly version: string;
  readonly entries: readonly CatalogueEntry[];
}

const readOnly = (plural: string, kind: string, namespaced: boolean): CatalogueEntry => ({
  plural,
  singular: '',
  kind,
  namespaced,
  verbs: ['get', 'list'],
  shortNames: [],
  categories: [],
  subresources: [],
  isBuiltIn: false,
});

export const AGGREGATED: readonly AggregatedGroup[] = [
  { group: 'metrics.k8s.io', version: 'v1beta1', entries: [readOnly('nodes', 'NodeMetrics', false), readOnly('pods', 'PodMetrics', true)] },
];
