/** metav1.Status as every failure answers, with upstream's reasons and texts. Mirrors apimachinery v1.34 pkg/api/errors/errors.go. */

import type { Resource } from './objects.ts';
import type { StatusObject } from './protocol.ts';

type Details = NonNullable<StatusObject['details']>;

/** A field error (field.Error): its text is `<field>: <what>`. */
export interface FieldError {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'InternalError'
    | 'FieldValueNotFound';
  readonly field: string;
  /** Without the field's name: 'Required value: must be specified'. */
  readonly message: string;
}

function failure(code: number, reason: string, message: string, details?: Details): StatusObject {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, ...(details === undefined ? {} : { details }), code };
}

/** What of `resource` names the kind in texts: 'pods', 'deployments.apps'. */
const detailsOf = (resource: Resource, name?: string): Details => {
  const dot = resource.indexOf('.');
  return {
    ...(name === undefined ? {} : { name }),
    ...(dot < 0 ? {} : { group: resource.slice(dot + 1) }),
    kind: dot < 0 ? resource : resource.slice(0, dot),
  };
};

export const notFound = (resource: Resource, name: string): StatusObject =>
  failure(404, 'NotFound', `${resource} "${name}" not found`, detailsOf(resource, name));

export const alreadyExists = (resource: Resource, name: string): StatusObject =>
  failure(409, 'AlreadyExists', `${resource} "${name}" already exists`, detailsOf(resource, name));

export const conflict = (resource: Resource, name: string, why = OPTIMISTIC_LOCK): StatusObject =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${resource} "${name}": ${why}`, detailsOf(resource, name));

/** registry.OptimisticLockErrorMsg. */
export const OPTIMISTIC_LOCK = 'the object has been modified; please apply your changes to the latest version and try again';

export const forbidden = (resource: Resource, name: string, why: string): StatusObject =>
  failure(
    403,
    'Forbidden',
    name === '' ? `${resource} is forbidden: ${why}` : `${resource} "${name}" is forbidden: ${why}`,
    detailsOf(resource, name),
  );

/** 422: `Pod "x" is invalid: spec.containers[0].name: Required value`, or `[a, b]` when there are several. */
export function invalid(kind: string, group: string, name: string, errors: readonly FieldError[]): StatusObject {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const message = `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`;
  return failure(422, 'Invalid', message, {
    name,
    ...(group === '' ? {} : { group }),
    kind,
    causes: errors.map(({ reason, field, message: text }) => ({ reason, message: text, field })),
  });
}

export const badRequest = (message: string): StatusObject => failure(400, 'BadRequest', message);

/** 410 for a watch or list below the compacted or cached history. */
export const gone = (message: string): StatusObject => failure(410, 'Expired', message);

export const methodNotAllowed = (resource: Resource, verb: string): StatusObject =>
  failure(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${resource}"`, detailsOf(resource));

export const unsupportedMediaType = (message: string): StatusObject => failure(415, 'UnsupportedMediaType', message);

export const tooManyRequests = (message: string, retryAfterSeconds: number): StatusObject =>
  failure(429, 'TooManyRequests', message, { retryAfterSeconds });

export const tooLarge = (message: string): StatusObject => failure(413, 'RequestEntityTooLarge', message);

export const internalError = (message: string): StatusObject =>
  failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

export const unavailable = (message: string, retryAfterSeconds = 1): StatusObject =>
  failure(503, 'ServiceUnavailable', message, { retryAfterSeconds });

export const timeout = (message: string): StatusObject => failure(504, 'Timeout', `Timeout: ${message}`);

/** A resourceVersion ahead of what the server has seen (storage/errors.go, NewTooLargeResourceVersionError). */
export const tooLargeResourceVersion = (asked: number, current: number): StatusObject => ({
  ...failure(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`),
  details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 },
});
