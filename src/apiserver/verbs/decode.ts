/** What a body must be before anything else looks at it. Mirrors apiserver v1.34 pkg/endpoints/handlers (decoding, name and namespace checks). */

import { badRequest, type FieldError, invalid, type KubeObject, QUANTITY_ERROR, type StatusObject } from '#api';
import type { Operation } from '../core.ts';
import { mayHoldNulls, withoutNulls } from './decoded-nulls.ts';
import { mistypedMeta, mistypedObject } from './decoded-types.ts';

/** The body as an object of the request's kind, or 400. */
export function decodeBody({ request, resource }: Operation, body: unknown): KubeObject | StatusObject {
  const { info, descriptor } = resource;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return badRequest(`couldn't get version/kind; json parse error: the body of a ${info.kind} must be an object`);
  const given = body as KubeObject;
  const object = mayHoldNulls(request) ? withoutNulls(given, info.kind, descriptor.openShape === true) : given;
  if (object.kind !== undefined && object.kind !== info.kind) {
    return badRequest(
      `${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: expected ${info.apiVersion}, Kind=${info.kind}, got ${object.apiVersion ?? ''}, Kind=${object.kind}`,
    );
  }
  if (object.apiVersion !== undefined && object.apiVersion !== info.apiVersion) {
    return badRequest(`the API version in the data (${object.apiVersion}) does not match the expected API version (${info.apiVersion})`);
  }
  const wrong = descriptor.openShape ? mistypedMeta(object.metadata, info.kind) : mistypedObject(object, info);
  if (wrong !== undefined) return badRequest(`${info.kind} in version "${info.version}" cannot be handled as a ${info.kind}: ${wrong}`);
  if (info.namespaced && object.metadata?.namespace && object.metadata.namespace !== request.namespace) {
    return badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  return resource.view === undefined ? object : resource.view.absorb(object);
}

/** For PUT: the body's name is the URL's. */
export function checkName(object: KubeObject, name: string): StatusObject | undefined {
  const own = object.metadata?.name;
  if (own === name) return undefined;
  if (!own) return badRequest('name must be provided');
  return badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}

/** Why an object is not taken: 400 when it could not have been decoded (quantities are read by upstream's decoder), 422 for all else. */
export function refused({ resource }: Operation, name: string, errors: readonly FieldError[]): StatusObject {
  const { kind, group, version } = resource.info;
  const isMalformed = errors.some(({ message }) => message.endsWith(QUANTITY_ERROR));
  return isMalformed
    ? badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${QUANTITY_ERROR}`)
    : invalid(kind, group, name, errors);
}

/** A body whose parts have the wrong types (a string where a list belongs) fails wherever it is first read: upstream's decoder says 400 there. */
export function undecodable({ resource }: Operation, error: unknown): StatusObject {
  if (!(error instanceof TypeError)) throw error;
  const { kind, version } = resource.info;
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal a value into a field of another type`,
  );
}
