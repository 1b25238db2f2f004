/** NetworkPolicies. Mirrors Kubernetes v1.34 pkg/registry/networking/networkpolicy and pkg/apis/networking (v1/defaults.go, validation). */

import type { FieldError, NetworkPolicy } from '#api';
import { isStrictlyWithin, parseRange, validateRange } from '../validation/addresses.ts';
import { type FieldErrors, forbiddenField, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { portName } from '../validation/names.ts';
import { PROTOCOLS, validatePortNumber } from '../validation/ports.ts';
import { validateLabelSelector } from '../validation/selectors.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;
type Ingress = NonNullable<Spec['ingress']>[number];
type Port = NonNullable<Ingress['ports']>[number];
type Peer = NonNullable<Ingress['from']>[number];

const TYPES = ['Ingress', 'Egress'];

const withProtocols = <T extends { readonly ports?: readonly Port[] }>(rules: readonly T[] | undefined): readonly T[] | undefined =>
  rules?.map((rule) =>
    rule.ports === undefined ? rule : { ...rule, ports: rule.ports.map((port) => ({ ...port, protocol: port.protocol ?? 'TCP' })) },
  );

function defaults(policy: NetworkPolicy): NetworkPolicy {
  const spec = policy.spec;
  if (spec === undefined) return policy;
  const { ingress, egress } = spec;
  const implied = (egress ?? []).length > 0 ? TYPES : TYPES.slice(0, 1);
  const next = {
    ...spec,
    policyTypes: (spec.policyTypes ?? []).length === 0 ? implied : spec.policyTypes,
    ...(ingress === undefined ? {} : { ingress: withProtocols(ingress) }),
    ...(egress === undefined ? {} : { egress: withProtocols(egress) }),
  };
  return { ...policy, spec: next as Spec };
}

function checkPort({ port, endPort, protocol }: Port, at: string, errors: FieldError[]): void {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol))
    errors.push(notSupported(`${at}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  if (port === undefined) {
    if (endPort !== undefined) errors.push(invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is not specified'));
  } else if (typeof port === 'number') {
    validatePortNumber(port, `${at}.port`, errors);
    if (endPort === undefined) return;
    if (endPort < port) errors.push(invalidValue(`${at}.endPort`, port, 'must be greater than or equal to `port`'));
    validatePortNumber(endPort, `${at}.endPort`, errors);
  } else {
    if (endPort !== undefined) errors.push(invalidValue(`${at}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    for (const text of portName(port)) errors.push(invalidValue(`${at}.port`, port, text));
  }
}

function checkBlock({ cidr, except }: NonNullable<Peer['ipBlock']>, at: string, errors: FieldError[]): void {
  if (!cidr) {
    errors.push(required(`${at}.cidr`));
    return;
  }
  const outer = validateRange(cidr, `${at}.cidr`, errors);
  (except ?? []).forEach((text, i) => {
    const inner = outer === undefined ? parseRange(text) : validateRange(text, `${at}.except[${i}]`, errors);
    if (outer !== undefined && inner !== undefined && !isStrictlyWithin(inner, outer))
      errors.push(invalidValue(`${at}.except[${i}]`, text, 'must be a strict subset of `cidr`'));
  });
}

function checkPeer(peer: Peer, at: string, errors: FieldError[]): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const count = [podSelector, namespaceSelector, ipBlock].filter((part) => part !== undefined).length;
  errors.push(...validateLabelSelector(podSelector, `${at}.podSelector`));
  errors.push(...validateLabelSelector(namespaceSelector, `${at}.namespaceSelector`));
  if (ipBlock !== undefined) checkBlock(ipBlock, `${at}.ipBlock`, errors);
  if (count === 0) errors.push(required(at, 'must specify a peer'));
  else if (count > 1 && ipBlock !== undefined) errors.push(forbiddenField(at, 'may not specify both ipBlock and another peer'));
}

function validate({ spec }: NetworkPolicy): FieldErrors {
  const errors: FieldError[] = [...validateLabelSelector(spec?.podSelector, 'spec.podSelector')];
  const checkRule = (ports: readonly Port[] | undefined, peers: readonly Peer[] | undefined, name: string, at: string): void => {
    (ports ?? []).forEach((port, i) => checkPort(port, `${at}.ports[${i}]`, errors));
    (peers ?? []).forEach((peer, i) => checkPeer(peer, `${at}.${name}[${i}]`, errors));
  };
  (spec?.ingress ?? []).forEach((rule, i) => checkRule(rule.ports, rule.from, 'from', `spec.ingress[${i}]`));
  (spec?.egress ?? []).forEach((rule, i) => checkRule(rule.ports, rule.to, 'to', `spec.egress[${i}]`));
  const types = spec?.policyTypes ?? [];
  if (types.length > TYPES.length) errors.push(invalidValue('spec.policyTypes', types, 'may not specify more than two policyTypes'));
  else
    types.forEach((type, i) => {
      if (!TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, TYPES));
    });
  return errors;
}

export const networkPolicies: ResourceDescriptor<NetworkPolicy> = {
  resource: 'networkpolicies.networking.k8s.io',
  hasGeneration: true,
  defaults,
  validate,
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validate(next)),
};
