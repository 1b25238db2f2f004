/** ServiceCIDRs and IPAddresses. Mirrors Kubernetes v1.34 pkg/registry/networking/{servicecidr,ipaddress} and pkg/apis/networking/validation. */

import { deepEqual, type FieldError, type IPAddress, type ServiceCIDR } from '#api';
import { addressName, parseRange, validateNetwork } from '../validation/addresses.ts';
import { type FieldErrors, immutable, invalidValue, required } from '../validation/field-error.ts';
import { dns1123Subdomain, pathSegment } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validateRanges({ spec }: ServiceCIDR): FieldErrors {
  const errors: FieldError[] = [];
  const at = 'spec.cidrs';
  const ranges = spec?.cidrs ?? [];
  if (ranges.length === 0) return [required(at, 'at least one CIDR required')];
  if (ranges.length > 2) return [invalidValue(at, spec, 'may only hold up to 2 values')];
  ranges.forEach((range, i) => validateNetwork(range, `${at}[${i}]`, errors));
  const [first, second] = ranges.map((range) => parseRange(range)?.family);
  if (ranges.length === 2 && first !== undefined && first === second)
    errors.push(invalidValue(at, ranges, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'));
  return errors;
}

export const serviceRanges: ResourceDescriptor<ServiceCIDR> = {
  resource: 'servicecidrs.networking.k8s.io',
  hasStatus: true,
  hasGeneration: true,
  validate: validateRanges,
  // A second family may be added; nothing else changes.
  validateUpdate(next, old) {
    const [before, after] = [old.spec?.cidrs ?? [], next.spec?.cidrs ?? []];
    if (before.length !== after.length && !(before.length === 1 && after.length === 2)) return [immutable('spec.cidrs', after)];
    const errors = before.flatMap((range, i) => (range === after[i] ? [] : [immutable(`spec.cidrs[${i}]`, after[i])]));
    return before.length === after.length ? errors : [...errors, ...validateRanges(next)];
  },
};

function validateAddress({ spec }: IPAddress): FieldErrors {
  const errors: FieldError[] = [];
  const at = 'spec.parentRef';
  const parent = spec?.parentRef;
  if (parent === undefined) return [required(at)];
  for (const text of parent.group ? dns1123Subdomain(parent.group) : []) errors.push(invalidValue(`${at}.group`, parent.group, text));
  for (const name of ['resource', 'name'] as const) {
    if (!parent[name]) errors.push(required(`${at}.${name}`));
    else for (const text of pathSegment(parent[name])) errors.push(invalidValue(`${at}.${name}`, parent[name], text));
  }
  for (const text of parent.namespace ? pathSegment(parent.namespace) : [])
    errors.push(invalidValue(`${at}.namespace`, parent.namespace, text));
  return errors;
}

export const addresses: ResourceDescriptor<IPAddress> = {
  resource: 'ipaddresses.networking.k8s.io',
  hasGeneration: true,
  nameRule: addressName,
  validate: validateAddress,
  validateUpdate: (next, old) =>
    deepEqual(next.spec?.parentRef, old.spec?.parentRef) ? [] : [immutable('spec.parentRef', next.spec?.parentRef)],
};
