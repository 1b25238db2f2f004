/** Services. Mirrors Kubernetes v1.34 pkg/registry/core/service and ValidateService; cluster IPs are given out in service-addresses.ts. */

import { deepEqual, type Service } from '#api';
import { begunService } from '../service-families.ts';
import { needsHealthPort } from '../service-port-choice.ts';
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

const isSame = (spec: Spec, old: Spec, field: keyof Spec): boolean => deepEqual(spec[field], old[field]);
const hasNodePorts = ({ type }: Spec): boolean => type === 'NodePort' || type === 'LoadBalancer';
const nodePortsOf = ({ ports = [] }: Spec): readonly number[] => ports.flatMap(({ nodePort }) => nodePort || []);

/** What the service had and can no longer have goes, if the client left it as it was (dropTypeDependentFields). */
function withoutOldType(spec: Spec, old: Spec): Spec {
  const next: Spec = { ...spec };
  const drop = (field: keyof Spec): void => {
    if (next[field] !== undefined && isSame(next, old, field)) delete next[field];
  };
  if (spec.type === 'ExternalName' && old.type !== 'ExternalName') {
    if (isSame(spec, old, 'clusterIP') && isSame(spec, old, 'clusterIPs')) {
      delete next.clusterIP;
      delete next.clusterIPs;
    }
    drop('ipFamilies');
    drop('ipFamilyPolicy');
  }
  const known = nodePortsOf(old);
  if (hasNodePorts(old) && !hasNodePorts(spec) && nodePortsOf(spec).every((port) => known.includes(port)))
    next.ports = spec.ports?.map(({ nodePort: _, ...rest }) => rest);
  if (needsHealthPort(old) && !needsHealthPort(spec)) drop('healthCheckNodePort');
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts');
    drop('loadBalancerClass');
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(next)) drop('externalTrafficPolicy');
  return next;
}

/** No balancer, nothing to say of one. */
function withoutBalancer(service: Service): Service {
  if (service.spec?.type === 'LoadBalancer' || (service.status?.loadBalancer?.ingress ?? []).length === 0) return service;
  return { ...service, status: { ...service.status, loadBalancer: {} } };
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
  begin: begunService,
  prepareForCreate: (service) => ({ ...service, status: { loadBalancer: {} } }),
  validate: validateService,
  prepareForUpdate: (sent, old) => withoutBalancer({ ...sent, spec: withoutOldType(sent.spec ?? {}, old.spec ?? {}) }),
  validateUpdate(next, old) {
    return [...validateServiceUpdate(next.spec ?? {}, old.spec ?? {}), ...validateService(next)];
  },
};
