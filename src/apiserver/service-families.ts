/** What a service's addresses and their families come to be before it is judged, on a cluster that gives out IPv4 addresses alone, and what such a
 *  cluster refuses. Mirrors Kubernetes v1.34 pkg/registry/core/service/storage (patchAllocatedValues, normalizeClusterIPs, initIPFamilyFields). */

import { deepEqual, type FieldError, invalid, type Service, type StatusObject } from '#api';
import { hopelessAddress } from './service-addresses.ts';
import { hopelessPorts, needsHealthPort, withKeptPorts } from './service-port-choice.ts';
import { isIPv6 } from './validation/addresses.ts';
import { invalidValue } from './validation/field-error.ts';
import { validateClusterIPs } from './validation/services.ts';

type Spec = NonNullable<Service['spec']>;

const POLICY = 'spec.ipFamilyPolicy';
const isHeadless = ({ clusterIP }: Spec): boolean => clusterIP === 'None';
const hasSelector = ({ selector }: Spec): boolean => Object.keys(selector ?? {}).length > 0;
const lengthOf = (list: readonly unknown[] | undefined): number => list?.length ?? 0;

/** What was given out stays when a client leaves it out. */
function withGivenOut(spec: Spec, old: Spec): Spec {
  let next: Spec = spec;
  if (spec.type !== 'ExternalName' && old.type !== 'ExternalName')
    next = {
      ...spec,
      clusterIP: spec.clusterIP || old.clusterIP,
      clusterIPs: lengthOf(spec.clusterIPs) > 0 ? spec.clusterIPs : old.clusterIPs,
    };
  next = withKeptPorts(next, old);
  if (needsHealthPort(next) && needsHealthPort(old) && !next.healthCheckNodePort)
    next = { ...next, healthCheckNodePort: old.healthCheckNodePort };
  return next;
}

/** The first address stands twice: what is told once is told for both. */
function withBothForms(spec: Spec, old: Spec | undefined): Spec {
  const { clusterIP, clusterIPs } = spec;
  if (old === undefined) return clusterIP && lengthOf(clusterIPs) === 0 ? { ...spec, clusterIPs: [clusterIP] } : spec;
  const before = old.clusterIPs ?? [];
  if ((clusterIP ?? '') === (old.clusterIP ?? ''))
    return lengthOf(clusterIPs) === 0 && before.length > 0 ? { ...spec, clusterIPs: before } : spec;
  if (!deepEqual(clusterIPs ?? [], before)) return spec;
  return { ...spec, clusterIPs: clusterIP ? [clusterIP] : [] };
}

/** Nothing changed of a service that would rather have two families: it is neither raised nor lowered. */
function staysPreferred(spec: Spec, old: Spec | undefined): boolean {
  if (spec.ipFamilyPolicy !== 'PreferDualStack' || (old?.ipFamilyPolicy ?? 'PreferDualStack') !== 'PreferDualStack') return false;
  return (
    spec.type === old?.type &&
    deepEqual(spec.clusterIPs ?? [], old?.clusterIPs ?? []) &&
    deepEqual(spec.ipFamilies ?? [], old?.ipFamilies ?? [])
  );
}

const defaultPolicy = (spec: Spec): Spec['ipFamilyPolicy'] => (isHeadless(spec) && !hasSelector(spec) ? 'RequireDualStack' : 'SingleStack');

/** Who takes a second address or family away says so by the policy; SingleStack alone takes them away too. */
function reduced(spec: Spec, old: Spec, errors: FieldError[]): Spec {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (ipFamilyPolicy === 'SingleStack') {
    const next = { ...spec };
    if (clusterIPs.length > 1 && deepEqual(clusterIPs, old.clusterIPs)) next.clusterIPs = clusterIPs.slice(0, 1);
    if (ipFamilies.length > 1 && deepEqual(ipFamilies, old.ipFamilies)) next.ipFamilies = ipFamilies.slice(0, 1);
    return next;
  }
  if (clusterIPs.length > 0 && clusterIPs.length < lengthOf(old.clusterIPs))
    errors.push(invalidValue(POLICY, ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"));
  if (ipFamilies.length > 0 && ipFamilies.length < lengthOf(old.ipFamilies))
    errors.push(invalidValue(POLICY, ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"));
  return spec;
}

/** The families of the addresses that were asked for. */
function inferred({ clusterIPs = [], ipFamilies = [] }: Spec, errors: FieldError[]): readonly string[] {
  const families = [...ipFamilies];
  if (clusterIPs[0] === 'None') return families;
  clusterIPs.forEach((address, i) => {
    if (i < families.length) return;
    if (isIPv6(address)) errors.push(invalidValue(`spec.clusterIPs[${i}]`, clusterIPs, 'IPv6 is not configured on this cluster'));
    else families.push('IPv4');
  });
  return families;
}

function checkPolicy({ clusterIPs, ipFamilies, ipFamilyPolicy }: Spec, errors: FieldError[]): void {
  if (ipFamilyPolicy !== 'SingleStack') return;
  const text = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (lengthOf(clusterIPs) === 2) errors.push(invalidValue(POLICY, ipFamilyPolicy, `${text} cluster IPs are specified`));
  if (lengthOf(ipFamilies) === 2) errors.push(invalidValue(POLICY, ipFamilyPolicy, `${text} IP families are specified`));
}

/** Whoever has no address and chooses its own endpoints may have any families. */
function familiesOfUnselected({ ipFamilyPolicy }: Spec, families: readonly string[]): readonly string[] {
  const own = families.length > 0 ? families : ['IPv4'];
  if (own.length > 1 || ipFamilyPolicy === 'SingleStack') return own;
  return [...own, own[0] === 'IPv4' ? 'IPv6' : 'IPv4'];
}

interface Begun {
  readonly spec: Spec;
  readonly errors: FieldError[];
}

export interface BegunService {
  readonly object: Service;
  readonly refused: StatusObject | undefined;
}

function withFamilies(sent: Spec, old: Spec | undefined): Begun {
  if (sent.type === 'ExternalName' || staysPreferred(sent, old)) return { spec: sent, errors: [] };
  let spec: Spec = { ...sent, ipFamilyPolicy: sent.ipFamilyPolicy ?? old?.ipFamilyPolicy ?? defaultPolicy(sent) };
  const errors: FieldError[] = [];
  validateClusterIPs(spec, errors);
  if (errors.length > 0) return { spec, errors };
  if (old !== undefined) spec = reduced(spec, old, errors);
  checkPolicy(spec, errors);
  const families = inferred(spec, errors);
  if (errors.length > 0) return { spec, errors };
  if (isHeadless(spec) && !hasSelector(spec))
    return { spec: { ...spec, ipFamilies: familiesOfUnselected(spec, families) } as Spec, errors };
  if (spec.ipFamilyPolicy === 'RequireDualStack')
    errors.push(invalidValue(POLICY, 'RequireDualStack', 'this cluster is not configured for dual-stack services'));
  families.forEach((family, i) => {
    if (family !== 'IPv4') errors.push(invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  });
  return { spec: { ...spec, ipFamilies: families.length > 0 ? families : ['IPv4'] } as Spec, errors };
}

/** The service as it is to be judged and written, or what stands against it; `old` when it is changed. On a dry run no port's range is looked at. */
export function begunService(service: Service, old: Service | undefined, isDryRun: boolean): BegunService {
  const sent = service.spec ?? {};
  const before = old === undefined ? undefined : (old.spec ?? {});
  const kept = before === undefined ? sent : withGivenOut(sent, before);
  const { spec, errors } = withFamilies(withBothForms(kept, before), before);
  const name = service.metadata?.name ?? '';
  const address = errors.length > 0 ? undefined : hopelessAddress(spec, before, isDryRun);
  if (address !== undefined) errors.push(address);
  const refused = errors.length > 0 ? invalid('Service', '', name, errors) : isDryRun ? undefined : hopelessPorts(name, spec, before);
  return { object: { ...service, spec }, refused };
}
