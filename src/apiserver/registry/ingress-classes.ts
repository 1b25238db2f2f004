/** IngressClasses. Mirrors Kubernetes v1.34 pkg/registry/networking/ingressclass and pkg/apis/networking (v1/defaults.go, validation). */

import type { FieldError, IngressClass } from '#api';
import { type FieldErrors, forbiddenField, immutable, invalidValue, notSupported, required, tooLong } from '../validation/field-error.ts';
import { dns1123Label, dns1123Subdomain, pathSegment } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const CONTROLLER_MAX = 250;
const SCOPES = ['Cluster', 'Namespace'];
const HTTP_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** A typed reference inside the namespace (validateIngressTypedLocalObjectReference). */
export function validateReference(
  { apiGroup, kind, name }: { readonly apiGroup?: string; readonly kind?: string; readonly name?: string },
  at: string,
  errors: FieldError[],
): void {
  for (const text of apiGroup === undefined ? [] : dns1123Subdomain(apiGroup)) errors.push(invalidValue(`${at}.apiGroup`, apiGroup, text));
  if (!kind) errors.push(required(`${at}.kind`));
  else for (const text of pathSegment(kind)) errors.push(invalidValue(`${at}.kind`, kind, text));
  if (!name) errors.push(required(`${at}.name`));
  else for (const text of pathSegment(name)) errors.push(invalidValue(`${at}.name`, name, text));
}

/** IsDomainPrefixedPath. */
function checkController(controller: string, errors: FieldError[]): void {
  const at = 'spec.controller';
  if (controller.length > CONTROLLER_MAX) errors.push(tooLong(at, CONTROLLER_MAX));
  if (controller === '') {
    errors.push(required(at));
    return;
  }
  const slash = controller.indexOf('/');
  const [host, path] = slash < 0 ? ['', ''] : [controller.slice(0, slash), controller.slice(slash + 1)];
  if (host === '' || path === '') {
    errors.push(invalidValue(at, controller, 'must be a domain-prefixed path (such as "acme.io/foo")'));
    return;
  }
  for (const text of dns1123Subdomain(host)) errors.push(invalidValue(at, host, text));
  if (!HTTP_PATH.test(path))
    errors.push(invalidValue(at, path, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"));
}

function validate({ spec }: IngressClass): FieldErrors {
  const errors: FieldError[] = [];
  checkController(spec?.controller ?? '', errors);
  const parameters = spec?.parameters;
  if (parameters === undefined) return errors;
  const at = 'spec.parameters';
  validateReference(parameters, at, errors);
  const { scope, namespace } = parameters;
  if (!scope) errors.push(required(`${at}.scope`));
  else if (!SCOPES.includes(scope)) errors.push(notSupported(`${at}.scope`, scope, SCOPES));
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'"));
    else for (const text of dns1123Label(namespace)) errors.push(invalidValue(`${at}.namespace`, namespace, text));
  } else if (namespace !== undefined) errors.push(forbiddenField(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

export const ingressClasses: ResourceDescriptor<IngressClass> = {
  resource: 'ingressclasses.networking.k8s.io',
  hasGeneration: true,
  defaults(object) {
    const parameters = object.spec?.parameters;
    if (parameters === undefined || parameters.scope !== undefined) return object;
    return { ...object, spec: { ...object.spec, parameters: { ...parameters, scope: 'Cluster' } } };
  },
  validate,
  validateUpdate(next, old) {
    const errors = [...validate(next)];
    if (next.spec?.controller !== old.spec?.controller) errors.push(immutable('spec.controller', next.spec?.controller));
    return errors;
  },
};
