/** From devices chosen to what a claim's status says: results, configuration of class and claim, and the nodes on which the devices can be used.
 *  Mirrors dynamic-resource-allocation v1.34 structured/internal/stable/allocator_stable.go (Allocate after the search, createNodeSelector). */

import { type AllocationResult, type DeviceAllocationConfiguration, deepEqual, type NodeSelector, type ResourceClaim } from '#api';
import type { Chosen } from './device-search.ts';
import { type Wanted, wantedName } from './wanted-devices.ts';

type Requirement = NonNullable<NonNullable<NodeSelector['nodeSelectorTerms'][number]['matchExpressions']>[number]>;

/** `wanted`: what each request asked for, by alternative. */
export function allocationResult(
  claim: ResourceClaim,
  wanted: readonly (readonly Wanted[])[],
  chosen: readonly Chosen[],
): AllocationResult {
  const results = chosen.map(({ wanted: one, candidate }) => ({
    request: wantedName(one),
    driver: candidate.driver,
    pool: candidate.pool.name,
    device: candidate.device.name,
    ...(one.adminAccess ? { adminAccess: true } : {}),
    ...(one.tolerations.length > 0 ? { tolerations: [...one.tolerations] } : {}),
  }));
  const config = configurations(claim, wanted, chosen);
  const nodeSelector = nodesOf(chosen);
  return {
    devices: { results, ...(config.length > 0 ? { config } : {}) },
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
  };
}

function configurations(
  claim: ResourceClaim,
  wanted: readonly (readonly Wanted[])[],
  chosen: readonly Chosen[],
): DeviceAllocationConfiguration[] {
  const selected = wanted.map((alternatives) => {
    const name = alternatives[0]?.request;
    return chosen.find(({ wanted: one }) => one.request === name)?.wanted ?? alternatives[0];
  });
  const byClass = new Map<string, string[]>();
  for (const one of selected) {
    const name = one?.deviceClass.metadata?.name ?? '';
    if (one === undefined || (one.deviceClass.spec?.config ?? []).length === 0) continue;
    const requests = byClass.get(name) ?? [];
    if (requests.length === 0) byClass.set(name, requests);
    requests.push(wantedName(one));
  }
  const all: DeviceAllocationConfiguration[] = [];
  for (const one of selected) {
    const requests = byClass.get(one?.deviceClass.metadata?.name ?? '');
    if (one === undefined || requests === undefined) continue;
    byClass.delete(one.deviceClass.metadata?.name ?? '');
    for (const config of one.deviceClass.spec?.config ?? []) all.push({ source: 'FromClass', requests, opaque: config.opaque });
  }
  const names = new Set(selected.flatMap((one) => (one === undefined ? [] : [one.request, wantedName(one)])));
  for (const { requests = [], opaque } of claim.spec?.devices?.config ?? [])
    if (requests.length === 0 || requests.some((name) => names.has(name))) all.push({ source: 'FromClaim', requests, opaque });
  // What concerns all requests names none.
  const total = claim.spec?.devices?.requests?.length ?? 0;
  return all.map(({ requests = [], source, opaque }) =>
    requests.length === total || requests.length === 0 ? { source, opaque } : { source, requests, opaque },
  );
}

/** One device that is local to a node ties the claim to it; selectors of shared devices add up. */
function nodesOf(chosen: readonly Chosen[]): NodeSelector | undefined {
  const matchFields: Requirement[] = [];
  const matchExpressions: Requirement[] = [];
  for (const { candidate } of chosen) {
    const spec = candidate.slice.spec;
    const { nodeName, nodeSelector } = spec?.perDeviceNodeSelection === true ? candidate.device : (spec ?? {});
    if (nodeName !== undefined && nodeName !== '')
      return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }] };
    const term = nodeSelector?.nodeSelectorTerms[0];
    for (const requirement of term?.matchFields ?? []) addOnce(matchFields, requirement);
    for (const requirement of term?.matchExpressions ?? []) addOnce(matchExpressions, requirement);
  }
  if (matchFields.length === 0 && matchExpressions.length === 0) return undefined;
  return {
    nodeSelectorTerms: [
      { ...(matchFields.length > 0 ? { matchFields } : {}), ...(matchExpressions.length > 0 ? { matchExpressions } : {}) },
    ],
  };
}

const sorted = (values: readonly string[] | undefined): string[] => [...new Set(values ?? [])].sort();

function addOnce(requirements: Requirement[], added: Requirement): void {
  const isKnown = requirements.some(
    ({ key, operator, values }) => key === added.key && operator === added.operator && deepEqual(sorted(values), sorted(added.values)),
  );
  if (!isKnown) requirements.push(added);
}
