/** Spreads the endpoints that share their ports over slices: slices keep what they have, and what is new gathers in as few of them as possible.
 *  Mirrors kubernetes v1.34 staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize). */

import type { EndpointSlice } from '#api';
import { type Endpoint, isSameEndpoint } from './endpoint.ts';
import { semanticEqual } from './semantic-equal.ts';

/** --max-endpoints-per-slice. */
const SLICE_MAX = 100;

export type SlicePorts = EndpointSlice['ports'];
export type SliceLabels = Readonly<Record<string, string>>;

/** A slice as it shall be. `present`: the one that it was, or that it takes the place of. */
export interface Draft {
  readonly present: EndpointSlice | undefined;
  readonly ports: SlicePorts;
  readonly endpoints: readonly Endpoint[];
}

/** What becomes of a Service's slices. */
export interface SliceChanges {
  readonly creations: Draft[];
  readonly updates: Draft[];
  readonly deletions: EndpointSlice[];
  readonly unchanged: EndpointSlice[];
}

const endpointsOf = (slice: EndpointSlice): readonly Endpoint[] => (slice.endpoints ?? []) as readonly Endpoint[];

/** `wanted`: endpoints by address, all with these ports. */
export function spread(
  slices: readonly EndpointSlice[],
  ports: SlicePorts,
  wanted: ReadonlyMap<string, Endpoint>,
  labels: SliceLabels,
  changes: SliceChanges,
): void {
  const left = new Map(wanted);
  const changed: { present: EndpointSlice; endpoints: Endpoint[] }[] = [];
  let unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    let isChanged = false;
    for (const endpoint of endpointsOf(slice)) {
      const address = endpoint.addresses[0] as string;
      const now = left.get(address);
      left.delete(address);
      if (now === undefined) isChanged = true;
      else {
        kept.push(now);
        isChanged ||= !isSameEndpoint(endpoint, now);
      }
    }
    if (isChanged && kept.length === 0) changes.deletions.push(slice);
    else if (isChanged || !semanticEqual(slice.metadata?.labels, labels)) changed.push({ present: slice, endpoints: kept });
    else unchanged.push(slice);
  }
  // What changes anyway is filled first, the fullest before others.
  const rest = [...left.values()];
  if (rest.length > 0) changed.sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const { endpoints } of changed) while (endpoints.length < SLICE_MAX && rest.length > 0) endpoints.push(rest.pop() as Endpoint);
  for (const { present, endpoints } of changed) changes.updates.push({ present, ports, endpoints });
  while (rest.length > 0) {
    const roomy = rest.length < SLICE_MAX ? fullestWithRoom(unchanged, rest.length) : undefined;
    if (roomy === undefined) changes.creations.push({ present: undefined, ports, endpoints: rest.splice(0, SLICE_MAX) });
    else {
      unchanged = unchanged.filter((slice) => slice !== roomy);
      changes.updates.push({ present: roomy, ports, endpoints: [...endpointsOf(roomy), ...rest.splice(0)] });
    }
  }
  changes.unchanged.push(...unchanged);
}

/** getSliceToFill. */
function fullestWithRoom(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  for (const slice of slices) {
    const { length } = endpointsOf(slice);
    if (length + count <= SLICE_MAX && (best === undefined || length > endpointsOf(best).length)) best = slice;
  }
  return best;
}

/** What would be made takes the place of what would be deleted, as long as there is any. `isOwn`: not one of an earlier Service of the same name. */
export function reuse(changes: SliceChanges, isOwn: (slice: EndpointSlice) => boolean): void {
  const { creations, updates, deletions } = changes;
  for (let i = 0; i < deletions.length && creations.length > 0; ) {
    const present = deletions[i] as EndpointSlice;
    if (isOwn(present)) {
      updates.push({ ...(creations.pop() as Draft), present });
      deletions.splice(i, 1);
    } else i++;
  }
}
