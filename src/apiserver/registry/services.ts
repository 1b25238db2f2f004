/** Services. Mirrors Kubernetes v1.34 pkg/registry/core/service and ValidateService; cluster IPs are given out in service-ips.ts. */

import type { FieldError, Service } from '#api';
import { type FieldErrors, immutable, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { dns1035Label, dns1123Label } from '../validation/names.ts';
import { validateLabels } from '../validation/object-meta.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<Service['spec']>;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

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
  if (type === 'NodePort' || type === 'LoadBalancer') next.externalTrafficPolicy = spec.externalTrafficPolicy ?? 'Cluster';
  if (type === 'LoadBalancer') next.allocateLoadBalancerNodePorts = spec.allocateLoadBalancerNodePorts ?? true;
  return { ...service, spec: next };
}

function validatePorts(spec: Spec, errors: FieldError[]): void {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  if (ports.length === 0 && spec.clusterIP !== 'None' && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  ports.forEach((port, i) => {
    const at = `spec.ports[${i}]`;
    if (!port.name && ports.length > 1) errors.push(required(`${at}.name`));
    else if (port.name) {
      for (const text of dns1123Label(port.name)) errors.push(invalidValue(`${at}.name`, port.name, text));
      if (names.has(port.name))
        errors.push({ reason: 'FieldValueDuplicate', field: `${at}.name`, message: `Duplicate value: "${port.name}"` });
      names.add(port.name);
    }
    if (!(port.port >= 1 && port.port <= 65_535))
      errors.push(invalidValue(`${at}.port`, port.port, 'must be between 1 and 65535, inclusive'));
    if (!port.protocol || !PROTOCOLS.includes(port.protocol)) errors.push(notSupported(`${at}.protocol`, port.protocol, PROTOCOLS));
  });
}

function validate(service: Service): FieldErrors {
  const errors: FieldError[] = [];
  const spec = service.spec ?? {};
  if (!spec.type || !TYPES.includes(spec.type)) errors.push(notSupported('spec.type', spec.type ?? '', TYPES));
  validatePorts(spec, errors);
  errors.push(...validateLabels(spec.selector, 'spec.selector'));
  if (spec.type === 'ExternalName' && !spec.externalName) errors.push(required('spec.externalName'));
  return errors;
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
  validate,
  // A cluster IP once given stays, unless the service becomes an external name.
  prepareForUpdate(next, old) {
    if (next.spec?.clusterIP || next.spec?.type === 'ExternalName') return next;
    return { ...next, spec: { ...next.spec, clusterIP: old.spec?.clusterIP, clusterIPs: old.spec?.clusterIPs } };
  },
  validateUpdate(next, old) {
    const errors: FieldError[] = [...validate(next)];
    const before = old.spec?.clusterIP;
    if (before && before !== next.spec?.clusterIP && next.spec?.type !== 'ExternalName')
      errors.push(immutable('spec.clusterIPs[0]', next.spec?.clusterIP));
    return errors;
  },
};
