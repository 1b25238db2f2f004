/** Variables of containers and where they come from. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateEnv, ValidateEnvFrom). */

import type { Container, FieldError } from '#api';
import { validateFieldRef, validateResourceRef } from './downward-fields.ts';
import { has, invalidValue, required } from './field-error.ts';
import { validateName } from './lists.ts';
import { configMapKey, dns1123Subdomain, envVarName } from './names.ts';

type Variable = NonNullable<Container['env']>[number];
type Source = NonNullable<Container['envFrom']>[number];

const FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function validateKey(ref: { readonly name?: string; readonly key?: string }, field: string, errors: FieldError[]): void {
  validateName(ref.name, dns1123Subdomain, `${field}.name`, errors);
  if (!ref.key) errors.push(required(`${field}.key`));
  else validateName(ref.key, configMapKey, `${field}.key`, errors);
}

function validateValueFrom({ value, valueFrom }: Variable, field: string, errors: FieldError[]): void {
  if (!has(valueFrom)) return;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (has(fieldRef)) validateFieldRef(fieldRef, FIELDS, `${field}.fieldRef`, errors);
  if (has(resourceFieldRef)) validateResourceRef(resourceFieldRef, false, `${field}.resourceFieldRef`, errors);
  if (has(configMapKeyRef)) validateKey(configMapKeyRef, `${field}.configMapKeyRef`, errors);
  if (has(secretKeyRef)) validateKey(secretKeyRef, `${field}.secretKeyRef`, errors);
  const given = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef].filter(has).length;
  if (given === 0)
    errors.push(invalidValue(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  else if (value) errors.push(invalidValue(field, '', 'may not be specified when `value` is not empty'));
  else if (given > 1) errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
}

export function validateVariables(variables: readonly Variable[] | undefined, field: string, errors: FieldError[]): void {
  (variables ?? []).forEach((variable, i) => {
    const at = `${field}[${i}]`;
    if (!variable.name) errors.push(required(`${at}.name`));
    else validateName(variable.name, envVarName, `${at}.name`, errors);
    validateValueFrom(variable, `${at}.valueFrom`, errors);
  });
}

/** ValidateEnvFrom. */
export function validateVariableSources(sources: readonly Source[] | undefined, field: string, errors: FieldError[]): void {
  (sources ?? []).forEach((source, i) => {
    const at = `${field}[${i}]`;
    if (source.prefix) validateName(source.prefix, envVarName, `${at}.prefix`, errors);
    let given = 0;
    for (const kind of ['configMapRef', 'secretRef'] as const) {
      const ref = source[kind];
      if (!has(ref)) continue;
      given++;
      if (!ref.name) errors.push(required(`${at}.${kind}.name`));
      // As the prefix of a name: it may end with a hyphen.
      else
        for (const text of dns1123Subdomain(ref.name.endsWith('-') ? `${ref.name.slice(0, -1)}a` : ref.name))
          errors.push(invalidValue(`${at}.${kind}.name`, ref.name, text));
    }
    if (given === 0) errors.push(invalidValue(field, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (given > 1) errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  });
}
