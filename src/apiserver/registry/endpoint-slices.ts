/** EndpointSlices and Endpoints. Mirrors Kubernetes v1.34 pkg/registry/discovery/endpointslice, pkg/apis/discovery and ValidateEndpoints. */

import type { EndpointSlice, Endpoints, FieldError } from '#api';
import { isIPv4, isIPv6, validateEndpointIP, validateIP } from '../validation/addresses.ts';
import { duplicate, type FieldErrors, immutable, invalidValue, notSupported, required, tooMany } from '../validation/field-error.ts';
import { dns1123Label, dns1123Subdomain, labelValue, type NameRule, qualifiedName } from '../validation/names.ts';
import { PROTOCOLS, validatePortNumber } from '../validation/ports.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Port = NonNullable<EndpointSlice['ports']>[number];
type Endpoint = NonNullable<EndpointSlice['endpoints']>[number];

const TYPES = ['FQDN', 'IPv4', 'IPv6'];
const ADDRESSES_MAX = 100;
const PORTS_MAX = 20_000;
const ENDPOINTS_MAX = 1000;
const HINTS_MAX = 8;

function checkPorts(ports: readonly Port[] | undefined, errors: FieldError[]): void {
  const names = new Set<string>();
  (ports ?? []).forEach(({ name = '', protocol, appProtocol }, i) => {
    const at = `ports[${i}]`;
    for (const text of name === '' ? [] : dns1123Label(name)) errors.push(invalidValue(`${at}.name`, name, text));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (!protocol) errors.push(required(`${at}.protocol`));
    else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, PROTOCOLS));
    for (const text of appProtocol === undefined ? [] : qualifiedName(appProtocol))
      errors.push(invalidValue(`${at}.appProtocol`, appProtocol, text));
  });
  if ((ports ?? []).length > PORTS_MAX) errors.push(tooMany('ports', (ports ?? []).length, PORTS_MAX));
}

function checkAddress(address: string, type: string, list: string, i: number, errors: FieldError[]): void {
  const at = `${list}[${i}]`;
  if (type === 'FQDN') {
    for (const text of dns1123Subdomain(address)) errors.push(invalidValue(at, address, text));
    return;
  }
  if (!isIPv4(address) && !isIPv6(address)) {
    validateIP(address, at, errors);
    return;
  }
  if (type === 'IPv4' && !isIPv4(address)) errors.push(invalidValue(list, address, 'must be an IPv4 address'));
  if (type === 'IPv6' && !isIPv6(address)) errors.push(invalidValue(list, address, 'must be an IPv6 address'));
  validateEndpointIP(address, at, errors);
}

function checkHints(hints: readonly { readonly name?: string }[] | undefined, rule: NameRule, at: string, errors: FieldError[]): void {
  if ((hints ?? []).length > HINTS_MAX) errors.push(tooMany(at, (hints ?? []).length, HINTS_MAX));
  const seen = new Set<string>();
  (hints ?? []).forEach(({ name = '' }, i) => {
    if (seen.has(name)) errors.push(duplicate(`${at}[${i}].name`, name));
    seen.add(name);
    for (const text of rule(name)) errors.push(invalidValue(`${at}[${i}].name`, name, text));
  });
}

// A controller sends most endpoints again as they were.
const sound = new WeakSet<object>();

function checkEndpoint(endpoint: Endpoint, type: string, at: string, errors: FieldError[]): void {
  const before = errors.length;
  const { addresses, nodeName, hostname, hints } = endpoint;
  if ((addresses ?? []).length === 0) errors.push(required(`${at}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > ADDRESSES_MAX) errors.push(tooMany(`${at}.addresses`, addresses.length, ADDRESSES_MAX));
  (addresses ?? []).forEach((address, n) => checkAddress(address, type, `${at}.addresses`, n, errors));
  for (const text of nodeName === undefined ? [] : dns1123Subdomain(nodeName)) errors.push(invalidValue(`${at}.nodeName`, nodeName, text));
  for (const text of hostname === undefined ? [] : dns1123Label(hostname)) errors.push(invalidValue(`${at}.hostname`, hostname, text));
  checkHints(hints?.forZones, labelValue, `${at}.hints.forZones`, errors);
  checkHints(hints?.forNodes, dns1123Subdomain, `${at}.hints.forNodes`, errors);
  if (errors.length === before) sound.add(endpoint);
}

function validate({ addressType, ports, endpoints }: EndpointSlice): FieldErrors {
  const errors: FieldError[] = [];
  if (!addressType) errors.push(required('addressType'));
  else if (!TYPES.includes(addressType)) errors.push(notSupported('addressType', addressType, TYPES));
  checkPorts(ports, errors);
  const all = endpoints ?? [];
  if (all.length > ENDPOINTS_MAX) errors.push(tooMany('endpoints', all.length, ENDPOINTS_MAX));
  else
    all.forEach((endpoint, i) => {
      if (!sound.has(endpoint)) checkEndpoint(endpoint, addressType, `endpoints[${i}]`, errors);
    });
  return errors;
}

const isWhole = ({ name, protocol }: Port): boolean => name !== undefined && protocol !== undefined;

export const endpointSlices: ResourceDescriptor<EndpointSlice> = {
  resource: 'endpointslices.discovery.k8s.io',
  hasGeneration: true,
  defaults(slice) {
    if (slice.ports === undefined || slice.ports.every(isWhole)) return slice;
    return { ...slice, ports: slice.ports.map((port) => ({ ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' })) };
  },
  validate,
  validateUpdate(next, old) {
    const errors = [...validate(next)];
    if (next.addressType !== old.addressType) errors.push(immutable('addressType', next.addressType));
    return errors;
  },
};

function checkSubsetAddress(
  address: NonNullable<NonNullable<Endpoints['subsets']>[number]['addresses']>[number],
  at: string,
  errors: FieldError[],
): void {
  const { ip, hostname, nodeName } = address;
  if (!isIPv4(ip) && !isIPv6(ip)) {
    validateIP(ip, `${at}.ip`, errors);
    errors.push(invalidValue(`${at}.ip`, ip, 'must be a valid IP address'));
  } else validateEndpointIP(ip, `${at}.ip`, errors);
  for (const text of hostname ? dns1123Label(hostname) : []) errors.push(invalidValue(`${at}.hostname`, hostname, text));
  for (const text of nodeName === undefined ? [] : dns1123Subdomain(nodeName)) errors.push(invalidValue(`${at}.nodeName`, nodeName, text));
}

function validateEndpoints({ subsets }: Endpoints): FieldErrors {
  const errors: FieldError[] = [];
  (subsets ?? []).forEach(({ addresses, notReadyAddresses, ports }, i) => {
    const at = `subsets[${i}]`;
    if ((addresses ?? []).length === 0 && (notReadyAddresses ?? []).length === 0)
      errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    (addresses ?? []).forEach((address, n) => checkSubsetAddress(address, `${at}.addresses[${n}]`, errors));
    (notReadyAddresses ?? []).forEach((address, n) => checkSubsetAddress(address, `${at}.notReadyAddresses[${n}]`, errors));
    (ports ?? []).forEach(({ name, port, protocol }, n) => {
      const here = `${at}.ports[${n}]`;
      if (!name && (ports ?? []).length > 1) errors.push(required(`${here}.name`));
      for (const text of name ? dns1123Label(name) : []) errors.push(invalidValue(`${here}.name`, name, text));
      validatePortNumber(port, `${here}.port`, errors);
      if (!protocol) errors.push(required(`${here}.protocol`));
      else if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`${here}.protocol`, protocol, PROTOCOLS));
    });
  });
  return errors;
}

export const endpoints: ResourceDescriptor<Endpoints> = {
  resource: 'endpoints',
  storagePath: 'services/endpoints',
  allowsCreateOnUpdate: true,
  defaults(object) {
    if (!object.subsets?.some(({ ports }) => ports?.some(({ protocol }) => protocol === undefined))) return object;
    const subsets = object.subsets.map((subset) => ({
      ...subset,
      ports: subset.ports?.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })),
    }));
    return { ...object, subsets: subsets as Endpoints['subsets'] };
  },
  validate: validateEndpoints,
  validateUpdate: (next, old) => (next.subsets === old.subsets ? [] : validateEndpoints(next)),
};
