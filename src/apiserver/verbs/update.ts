/** PUT of an object, its /status, /scale or /finalize. */

import { type KubeObject, type Namespace, notFound } from '#api';
import { isStatus } from '../cache/filter.ts';
import type { Change } from '../guaranteed-update.ts';
import { fromScale, toScale } from '../subresources/scale.ts';
import { checkName, decodeBody } from './decode.ts';
import { newObject } from './new-object.ts';
import { updatedObject } from './updated-object.ts';

export const update: Change = {
  transform(core, operation, current, ctx) {
    const { request, resource } = operation;
    if (request.subresource === 'scale') {
      if (current === undefined) return notFound(resource.info.resource, request.name ?? '');
      const scaled = fromScale(operation, request.body, current);
      return isStatus(scaled) ? scaled : updatedObject(operation, scaled, current, ctx);
    }
    const sent = decodeBody(operation, request.body);
    if (isStatus(sent)) return sent;
    const misnamed = checkName(sent, request.name ?? '');
    if (misnamed !== undefined) return misnamed;
    if (current === undefined) {
      if (!resource.descriptor.allowsCreateOnUpdate || request.subresource) return notFound(resource.info.resource, request.name ?? '');
      operation.isNew = true;
      const metadata = { ...sent.metadata, resourceVersion: undefined, uid: undefined };
      return newObject(core, operation, { ...sent, metadata }, ctx);
    }
    operation.isNew = false;
    if (request.subresource === 'finalize')
      return finalized(sent as Namespace, current as Namespace, (object) => updatedObject(operation, object, current, ctx));
    const admitted = request.subresource ? sent : core.admission.update(operation, sent);
    return isStatus(admitted) ? admitted : updatedObject(operation, admitted, current, ctx);
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

/** /finalize changes a namespace's spec.finalizers and nothing else. */
function finalized<R>(sent: Namespace, current: Namespace, update: (object: KubeObject) => R): R {
  const wanted = {
    ...current,
    metadata: { ...current.metadata, resourceVersion: sent.metadata?.resourceVersion },
    spec: { ...current.spec, finalizers: sent.spec?.finalizers ?? [] },
  };
  return update(wanted);
}
