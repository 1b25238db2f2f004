/** The devices that a pod claims: named claims, or templates to make claims from. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go
 *  (validatePodResourceClaims, validateContainerResourceName of claims). */

import type { FieldError, PodSpec } from '#api';
import { duplicate, invalidValue, required } from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';

export function validatePodResourceClaims(spec: PodSpec, field: string, errors: FieldError[]): void {
  const names = new Set<string>();
  (spec.resourceClaims ?? []).forEach((claim, i) => {
    const at = `${field}[${i}]`;
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    // As Go writes the internal type.
    const told = {
      Name: name ?? '',
      ResourceClaimName: resourceClaimName ?? null,
      ResourceClaimTemplateName: resourceClaimTemplateName ?? null,
    };
    if (!name) errors.push(required(`${at}.name`));
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    else validateName(name, dns1123Label, `${at}.name`, errors);
    names.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined)
      errors.push(invalidValue(at, told, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      errors.push(invalidValue(at, told, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (resourceClaimName !== undefined) validateName(resourceClaimName, dns1123Subdomain, `${at}.resourceClaimName`, errors);
    if (resourceClaimTemplateName !== undefined)
      validateName(resourceClaimTemplateName, dns1123Subdomain, `${at}.resourceClaimTemplateName`, errors);
  });
}
