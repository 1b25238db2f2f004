/** Ingresses. Mirrors Kubernetes v1.34 pkg/registry/networking/ingress and pkg/apis/networking/validation. */

import type { FieldError, Ingress } from '#api';
import { isIPv4, isIPv6, validateLegacyIP } from '../validation/addresses.ts';
import { type FieldErrors, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { dns1035Label, dns1123Subdomain, portName } from '../validation/names.ts';
import { validatePortNumber } from '../validation/ports.ts';
import type { ResourceDescriptor } from './descriptor.ts';
import { validateReference } from './ingress-classes.ts';

type Spec = NonNullable<Ingress['spec']>;
type Backend = NonNullable<Spec['defaultBackend']>;
type Path = NonNullable<NonNullable<Spec['rules']>[number]['http']>['paths'][number];

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_ENDINGS = ['/..', '/.'];
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const NOT_A_NAME = 'must be a DNS name, not an IP address';
const WILDCARD = /^\*\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

function checkHost(host: string, at: string, errors: FieldError[]): void {
  if (!host.includes('*')) for (const text of dns1123Subdomain(host)) errors.push(invalidValue(at, host, text));
  else if (!WILDCARD.test(host)) errors.push(invalidValue(at, host, WILDCARD_TEXT));
}

function checkBackend({ resource, service }: Backend, at: string, errors: FieldError[]): void {
  if (resource !== undefined && service !== undefined) errors.push(invalidValue(at, '', 'cannot set both resource and service backends'));
  else if (resource !== undefined) validateReference(resource, `${at}.resource`, errors);
  else if (service !== undefined) {
    if (!service.name) errors.push(required(`${at}.service.name`));
    else for (const text of dns1035Label(service.name)) errors.push(invalidValue(`${at}.service.name`, service.name, text));
    const { name, number } = service.port ?? {};
    if (name && number) errors.push(invalidValue(at, '', 'cannot set both port name & port number'));
    else if (name) for (const text of portName(name)) errors.push(invalidValue(`${at}.service.port.name`, name, text));
    else if (number) validatePortNumber(number, `${at}.service.port.number`, errors);
    else errors.push(required(at, 'port name or number is required'));
  } else errors.push(invalidValue(at, '', 'resource or service backend is required'));
}

function checkPath({ path = '', pathType, backend }: Path, at: string, errors: FieldError[]): void {
  if (!pathType) {
    errors.push(required(`${at}.pathType`, 'pathType must be specified'));
    return;
  }
  const here = `${at}.path`;
  if (!PATH_TYPES.includes(pathType)) errors.push(notSupported(`${at}.pathType`, pathType, PATH_TYPES));
  else if ((pathType !== 'ImplementationSpecific' || path !== '') && !path.startsWith('/'))
    errors.push(invalidValue(here, path, 'must be an absolute path'));
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const bad of BAD_SEQUENCES) if (path.includes(bad)) errors.push(invalidValue(here, path, `must not contain '${bad}'`));
    for (const bad of BAD_ENDINGS) if (path.endsWith(bad)) errors.push(invalidValue(here, path, `cannot end with '${bad}'`));
  }
  checkBackend(backend ?? {}, `${at}.backend`, errors);
}

function checkRules(rules: NonNullable<Spec['rules']>, errors: FieldError[]): void {
  rules.forEach(({ host, http }, i) => {
    const at = `spec.rules[${i}]`;
    if (host) {
      if (isIPv4(host) || isIPv6(host)) errors.push(invalidValue(`${at}.host`, host, NOT_A_NAME));
      checkHost(host, `${at}.host`, errors);
    }
    if (http === undefined) return;
    if ((http.paths ?? []).length === 0) errors.push(required(`${at}.http.paths`));
    (http.paths ?? []).forEach((path, n) => checkPath(path, `${at}.http.paths[${n}]`, errors));
  });
}

function validateSpec(spec: Spec): FieldErrors {
  const errors: FieldError[] = [];
  const { rules, defaultBackend, tls, ingressClassName } = spec;
  if ((rules ?? []).length === 0 && defaultBackend === undefined)
    errors.push({
      ...invalidValue('spec', '', ''),
      message: `Invalid value: ${rules === undefined ? 'null' : '[]'}: either \`defaultBackend\` or \`rules\` must be specified`,
    });
  if (defaultBackend !== undefined) checkBackend(defaultBackend, 'spec.defaultBackend', errors);
  checkRules(rules ?? [], errors);
  (tls ?? []).forEach(({ hosts, secretName }, i) => {
    (hosts ?? []).forEach((host, n) => checkHost(host, `spec.tls[${i}].hosts[${n}]`, errors));
    for (const text of secretName ? dns1123Subdomain(secretName) : [])
      errors.push(invalidValue(`spec.tls[${i}].secretName`, secretName, text));
  });
  for (const text of ingressClassName === undefined ? [] : dns1123Subdomain(ingressClassName))
    errors.push(invalidValue('spec.ingressClassName', ingressClassName, text));
  return errors;
}

export const ingresses: ResourceDescriptor<Ingress> = {
  resource: 'ingresses.networking.k8s.io',
  storagePath: 'ingress',
  hasStatus: true,
  hasGeneration: true,
  prepareForCreate: (ingress) => ({ ...ingress, status: { loadBalancer: {} } }),
  validate(ingress) {
    const errors = [...validateSpec(ingress.spec ?? {})];
    const annotation = ingress.metadata?.annotations?.[CLASS_ANNOTATION];
    const className = ingress.spec?.ingressClassName;
    if (annotation !== undefined && className !== undefined && annotation !== className)
      errors.push(invalidValue(`annotations.${CLASS_ANNOTATION}`, annotation, 'must match `ingressClassName` when both are specified'));
    return errors;
  },
  validateUpdate: (next, old) => (next.spec === old.spec ? [] : validateSpec(next.spec ?? {})),
  validateStatusUpdate(next) {
    const errors: FieldError[] = [];
    (next.status?.loadBalancer?.ingress ?? []).forEach(({ ip, hostname }, i) => {
      const at = `status.loadBalancer.ingress[${i}]`;
      if (ip) validateLegacyIP(ip, `${at}.ip`, errors);
      if (!hostname) return;
      for (const text of dns1123Subdomain(hostname)) errors.push(invalidValue(`${at}.hostname`, hostname, text));
      if (isIPv4(hostname) || isIPv6(hostname)) errors.push(invalidValue(`${at}.hostname`, hostname, NOT_A_NAME));
    });
    return errors;
  },
};
