/** Answers that are given before any API server is asked, as Kubernetes' Status objects. Mirrors apiserver v1.34 pkg/endpoints/handlers/negotiation/errors.go
 *  and apimachinery pkg/api/errors. */

import type { StatusObject } from '#api';

/** Thrown anywhere in the handling of one request; the client gets the status. */
export class HttpFailure extends Error {
  readonly status: StatusObject;
  constructor(status: StatusObject) {
    super(status.message);
    this.status = status;
  }
}

const status = (code: number, reason: string, message: string, details?: StatusObject['details']): StatusObject => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message,
  reason,
  ...(details === undefined ? {} : { details }),
  code,
});

const JSON_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

export const unknownPath = (): StatusObject => status(404, 'NotFound', 'the server could not find the requested resource', {});
export const wrongMethod = (): StatusObject =>
  status(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
export const bodyTooLarge = (limit: number): StatusObject =>
  status(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
export const wrongMediaType = (accepted: readonly string[] = JSON_TYPES): StatusObject =>
  status(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
export const notAcceptable = (accepted: readonly string[] = JSON_TYPES): StatusObject =>
  status(406, 'NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`);
export const malformed = (message: string): StatusObject => status(400, 'BadRequest', message);
export const forbiddenOrigin = (message: string): StatusObject => status(403, 'Forbidden', message);
export const unauthorized = (): StatusObject => status(401, 'Unauthorized', 'Unauthorized');
export const notNow = (message: string): StatusObject => status(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 });
