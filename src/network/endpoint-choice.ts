/** Which endpoints a proxy sends to. Mirrors kubernetes v1.34 pkg/proxy/topology.go (CategorizeEndpoints) for a Service's cluster address: those that are ready,
 *  the ones hinted for the proxy's node or else its zone where all have such hints and some are for it; when none is ready, those that still serve while they
 *  terminate (KEP-1669); with internalTrafficPolicy Local the same among the endpoints on the proxy's own node. */

import type { EndpointSlice } from '#api';

export interface KnownEndpoint {
  readonly address: string;
  readonly node: string;
  /** Zones and nodes that it is hinted for. */
  readonly forZones?: readonly string[];
  readonly forNodes?: readonly string[];
}

/** The endpoints of a Service as its slices tell of them. */
export interface KnownEndpoints {
  readonly ready: readonly KnownEndpoint[];
  /** On their way out, and still answering. */
  readonly leaving: readonly KnownEndpoint[];
  /** What all ready ones are hinted for. */
  readonly areHinted: { readonly forNodes: boolean; readonly forZones: boolean };
}

/** Where a proxy is. */
export interface Place {
  readonly node: string;
  /** Of the node's label topology.kubernetes.io/zone. */
  readonly zone: string;
}

const NOBODY: readonly KnownEndpoint[] = [];
export const NOTHING_KNOWN: KnownEndpoints = { ready: NOBODY, leaving: NOBODY, areHinted: { forNodes: false, forZones: false } };

export function endpointsKnown(slices: readonly EndpointSlice[]): KnownEndpoints {
  const ready: KnownEndpoint[] = [];
  const leaving: KnownEndpoint[] = [];
  const areHinted = { forNodes: true, forZones: true };
  for (const { endpoints } of slices) {
    for (const { addresses, conditions, nodeName, hints } of endpoints ?? []) {
      const known = { address: addresses[0] ?? '', node: nodeName ?? '', ...hintsOf(hints) };
      // What is not known counts as ready and serving, and as not terminating (discovery/v1, EndpointConditions).
      if (conditions?.ready !== false) {
        ready.push(known);
        areHinted.forNodes &&= known.forNodes !== undefined;
        areHinted.forZones &&= known.forZones !== undefined;
      } else if (conditions.serving !== false && conditions.terminating === true) leaving.push(known);
    }
  }
  return { ready, leaving, areHinted };
}

type Hints = NonNullable<NonNullable<EndpointSlice['endpoints']>[number]['hints']>;

function hintsOf(hints: Hints | undefined): Pick<KnownEndpoint, 'forZones' | 'forNodes'> | undefined {
  if (hints === undefined) return undefined;
  const { forZones = [], forNodes = [] } = hints;
  return {
    ...(forZones.length === 0 ? {} : { forZones: forZones.map(({ name }) => name) }),
    ...(forNodes.length === 0 ? {} : { forNodes: forNodes.map(({ name }) => name) }),
  };
}

/** What a proxy at that place sends to. */
export function endpointsFor(
  { ready, leaving, areHinted }: KnownEndpoints,
  { node, zone }: Place,
  isLocal: boolean,
): readonly KnownEndpoint[] {
  if (isLocal) {
    const here = ready.filter((endpoint) => endpoint.node === node);
    return here.length > 0 ? here : leaving.filter((endpoint) => endpoint.node === node);
  }
  if (ready.length === 0) return leaving;
  if (areHinted.forNodes) {
    const near = ready.filter(({ forNodes }) => forNodes?.includes(node) === true);
    if (near.length > 0) return near;
  }
  if (areHinted.forZones) {
    const near = ready.filter(({ forZones }) => forZones?.includes(zone) === true);
    if (near.length > 0) return near;
  }
  return ready;
}

/** What somebody at no place in particular sends to. */
export function choose(slices: readonly EndpointSlice[]): readonly KnownEndpoint[] {
  const { ready, leaving } = endpointsKnown(slices);
  return ready.length > 0 ? ready : leaving;
}
