/** PATCH: the four kinds. The patch is applied anew to whatever the object has become, so that only a resourceVersion in it can conflict.
 *  Mirrors apiserver v1.34 pkg/endpoints/handlers/patch.go. */

import {
  applyJsonPatch,
  badRequest,
  invalid,
  type KubeObject,
  mergePatch,
  notFound,
  PatchError,
  rfc3339,
  type StatusObject,
  strategicMergePatch,
  strategicSchema,
  tooLarge,
  unsupportedMediaType,
} from '#api';
import { applied, ownersOfNew, refusedIntent } from '../apply/apply.ts';
import { isStatus } from '../cache/filter.ts';
import type { Operation } from '../core.ts';
import { unknownFailure } from '../failures.ts';
import type { Change } from '../guaranteed-update.ts';
import { fromScale, toScale } from '../subresources/scale.ts';
import { invalidValue, required } from '../validation/field-error.ts';
import { decodeBody } from './decode.ts';
import { hasNull, mayHoldNulls, withoutNulls } from './decoded-nulls.ts';
import { goText, jsonType, mistypedMeta, mistypedObject } from './decoded-types.ts';
import { newObject } from './new-object.ts';
import { updatedObject } from './updated-object.ts';

const SCALE = { resource: 'scale', version: 'v1', kind: 'Scale' };
type Members = Readonly<Record<string, unknown>>;

/** Lists of custom resources have no merge keys. */
const NOT_STRATEGIC =
  'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml';

function patched(operation: Operation, original: unknown): unknown {
  const { patchType, body } = operation.request;
  switch (patchType) {
    case 'json':
      return applyJsonPatch(original, body);
    case 'merge':
      return mergePatch(original, asMap(body));
    default:
      if (operation.resource.descriptor.openShape && operation.request.subresource !== 'scale') throw new PatchError(415, NOT_STRATEGIC);
      return strategicMergePatch(
        original as Members,
        asMap(body),
        strategicSchema(operation.request.subresource === 'scale' ? 'Scale' : operation.resource.info.kind),
      );
  }
}

function asMap(body: unknown): Members {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Members;
  throw new PatchError(400, 'error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
}

function refusal(operation: Operation, error: PatchError, current: KubeObject): StatusObject {
  if (error.code === 400) return badRequest(error.message);
  if (error.code === 413) return tooLarge(error.message);
  if (error.code === 500) return unknownFailure(error.message);
  if (error.code === 415) return unsupportedMediaType(error.message);
  const { kind, group } = operation.resource.info;
  return { ...invalid(kind, group, current.metadata?.name ?? '', []), message: error.message, reason: 'Invalid' };
}

/** What an apply must be before it is looked at. */
function refusedApply(operation: Operation): StatusObject | undefined {
  const { request } = operation;
  const decoded = decodeBody(operation, request.body);
  if (isStatus(decoded)) return decoded;
  if (!request.options?.fieldManager)
    return invalid('PatchOptions', 'meta.k8s.io', '', [required('fieldManager', 'is required for apply patch')]);
  if (decoded.metadata?.managedFields !== undefined) return badRequest('metadata.managedFields must be nil');
  const own = decoded.metadata?.name;
  if (own !== undefined && own !== request.name) return badRequest(`name in URL does not match name in body: ${own}`);
  return request.subresource === 'scale' ? undefined : refusedIntent(operation, decoded);
}

/** A patch whose result could not be decoded: 422, with the patch as its value. */
function refusedResult({ request, resource }: Operation, result: unknown, current: KubeObject): StatusObject | undefined {
  const { descriptor, info } = resource;
  const object = result as KubeObject;
  if (object === current) return undefined;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return notAnObject(request.body, jsonType(result));
  const wrong = descriptor.openShape
    ? mistypedMeta(object.metadata, info.kind)
    : mistypedObject(object, request.subresource === 'scale' ? SCALE : info);
  if (wrong === undefined) return undefined;
  const shown = request.patchType === 'strategic' ? goText(request.body) : JSON.stringify(request.body);
  return invalid('', '', '', [invalidValue('patch', shown, wrong)]);
}

const notAnObject = (body: unknown, type: string): StatusObject =>
  invalid('', '', '', [
    invalidValue('patch', JSON.stringify(body), `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`),
  ]);

export const patch: Change = {
  transform(core, operation, current, ctx) {
    const { request, resource } = operation;
    const { view, info, descriptor } = resource;
    const read = (object: KubeObject): KubeObject => withoutNulls(object, info.kind, descriptor.openShape === true);
    const stored = (object: KubeObject): KubeObject => (view === undefined ? object : view.absorb(object));
    if (request.patchType === 'apply') {
      const refused = refusedApply(operation);
      if (refused !== undefined) return refused;
    }
    if (current === undefined) {
      if (request.patchType !== 'apply' || request.subresource) return notFound(resource.info.resource, request.name ?? '');
      operation.isNew = true;
      const body = read(request.body as KubeObject);
      const managedFields = ownersOfNew(operation, stored(body), rfc3339(ctx.clock()));
      return newObject(core, operation, { ...body, metadata: { ...body.metadata, name: request.name, managedFields } }, ctx);
    }
    if (request.patchType === 'apply' && request.subresource !== 'scale') {
      const result = applied(operation, current, stored(read(request.body as KubeObject)), rfc3339(ctx.clock()));
      return 'code' in result ? result : updatedObject(operation, result.object, current, ctx, result.managedFields);
    }
    operation.isNew = false;
    let result: unknown;
    try {
      result = patched(operation, request.subresource === 'scale' ? toScale(operation, current) : (view?.present(current) ?? current));
    } catch (error) {
      if (error instanceof PatchError) return refusal(operation, error, current);
      throw error;
    }
    // Nulls delete, but for those in lists and in what a JSON patch adds.
    if (result !== current && typeof result === 'object' && result !== null && mayHoldNulls(request) && hasNull(request.body))
      result = read(result as KubeObject);
    const mistyped = refusedResult(operation, result, current);
    if (mistyped !== undefined) return mistyped;
    if (request.subresource === 'scale') {
      const scaled = fromScale(operation, result, current);
      return isStatus(scaled) ? scaled : updatedObject(operation, scaled, current, ctx);
    }
    return updatedObject(operation, stored(result as KubeObject), current, ctx);
  },
  done(core, operation, object, _removed, ctx) {
    core.answer(
      operation,
      operation.isNew ? 201 : 200,
      operation.request.subresource === 'scale' ? toScale(operation, object) : object,
      ctx,
    );
  },
};
