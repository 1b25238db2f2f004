/** Which endpoints a proxy sends to. Mirrors kubernetes v1.34 pkg/proxy/topology.go (CategorizeEndpoints) for a Service with the policies Cluster: those that
 *  are ready; when none is, those that still serve while they terminate (KEP-1669). */

import type { EndpointSlice } from '#api';

export interface KnownEndpoint {
  readonly address: string;
  readonly node: string;
}

export function choose(slices: readonly EndpointSlice[]): readonly KnownEndpoint[] {
  const ready: KnownEndpoint[] = [];
  const serving: KnownEndpoint[] = [];
  for (const { endpoints } of slices) {
    for (const { addresses, conditions, nodeName } of endpoints ?? []) {
      const known = { address: addresses[0] ?? '', node: nodeName ?? '' };
      // An unknown condition counts as ready (discovery/v1, EndpointConditions).
      if (conditions?.ready !== false) ready.push(known);
      else if (conditions.serving === true && conditions.terminating === true) serving.push(known);
    }
  }
  return ready.length > 0 ? ready : serving;
}
