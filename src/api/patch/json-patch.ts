/** JSON patch (RFC 6902), by fast-json-patch. Its texts are turned into those of evanphx/json-patch where Kubernetes' clients see them. */

import jsonPatch from 'fast-json-patch';
import { PatchError } from './patch-error.ts';
import { shareWith } from './structural-sharing.ts';

/** More operations than this are refused (apiserver's --max-json-patch-operations, fixed upstream). */
export const JSON_PATCH_OPERATIONS_MAX = 10_000;

type Operation = jsonPatch.Operation;

/** The patched document. Throws PatchError: 400 for a document that is no patch, 422 for one that cannot be applied. */
export function applyJsonPatch(original: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch))
    throw new PatchError(400, 'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  if (patch.length > JSON_PATCH_OPERATIONS_MAX)
    throw new PatchError(413, `The allowed maximum operations in a JSON patch is ${JSON_PATCH_OPERATIONS_MAX}, got ${patch.length}`);
  try {
    const { newDocument } = jsonPatch.applyPatch(original, patch as Operation[], true, false);
    return shareWith(newDocument, original);
  } catch (error) {
    throw new PatchError(422, jsonPatchText(error));
  }
}

function jsonPatchText(error: unknown): string {
  if (!(error instanceof jsonPatch.JsonPatchError)) return 'the server rejected our request due to an error in our request';
  const operation = error.operation as { op?: string; path?: string } | undefined;
  if (error.name === 'TEST_OPERATION_FAILED') return `testing value ${operation?.path ?? ''} failed: test failed`;
  if (error.name === 'OPERATION_PATH_UNRESOLVABLE') {
    return operation?.op === 'remove'
      ? `remove operation does not apply: doc is missing key: ${operation.path}: missing value`
      : `${operation?.op} operation does not apply: doc is missing path: "${operation?.path}": missing value`;
  }
  if (error.name === 'OPERATION_OP_INVALID') return `Unexpected kind: ${operation?.op}`;
  return 'the server rejected our request due to an error in our request';
}
