/** Hints of endpoints, by which kube-proxy keeps traffic near: those of a Service's trafficDistribution. Mirrors kubernetes v1.34
 *  staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go, and RemoveHintsFromSlices of topologycache. */

import type { EndpointSlice, Service } from '#api';
import type { Endpoint } from './endpoint.ts';
import type { Draft, SliceChanges } from './endpointslice-ports.ts';

/** PreferSameTrafficDistribution is on by default since v1.34. */
const CLOSE = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);
const MODE = 'service.kubernetes.io/topology-mode';
const FORMER_MODE = 'service.kubernetes.io/topology-aware-hints';

type Distribution = 'zone' | 'node' | 'none';

/** hintsEnabled: the older annotation goes before the field. */
function distributionOf({ metadata, spec }: Service): Distribution {
  const mode = metadata?.annotations?.[FORMER_MODE] ?? metadata?.annotations?.[MODE];
  const wanted = spec?.trafficDistribution;
  if (wanted === undefined || !CLOSE.has(wanted) || mode === 'Auto' || mode === 'auto') return 'none';
  return wanted === 'PreferSameNode' ? 'node' : 'zone';
}

function hintsOf({ zone, nodeName }: Endpoint, distribution: Distribution): Endpoint['hints'] {
  const forNodes = distribution === 'node' && nodeName !== undefined ? [{ name: nodeName }] : undefined;
  if (zone === undefined && forNodes === undefined) return undefined;
  return { ...(zone === undefined ? {} : { forZones: [{ name: zone }] }), ...(forNodes === undefined ? {} : { forNodes }) };
}

const isOnly = (hints: readonly { readonly name?: string }[] | undefined, name: string | undefined): boolean =>
  name === undefined ? (hints ?? []).length === 0 : hints?.length === 1 && hints[0]?.name === name;

/** needsUpdate: what is not ready has no say. */
function isWrong(slice: EndpointSlice, distribution: Distribution): boolean {
  for (const { conditions, hints, zone, nodeName } of (slice.endpoints ?? []) as readonly Endpoint[]) {
    if (distribution === 'none') {
      if (hints !== undefined) return true;
    } else if (
      conditions.ready &&
      !(isOnly(hints?.forZones, zone) && isOnly(hints?.forNodes, distribution === 'node' ? nodeName : undefined))
    )
      return true;
  }
  return false;
}

function withHints(endpoint: Endpoint, distribution: Distribution): Endpoint {
  if (distribution !== 'none' && !endpoint.conditions.ready) return endpoint;
  const hints = distribution === 'none' ? undefined : hintsOf(endpoint, distribution);
  if (hints === undefined && endpoint.hints === undefined) return endpoint;
  const { hints: _former, ...rest } = endpoint;
  return hints === undefined ? rest : { ...rest, hints };
}

/** ReconcileHints: a slice whose hints are wrong is written although its endpoints are as before. */
export function reconcileHints(service: Service, { creations, updates, unchanged }: SliceChanges): void {
  const distribution = distributionOf(service);
  for (const slice of unchanged)
    if (isWrong(slice, distribution))
      updates.push({ present: slice, ports: slice.ports, endpoints: (slice.endpoints ?? []) as readonly Endpoint[] });
  for (const drafts of [creations, updates])
    for (let i = 0; i < drafts.length; i++) {
      const draft = drafts[i] as Draft;
      drafts[i] = { ...draft, endpoints: draft.endpoints.map((endpoint) => withHints(endpoint, distribution)) };
    }
}
