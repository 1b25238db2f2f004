/** What a Service must be. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateService and what it calls). Node ports and ports for
 *  health checks are not given out here, so none is required. */

import type { FieldError, Service } from '#api';
import { isIPv4, isIPv6, validateEndpointIP, validateIP, validateLegacyIP, validateRange } from './addresses.ts';
import { duplicate, type FieldErrors, forbiddenField, invalidValue, notSupported, required } from './field-error.ts';
import { dns1123Label, dns1123Subdomain, portName, qualifiedName } from './names.ts';
import { validateLabels } from './object-meta.ts';
import { PROTOCOLS, validatePortNumber } from './ports.ts';

type Spec = NonNullable<Service['spec']>;
type Port = NonNullable<Spec['ports']>[number];

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const AFFINITY_SECONDS_MAX = 86_400;

const isHeadless = ({ clusterIPs = [] }: Spec): boolean => clusterIPs.length === 1 && clusterIPs[0] === 'None';

function checkPort(port: Port, isOneOfMany: boolean, names: Set<string>, at: string, errors: FieldError[]): void {
  const { name, protocol, targetPort, appProtocol } = port;
  if (!name) {
    if (isOneOfMany) errors.push(required(`${at}.name`));
  } else {
    for (const text of dns1123Label(name)) errors.push(invalidValue(`${at}.name`, name, text));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
  }
  validatePortNumber(port.port, `${at}.port`, errors);
  if (!protocol) errors.push(required(`${at}.protocol`));
  else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
  if (typeof targetPort === 'number') validatePortNumber(targetPort, `${at}.targetPort`, errors);
  else for (const text of portName(targetPort ?? '')) errors.push(invalidValue(`${at}.targetPort`, targetPort ?? '', text));
  for (const text of appProtocol === undefined ? [] : qualifiedName(appProtocol))
    errors.push(invalidValue(`${at}.appProtocol`, appProtocol, text));
}

/** What no two ports of a service share. */
function checkClashes({ ports = [], type }: Spec, errors: FieldError[]): void {
  if (type === 'ClusterIP')
    ports.forEach(({ nodePort }, i) => {
      if (nodePort) errors.push(forbiddenField(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  const nodePorts = new Set<string>();
  const used = new Set<string>();
  ports.forEach(({ protocol, nodePort }, i) => {
    const key = `${protocol}/${nodePort}`;
    if (nodePort && nodePorts.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(key);
  });
  ports.forEach(({ protocol, port }, i) => {
    const key = `${protocol}/${port}`;
    // Go prints the whole struct, with what is not part of the comparison left empty.
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 };
    if (used.has(key)) errors.push(duplicate(`spec.ports[${i}]`, shown));
    used.add(key);
  });
}

function checkType(spec: Spec, errors: FieldError[]): void {
  const { type, clusterIPs, ipFamilies, ipFamilyPolicy, externalName } = spec;
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec))
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (type !== 'ExternalName') return;
  const text = 'may not be set for ExternalName services';
  if ((clusterIPs ?? []).length > 0) errors.push(forbiddenField('spec.clusterIPs', text));
  if ((ipFamilies ?? []).length > 0) errors.push(forbiddenField('spec.ipFamilies', text));
  if (ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', text));
  const name = (externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else for (const wrong of dns1123Subdomain(name)) errors.push(invalidValue('spec.externalName', name, wrong));
}

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const isOfFamily = (address: string, family: string | undefined): boolean =>
  family === undefined || (family === 'IPv6' ? isIPv6(address) : family !== 'IPv4' || !isIPv6(address));

/** ValidateServiceClusterIPsRelatedFields. */
export function validateClusterIPs(spec: Spec, errors: FieldError[]): void {
  const { type, clusterIP, clusterIPs: addresses = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (type === 'ExternalName') return;
  const at = 'spec.clusterIPs';
  if (clusterIP && addresses.length === 0) errors.push(required(at));
  else if (clusterIP && addresses[0] !== clusterIP) errors.push(invalidValue(at, addresses, 'first value must match `clusterIP`'));
  if (!clusterIP && addresses.length > 0) errors.push(invalidValue(at, addresses, 'must be empty when `clusterIP` is not specified'));
  ipFamilies.forEach((family, i) => {
    if (!FAMILIES.includes(family)) errors.push(notSupported(`spec.ipFamilies[${i}]`, family, FAMILIES));
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(`spec.ipFamilies[${i}]`, family));
  });
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy))
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES));
  let isWell = true;
  addresses.forEach((address, i) => {
    if (i > 0 || address !== 'None') isWell = validateLegacyIP(address, `${at}[${i}]`, errors) && isWell;
    else if (addresses.length > 1) {
      isWell = false;
      errors.push(invalidValue(at, addresses, "'None' must be the first and only value"));
    }
  });
  if (addresses.length > 2) errors.push(invalidValue(at, addresses, 'may only hold up to 2 values'));
  if (!isWell) return;
  if (addresses.length > 1 && !(addresses.some((address) => !isIPv6(address)) && addresses.some(isIPv6)))
    errors.push(invalidValue(at, addresses, 'may specify no more than one IP for each IP family'));
  if (isHeadless(spec)) return;
  addresses.forEach((address, i) => {
    if (isOfFamily(address, ipFamilies[i])) return;
    errors.push(invalidValue(`${at}[${i}]`, address, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``));
  });
}

/** Addresses, families and the class of the balancer, once given, stay (ValidateServiceUpdate). */
export function validateServiceUpdate(spec: Spec, old: Spec): FieldErrors {
  const errors: FieldError[] = [];
  const hasAddresses = spec.type !== 'ExternalName' && old.type !== 'ExternalName';
  if (hasAddresses && !(isHeadless(spec) && isHeadless(old))) {
    const [now, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []];
    const kept = 'may not change once set';
    if (now.length === 0 && before.length > 0) errors.push(invalidValue('spec.clusterIPs[0]', null, 'primary clusterIP can not be unset'));
    if (now.length === before.length)
      before.forEach((address, i) => {
        if (address !== now[i]) errors.push(invalidValue(`spec.clusterIPs[${i}]`, now, kept));
      });
    else if (now.length > 0 && before.length > 0 && now[0] !== before[0]) errors.push(invalidValue('spec.clusterIPs[0]', now, kept));
    if (isHeadless(spec) === isHeadless(old)) checkFamilies(spec, old, errors);
  }
  if (spec.type === 'LoadBalancer' && old.type === 'LoadBalancer' && spec.loadBalancerClass !== old.loadBalancerClass)
    errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  if (needsHealthCheck(spec) && needsHealthCheck(old) && (spec.healthCheckNodePort ?? 0) !== (old.healthCheckNodePort ?? 0))
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
  return errors;
}

const needsHealthCheck = ({ type, externalTrafficPolicy }: Spec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

function checkFamilies(spec: Spec, old: Spec, errors: FieldError[]): void {
  const [now, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []];
  if (now.length === before.length)
    before.forEach((family, i) => {
      if (family !== now[i]) errors.push(invalidValue('spec.ipFamilies[0]', now, 'may not change once set'));
    });
  else if (now.length > 0 && before.length > 0 && now[0] !== before[0])
    errors.push(invalidValue('spec.ipFamilies[0]', spec.clusterIPs ?? null, 'may not change once set'));
}

function checkAffinity({ sessionAffinity, sessionAffinityConfig }: Spec, errors: FieldError[]): void {
  const at = 'spec.sessionAffinityConfig';
  if (!sessionAffinity) errors.push(required('spec.sessionAffinity'));
  else if (!AFFINITIES.includes(sessionAffinity)) errors.push(notSupported('spec.sessionAffinity', sessionAffinity, AFFINITIES));
  if (sessionAffinity === 'None' && sessionAffinityConfig !== undefined)
    errors.push(forbiddenField(at, 'must not be set when session affinity is None'));
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > AFFINITY_SECONDS_MAX))
    errors.push(invalidValue(`${at}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${AFFINITY_SECONDS_MAX}`));
}

/** NodePort and LoadBalancer services, and those with addresses of their own. */
export const isExternallyAccessible = ({ type, externalIPs }: Spec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (externalIPs ?? []).length > 0);

function checkTraffic(spec: Spec, errors: FieldError[]): void {
  const { type, externalTrafficPolicy: outer, internalTrafficPolicy: inner, healthCheckNodePort, trafficDistribution } = spec;
  const at = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec)) {
    if (outer) errors.push(invalidValue(at, outer, 'may only be set for externally-accessible services'));
  } else if (!outer) errors.push(required(at));
  else if (!POLICIES.includes(outer)) errors.push(notSupported(at, outer, POLICIES));
  if (healthCheckNodePort && !(type === 'LoadBalancer' && outer === 'Local'))
    errors.push(
      invalidValue(
        'spec.healthCheckNodePort',
        healthCheckNodePort,
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
      ),
    );
  if (inner === undefined && type !== 'ExternalName') errors.push(required('spec.internalTrafficPolicy'));
  if (inner !== undefined && !POLICIES.includes(inner)) errors.push(notSupported('spec.internalTrafficPolicy', inner, POLICIES));
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution))
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS));
}

function checkBalancer(
  { type, loadBalancerSourceRanges, allocateLoadBalancerNodePorts, loadBalancerClass }: Spec,
  errors: FieldError[],
): void {
  const only = "may only be used when `type` is 'LoadBalancer'";
  if ((loadBalancerSourceRanges ?? []).length > 0) {
    if (type !== 'LoadBalancer') errors.push(forbiddenField('spec.LoadBalancerSourceRanges', only));
    loadBalancerSourceRanges?.forEach((range, i) => validateRange(range.trim(), `spec.LoadBalancerSourceRanges[${i}]`, errors));
  }
  if (type === 'LoadBalancer') {
    for (const text of loadBalancerClass === undefined ? [] : qualifiedName(loadBalancerClass))
      errors.push(invalidValue('spec.loadBalancerClass', loadBalancerClass, text));
    return;
  }
  if (allocateLoadBalancerNodePorts !== undefined) errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', only));
  if (loadBalancerClass !== undefined) errors.push(forbiddenField('spec.loadBalancerClass', only));
}

export function validateService(service: Service): FieldErrors {
  const errors: FieldError[] = [];
  const spec = service.spec ?? {};
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  checkType(spec, errors);
  validateClusterIPs(spec, errors);
  const names = new Set<string>();
  ports.forEach((port, i) => checkPort(port, ports.length > 1, names, `spec.ports[${i}]`, errors));
  errors.push(...validateLabels(spec.selector, 'spec.selector'));
  checkAffinity(spec, errors);
  (spec.externalIPs ?? []).forEach((address, i) => {
    const at = `spec.externalIPs[${i}]`;
    if (!isIPv4(address) && !isIPv6(address)) validateIP(address, at, errors);
    else validateEndpointIP(address, at, errors);
  });
  if (!spec.type) errors.push(required('spec.type'));
  else if (!TYPES.includes(spec.type)) errors.push(notSupported('spec.type', spec.type, TYPES));
  checkClashes(spec, errors);
  checkBalancer(spec, errors);
  checkTraffic(spec, errors);
  return errors;
}
