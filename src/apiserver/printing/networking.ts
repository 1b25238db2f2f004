/** Services, endpoints, ingresses, network policies, addresses. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go. */

import type { EndpointSlice, Endpoints, Ingress, IngressClass, IPAddress, NetworkPolicy, Service, ServiceCIDR } from '#api';
import { labelText, NONE, selectorColumn } from './label-text.ts';
import { AGE, ageOf, NAME, nameOf, type Printer, text, wide } from './printer.ts';

const SHOWN_MAX = 3;

/** The first three, and how many more there are. */
function firstOf(all: readonly string[], nothing: string): string {
  const shown = all.slice(0, SHOWN_MAX).join(',');
  return all.length > SHOWN_MAX ? `${shown} + ${all.length - SHOWN_MAX} more...` : shown || nothing;
}

const balancerAddresses = (ingress: readonly { readonly ip?: string; readonly hostname?: string }[] | undefined): string[] =>
  [...new Set((ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== ''))].sort();

function externalAddress({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? [];
  switch (spec?.type) {
    case 'ClusterIP':
    case 'NodePort':
      return own.join(',') || NONE;
    case 'LoadBalancer':
      return [...balancerAddresses(status?.loadBalancer?.ingress), ...own].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

export const services: Printer<Service> = {
  columns: [NAME, text('Type'), text('Cluster-IP'), text('External-IP'), text('Port(s)'), AGE, wide('Selector')],
  cells: (service, now) => [
    nameOf(service),
    service.spec?.type ?? '',
    service.spec?.clusterIPs?.[0] ?? service.spec?.clusterIP ?? NONE,
    externalAddress(service),
    (service.spec?.ports ?? [])
      .map(({ port, nodePort, protocol }) => (nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`))
      .join(',') || NONE,
    ageOf(service, now),
    labelText(service.spec?.selector),
  ],
};

const joined = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

/** Every address with every port. Upstream counts all of them, but stops listing at three. */
function endpointsText({ subsets }: Endpoints): string {
  if ((subsets ?? []).length === 0) return NONE;
  const all: string[] = [];
  for (const { addresses, ports } of subsets ?? []) {
    const ips = (addresses ?? []).map(({ ip }) => ip);
    if ((ports ?? []).length === 0) all.push(...ips);
    else for (const { port } of ports ?? []) all.push(...ips.map((ip) => joined(ip, port)));
  }
  return firstOf(all, '');
}

export const endpoints: Printer<Endpoints> = {
  columns: [NAME, text('Endpoints'), AGE],
  cells: (object, now) => [nameOf(object), endpointsText(object), ageOf(object, now)],
};

export const endpointSlices: Printer<EndpointSlice> = {
  columns: [NAME, text('AddressType'), text('Ports'), text('Endpoints'), AGE],
  cells: (object, now) => [
    nameOf(object),
    object.addressType,
    firstOf(
      (object.ports ?? []).map(({ port, name }) => (port !== undefined ? String(port) : (name ?? '*'))),
      '<unset>',
    ),
    firstOf(
      (object.endpoints ?? []).flatMap(({ addresses }) => addresses),
      '<unset>',
    ),
    ageOf(object, now),
  ],
};

function hostsOf({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const shown: string[] = [];
  // Rules without a host take no place; once three are shown the rest is counted by rules.
  let more = false;
  for (const { host } of rules) {
    if (shown.length === SHOWN_MAX) more = true;
    if (!more && host) shown.push(host);
  }
  if (shown.length === 0) return '*';
  return more ? `${shown.join(',')} + ${rules.length - SHOWN_MAX} more...` : shown.join(',');
}

export const ingresses: Printer<Ingress> = {
  columns: [NAME, text('Class'), text('Hosts'), text('Address'), text('Ports'), AGE],
  cells: (object, now) => [
    nameOf(object),
    object.spec?.ingressClassName ?? NONE,
    hostsOf(object),
    balancerAddresses(object.status?.loadBalancer?.ingress).join(','),
    (object.spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    ageOf(object, now),
  ],
};

export const ingressClasses: Printer<IngressClass> = {
  columns: [NAME, text('Controller'), text('Parameters'), AGE],
  cells(object, now) {
    const parameters = object.spec?.parameters;
    const kind = parameters?.apiGroup === undefined ? parameters?.kind : `${parameters.kind}.${parameters.apiGroup}`;
    return [
      nameOf(object),
      object.spec?.controller ?? '',
      parameters === undefined ? NONE : `${kind}/${parameters.name}`,
      ageOf(object, now),
    ];
  },
};

export const networkPolicies: Printer<NetworkPolicy> = {
  columns: [NAME, text('Pod-Selector'), AGE],
  cells: (object, now) => [nameOf(object), selectorColumn(object.spec?.podSelector), ageOf(object, now)],
};

export const serviceRanges: Printer<ServiceCIDR> = {
  columns: [NAME, text('CIDRs'), AGE],
  cells: (object, now) => [nameOf(object), (object.spec?.cidrs ?? []).join(','), ageOf(object, now)],
};

/** Upstream gives an address three cells and two headings: kubectl shows the first two. */
export const addresses: Printer<IPAddress> = {
  columns: [NAME, text('ParentRef')],
  cells(object, now) {
    const parent = object.spec?.parentRef;
    if (parent === undefined) return [nameOf(object), NONE, ageOf(object, now)];
    const { group, resource, namespace, name } = parent;
    const what = (group ? `${resource}.${group}` : resource).toLowerCase();
    return [nameOf(object), `${what}${namespace ? `/${namespace}` : ''}/${name}`, ageOf(object, now)];
  },
};
