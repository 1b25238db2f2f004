/** The patches a client may send: JSON, JSON merge, strategic merge. */
export { applyJsonPatch, JSON_PATCH_OPERATIONS_MAX } from './json-patch.ts';
export { mergePatch } from './merge-patch.ts';
export { PatchError } from './patch-error.ts';
export { strategicMergePatch } from './strategic-merge-patch.ts';
export { type FieldSchema, type ObjectSchema, strategicSchema } from './strategic-schema.ts';
export { deepEqual, shareWith } from './structural-sharing.ts';
