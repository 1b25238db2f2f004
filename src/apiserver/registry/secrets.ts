/** Secrets. Mirrors Kubernetes v1.34 pkg/registry/core/secret and ValidateSecret. */

import { deepEqual, type FieldError, type Secret } from '#api';
import { type FieldErrors, forbiddenField, immutable, required, tooLong } from '../validation/field-error.ts';
import { DATA_BYTES_MAX, validateData } from './config-maps.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
/** What secrets of a known type must hold (ValidateSecret). */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function validate(secret: Secret): FieldErrors {
  const errors: FieldError[] = [];
  if (validateData(secret.data, 'data', errors) > DATA_BYTES_MAX) errors.push(tooLong('data', DATA_BYTES_MAX));
  const needed = NEEDED[secret.type ?? ''];
  needed?.forEach((key) => {
    if (secret.data?.[key] === undefined) errors.push(required(`data[${key}]`));
  });
  if (secret.type === 'kubernetes.io/service-account-token' && !secret.metadata?.annotations?.[ACCOUNT_NAME])
    errors.push(required(`metadata.annotations[${ACCOUNT_NAME}]`));
  // One of the two is enough.
  if (secret.type === 'kubernetes.io/basic-auth' && secret.data?.['username'] === undefined && secret.data?.['password'] === undefined)
    errors.push(required('data[username]'), required('data[password]'));
  return errors;
}

export const secrets: ResourceDescriptor<Secret> = {
  resource: 'secrets',
  fields: { type: (secret) => secret.type ?? '' },
  defaults: (secret) => (secret.type ? secret : { ...secret, type: 'Opaque' }),
  prepareForCreate: (secret) => {
    if (secret.stringData === undefined) return secret;
    // stringData is write-only; the simulated cluster keeps text as it is instead of base64 (docs/fidelity.md).
    const { stringData, ...rest } = secret;
    return { ...rest, data: { ...secret.data, ...stringData } };
  },
  validate,
  validateUpdate(next, old) {
    const errors: FieldError[] = [...validate(next)];
    if (next.type !== old.type) errors.push(immutable('type', next.type));
    if (old.immutable !== true) return errors;
    if (next.immutable !== true) errors.push(forbiddenField('immutable', 'field is immutable when `immutable` is set'));
    if (!deepEqual(next.data, old.data)) errors.push(forbiddenField('data', 'field is immutable when `immutable` is set'));
    return errors;
  },
};
