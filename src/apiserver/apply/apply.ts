/** Server-side apply: lays a client's whole intent over the live object, takes away what the client no longer wants and nobody else does, and
 *  refuses to change what others own unless forced. Mirrors structured-merge-diff v6 merge/update.go (Updater.Apply) and apimachinery v1.34
 *  pkg/util/managedfields/internal/conflict.go for the texts. */

import { conflict, deepEqual, type KubeObject, type ObjectSchema, type StatusObject } from '#api';
import type { Operation } from '../core.ts';
import { unknownFailure } from '../failures.ts';
import { common, type FieldTree, isEmpty, pathsOf, sameTree, union, without, withParents } from './field-tree.ts';
import { changedFields, duplicateIn, fieldsOf, merged, ownable, removed } from './fields.ts';
import { BEFORE_FIRST_APPLY, isSameManager, type ManagedFields, type Manager, readManagers, writeManagers } from './managers.ts';
import { rootSchema } from './schema.ts';

export interface Applied {
  readonly object: KubeObject;
  readonly managedFields: ManagedFields | undefined;
}

interface Conflict {
  readonly manager: Manager;
  readonly path: string;
}

/** Who applied is told by name alone. */
const shownManager = ({ manager, operation, apiVersion, subresource, time }: Manager): string => {
  const name = `"${manager}"${subresource === undefined ? '' : ` with subresource "${subresource}"`}`;
  if (operation === 'Apply') return name;
  return time === undefined ? `${name} using ${apiVersion}` : `${name} using ${apiVersion} at ${time}`;
};

/** 409: who owns what. */
function conflictStatus(operation: Operation, conflicts: readonly Conflict[]): StatusObject {
  const owners = [...new Set(conflicts.map(({ manager }) => shownManager(manager)))].sort();
  const pathsFor = (owner: string): string[] => conflicts.filter(({ manager }) => shownManager(manager) === owner).map(({ path }) => path);
  const lines = owners.map((owner) => {
    const paths = pathsFor(owner);
    return conflicts.length === 1
      ? `conflict with ${owner}: ${paths[0]}`
      : `conflicts with ${owner}:\n${paths.map((path) => `- ${path}`).join('\n')}`;
  });
  const count = conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`;
  return {
    ...conflict(operation.resource.info.resource, operation.request.name ?? ''),
    message: `Apply failed with ${count}: ${lines.join('\n')}`,
    details: {
      causes: conflicts.map(({ manager, path }) => ({
        reason: 'FieldManagerConflict',
        message: `conflict with ${shownManager(manager)}`,
        field: path,
      })),
    },
  };
}

/** Owners of an object before its first apply. */
function ownersOf(live: KubeObject, schema: ObjectSchema): Manager[] {
  const known = readManagers(live);
  if (known.length > 0) return known;
  const fields = fieldsOf(ownable(live), schema);
  return [
    {
      manager: BEFORE_FIRST_APPLY,
      operation: 'Update',
      apiVersion: live.apiVersion ?? '',
      subresource: undefined,
      time: live.metadata?.creationTimestamp as string | undefined,
      fields,
    },
  ];
}

const schemaOf = ({ resource }: Operation): ObjectSchema => rootSchema(resource.info.kind, resource.descriptor.applySchema);

/** What a first apply creates. */
export function ownersOfNew(operation: Operation, config: KubeObject, time: string): ManagedFields {
  const fields = fieldsOf(ownable(config), schemaOf(operation));
  return writeManagers([{ ...identity(operation), time, fields }]);
}

/** An intent that names an element twice says nothing that could be applied. */
export function refusedIntent(operation: Operation, config: KubeObject): StatusObject | undefined {
  const duplicate = duplicateIn(ownable(config), schemaOf(operation));
  if (duplicate === undefined) return undefined;
  const { info } = operation.resource;
  const { namespace = '', name = '' } = operation.request;
  return unknownFailure(`failed to create typed patch object (${namespace}/${name}; ${info.apiVersion}, Kind=${info.kind}): ${duplicate}`);
}

const identity = ({ request, resource }: Operation): Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'> => ({
  manager: request.options?.fieldManager ?? '',
  operation: 'Apply',
  apiVersion: resource.info.apiVersion,
  subresource: request.subresource || undefined,
});

export function applied(operation: Operation, live: KubeObject, config: KubeObject, time: string): Applied | StatusObject {
  const schema = schemaOf(operation);
  const self = identity(operation);
  const managers = ownersOf(live, schema);
  const mine = managers.find((one) => isSameManager(one, self));
  let others = managers.filter((one) => one !== mine);
  const wanted = ownable(config);
  const wantedFields = fieldsOf(wanted, schema);
  const before = ownable(live);
  const laid = merged(before, wanted, schema);

  const touched = changedFields(before, laid, schema);
  const conflicts = others.flatMap((manager) => pathsOf(common(touched, manager.fields)).map((path) => ({ manager, path })));
  if (conflicts.length > 0 && !operation.request.options?.force) return conflictStatus(operation, conflicts);
  if (conflicts.length > 0) others = others.map((one) => ({ ...one, fields: without(one.fields, touched) }));

  // What was wanted before, is no more, and belongs to no one else, goes.
  const elsewhere = others.reduce<FieldTree>((all, { fields }) => union(all, fields), {});
  const dropped = without(withParents(mine?.fields ?? {}), withParents(union(wantedFields, elsewhere)));
  const result = isEmpty(dropped) ? laid : removed(laid, dropped, schema);
  const isOwnershipSame = mine !== undefined && sameTree(mine.fields, wantedFields) && conflicts.length === 0;
  // Who changes nothing but owners leaves no time.
  const isChanged = !deepEqual(before, result);
  const managedFields = isOwnershipSame
    ? live.metadata?.managedFields
    : writeManagers([...others, { ...self, time: isChanged ? time : mine?.time, fields: wantedFields }]);
  const object = {
    ...result,
    apiVersion: live.apiVersion,
    kind: live.kind,
    metadata: {
      ...live.metadata,
      ...withoutGone(live, result),
      resourceVersion: config.metadata?.resourceVersion,
      uid: config.metadata?.uid ?? live.metadata?.uid,
    },
  };
  return { object: object as KubeObject, managedFields };
}

/** labels, annotations and their kin as apply left them. */
function withoutGone(live: KubeObject, result: Readonly<Record<string, unknown>>): object {
  const metadata = (result.metadata ?? {}) as Record<string, unknown>;
  const names = ['labels', 'annotations', 'finalizers', 'ownerReferences'];
  return Object.fromEntries(
    names.filter((name) => name in metadata || name in (live.metadata ?? {})).map((name) => [name, metadata[name]]),
  );
}
