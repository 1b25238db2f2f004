/** Services. Mirrors Kubernetes v1.34 pkg/registry/core/service and ValidateService; cluster IPs are given out in service-ips.ts. */

import { deepEqual, type Service } from '#api';
import { withKeptPorts } from '../service-ports.ts';
import { dns1035Label } from '../validation/names.ts';
import { isExternallyAccessible, validateService, validateServiceUpdate } from '../validation/services.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<Service['spec']>;

/** DefaultClientIPServiceAffinitySeconds. */
const AFFINITY_SECONDS = 10_800;

function defaults(service: Service): Service {
  const spec = service.spec ?? {};
  const type = spec.type || 'ClusterIP';
  const next: Spec = {
    ...spec,
    type,
    sessionAffinity: spec.sessionAffinity || 'None',
    ports: spec.ports?.map((port) =>
      port.protocol && port.targetPort ? port : { ...port, protocol: port.protocol || 'TCP', targetPort: port.targetPort || port.port },
    ),
  };
  if (type !== 'ExternalName') next.internalTrafficPolicy = spec.internalTrafficPolicy ?? 'Cluster';
  if (isExternallyAccessible(next)) next.externalTrafficPolicy = spec.externalTrafficPolicy || 'Cluster';
  if (next.sessionAffinity === 'None') delete next.sessionAffinityConfig;
  else if (next.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
    next.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
  if (type === 'LoadBalancer') next.allocateLoadBalancerNodePorts = spec.allocateLoadBalancerNodePorts ?? true;
  return { ...service, spec: next };
}

/** What the old type had and the new one cannot have goes, if the client left it as it was (dropTypeDependentFields). */
function withoutOldType(spec: Spec, old: Spec): Spec {
  if (spec.type === old.type) return spec;
  const next: Spec = { ...spec };
  const drop = (field: keyof Spec): void => {
    if (next[field] !== undefined && deepEqual(next[field], old[field])) delete next[field];
  };
  if (spec.type === 'ExternalName') for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) drop(field);
  if (spec.type === 'ClusterIP' || spec.type === 'ExternalName')
    next.ports = spec.ports?.map((port, i) => {
      const { nodePort, ...rest } = port;
      return nodePort !== undefined && nodePort === old.ports?.[i]?.nodePort ? rest : port;
    });
  if (spec.type !== 'LoadBalancer')
    for (const field of ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort'] as const) drop(field);
  if (!isExternallyAccessible(next)) drop('externalTrafficPolicy');
  return next;
}

/** What a client leaves out stays, and the first address is told twice (patchAllocatedValues, normalizeClusterIPs, initIPFamilyFields). */
function withAddresses(spec: Spec, old: Spec): Spec {
  const clusterIP = spec.clusterIP || old.clusterIP;
  const sent = spec.clusterIPs ?? [];
  const known = old.clusterIPs ?? [];
  const isAsBefore = sent.length === 0 || deepEqual(sent, known);
  const clusterIPs = clusterIP === old.clusterIP ? (sent.length === 0 ? known : sent) : isAsBefore && clusterIP ? [clusterIP] : sent;
  return {
    ...spec,
    ...(clusterIP ? { clusterIP } : {}),
    ...(clusterIPs.length > 0 ? { clusterIPs } : {}),
    ipFamilyPolicy: spec.ipFamilyPolicy ?? old.ipFamilyPolicy,
    ipFamilies: (spec.ipFamilies ?? []).length === 0 ? old.ipFamilies : spec.ipFamilies,
  };
}

export const services: ResourceDescriptor<Service> = {
  resource: 'services',
  storagePath: 'services/specs',
  nameRule: dns1035Label,
  hasStatus: true,
  allowsCreateOnUpdate: true,
  returnsDeletedObject: true,
  fields: { 'spec.clusterIP': (service) => service.spec?.clusterIP ?? '', 'spec.type': (service) => service.spec?.type ?? '' },
  defaults,
  prepareForCreate: (service) => ({ ...service, status: { loadBalancer: {} } }),
  validate: validateService,
  // A cluster IP once given stays, unless the service becomes an external name.
  prepareForUpdate(sent, old) {
    const own = withoutOldType(sent.spec ?? {}, old.spec ?? {});
    const ported = withKeptPorts(own, old.spec ?? {});
    const keepsCheck = own.type === 'LoadBalancer' && own.externalTrafficPolicy === 'Local' && !own.healthCheckNodePort;
    const check = keepsCheck ? old.spec?.healthCheckNodePort : undefined;
    const spec = check === undefined ? ported : { ...ported, healthCheckNodePort: check };
    const next = spec === sent.spec ? sent : { ...sent, spec };
    return spec.type === 'ExternalName' ? next : { ...next, spec: withAddresses(spec, old.spec ?? {}) };
  },
  validateUpdate(next, old) {
    return [...validateServiceUpdate(next.spec ?? {}, old.spec ?? {}), ...validateService(next)];
  },
};
