/** Secrets. Mirrors Kubernetes v1.34 pkg/registry/core/secret and ValidateSecret. */

import { base64Length, deepEqual, encodeBase64, type FieldError, type Secret } from '#api';
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

function bytesIn(value: unknown): number {
  const length = base64Length(String(value));
  return 'bytes' in length ? length.bytes : 0;
}

function validate(secret: Secret): FieldErrors {
  const errors: FieldError[] = [];
  if (validateData(secret.data, 'data', errors, bytesIn) > DATA_BYTES_MAX) errors.push(tooLong('data', DATA_BYTES_MAX));
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

const withType = (secret: Secret): Secret => (secret.type ? secret : { ...secret, type: 'Opaque' });

/** stringData is write-only: whenever it is sent, it becomes data. */
function written(secret: Secret): Secret {
  if (secret.stringData === undefined) return secret;
  const { stringData, ...rest } = secret;
  const bytes = Object.fromEntries(Object.entries(stringData ?? {}).map(([key, text]) => [key, encodeBase64(text as string)]));
  return { ...rest, data: { ...secret.data, ...bytes } };
}

export const secrets: ResourceDescriptor<Secret> = {
  resource: 'secrets',
  fields: { type: (secret) => secret.type ?? '' },
  defaults: (secret) => withType(written(secret)),
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
