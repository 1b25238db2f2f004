/** From a client's body to an object ready to be stored. Mirrors apiserver v1.34 pkg/registry/rest/create.go (BeforeCreate) and the create handler. */

import { type KubeObject, rfc3339, type StatusObject } from '#api';
import type { Context } from '#sim';
import { isStatus } from '../cache/filter.ts';
import type { Core, Operation } from '../core.ts';
import { unknownFailure } from '../failures.ts';
import { drawName, drawUid } from '../identity.ts';
import { freshMeta } from '../object-meta.ts';
import { prepareForCreate, shaped } from '../registry/generic.ts';
import { NO_ERRORS } from '../validation/field-error.ts';
import { dns1123Subdomain } from '../validation/names.ts';
import { validateKubeFinalizers, validateMeta } from '../validation/object-meta.ts';
import { decodeBody, refused, undecodable } from './decode.ts';

/** The stored form of `body`, or why not: 400, 403, 422. Sets the operation's key. */
export function newObject(core: Core, operation: Operation, body: unknown, ctx: Context): KubeObject | StatusObject {
  try {
    return made(core, operation, body, ctx);
  } catch (error) {
    return undecodable(operation, error);
  }
}

/** As mutating webhooks are to see the body. */
export function firstForm(core: Core, operation: Operation, body: unknown): KubeObject | StatusObject {
  try {
    const { info } = operation.resource;
    const object = admittedBody(core, operation, body);
    if (isStatus(object)) return object;
    const namespace = info.namespaced ? { namespace: operation.request.namespace } : {};
    return { apiVersion: info.apiVersion, kind: info.kind, ...object, metadata: { ...object.metadata, ...namespace } };
  } catch (error) {
    return undecodable(operation, error);
  }
}

/** The body with defaults and with what the mutating plugins make of it. */
export function admittedBody(core: Core, operation: Operation, body: unknown): KubeObject | StatusObject {
  const { descriptor } = operation.resource;
  const decoded = decodeBody(operation, body);
  if (isStatus(decoded)) return decoded;
  if (decoded.metadata?.resourceVersion) return unknownFailure('resourceVersion should not be set on objects to be created');
  const asked = descriptor.forUser === undefined ? decoded : descriptor.forUser(decoded, core.path.userOf(operation.request));
  return core.admission.create(operation, descriptor.defaults === undefined ? asked : descriptor.defaults(asked));
}

const namespaceLabels = (core: Core, namespace: string | undefined) =>
  core.resource('namespaces')?.cache.get(`/registry/namespaces/${namespace}`)?.metadata?.labels;

function made(core: Core, operation: Operation, body: unknown, ctx: Context): KubeObject | StatusObject {
  const { request, resource } = operation;
  const { descriptor, info } = resource;
  const admitted = admittedBody(core, operation, body);
  if (isStatus(admitted)) return admitted;

  const metadata = freshMeta(admitted.metadata);
  const time = rfc3339(ctx.clock());
  metadata.namespace = info.namespaced ? request.namespace : undefined;
  metadata.creationTimestamp = time;
  metadata.deletionTimestamp = undefined;
  metadata.deletionGracePeriodSeconds = undefined;
  if (metadata.name === '' && metadata.generateName)
    metadata.name = drawName(ctx.chance, metadata.generateName, request.user, request.id, operation.attempts);
  metadata.uid = drawUid(ctx.chance, request.user, request.id, ctx.now, metadata.name);
  let object = shaped(descriptor, resource.view?.stored ?? info, admitted, metadata);
  if (descriptor.begin !== undefined) {
    const begun = descriptor.begin(object, undefined, request.options?.dryRun === true);
    if (begun.refused !== undefined) return begun.refused;
    object = begun.object as typeof object;
  }
  const prepared = prepareForCreate(descriptor, object, time);

  let errors = validateMeta(metadata, descriptor.nameRule ?? dns1123Subdomain, info.namespaced);
  if (metadata.finalizers !== undefined && !descriptor.openShape && !descriptor.hasPlainFinalizers)
    errors = [...errors, ...validateKubeFinalizers(metadata.finalizers, 'metadata.finalizers')];
  let own = descriptor.validate?.(prepared) ?? NO_ERRORS;
  if (own.length > 0 && descriptor.validatesMetaLast) errors = NO_ERRORS;
  if (descriptor.validateInNamespace !== undefined)
    own = [...descriptor.validateInNamespace(prepared, () => namespaceLabels(core, request.namespace)), ...own];
  if (errors.length > 0 || own.length > 0) return refused(operation, metadata.name, [...errors, ...own]);
  operation.key = info.namespaced ? `${resource.prefix}${request.namespace}/${metadata.name}` : resource.prefix + metadata.name;
  return prepared;
}
