/** Who owns which fields of an object: metadata.managedFields. An object gets it with its first apply: what was there before then belongs to
 *  'before-first-apply', as upstream has it for objects older than the feature; so that a cluster nobody applies to carries none of it.
 *  Mirrors apimachinery v1.34 pkg/util/managedfields/internal. */

import type { KubeObject, ObjectMeta, ObjectSchema } from '#api';
import { common, type FieldTree, isEmpty, sameTree, union, without } from './field-tree.ts';
import { changedFields, fieldsOf, ownable } from './fields.ts';
import { rootSchema } from './schema.ts';

export type ManagedFields = NonNullable<ObjectMeta['managedFields']>;

export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string | undefined;
  readonly fields: FieldTree;
}

export const BEFORE_FIRST_APPLY = 'before-first-apply';

export const isSameManager = (a: Manager, b: Pick<Manager, 'manager' | 'operation' | 'subresource'>): boolean =>
  a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;

export function readManagers(object: KubeObject): Manager[] {
  return (object.metadata?.managedFields ?? []).map((entry) => ({
    manager: entry.manager ?? '',
    operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion: entry.apiVersion ?? '',
    subresource: entry.subresource || undefined,
    time: entry.time as string | undefined,
    fields: (entry.fieldsV1 ?? {}) as FieldTree,
  }));
}

/** Appliers first, then by time and name (sortEncodedManagedFields). Those who own nothing are left out. */
export function writeManagers(managers: readonly Manager[]): ManagedFields {
  const rank = (one: Manager): string => `${one.operation === 'Apply' ? 0 : 1} ${one.time ?? ''} ${one.manager}`;
  return managers
    .filter(({ fields }) => !isEmpty(fields))
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
    .map(({ manager, operation, apiVersion, time, fields, subresource }) => ({
      manager,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: fields as object,
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

/** Owners after someone changed `old` into `next` by other means than apply. */
export function afterUpdate(
  old: KubeObject,
  next: KubeObject,
  who: Pick<Manager, 'manager' | 'subresource' | 'apiVersion'>,
  time: string,
  own?: ObjectSchema,
): ManagedFields | undefined {
  const schema = rootSchema(old.kind ?? '', own);
  const [before, after] = [ownable(old), ownable(next)];
  const changed = changedFields(before, after, schema);
  if (isEmpty(changed)) return old.metadata?.managedFields;
  const self = { ...who, operation: 'Update' as const };
  const managers = readManagers(old);
  const mine = managers.find((one) => isSameManager(one, self));
  const written = common(changed, fieldsOf(after, schema));
  const others = managers.filter((one) => one !== mine).map((one) => ({ ...one, fields: without(one.fields, changed) }));
  return writeManagers([...others, { ...self, time, fields: union(without(mine?.fields ?? {}, changed), written) }]);
}

export const ownsTheSame = (a: readonly Manager[], b: readonly Manager[]): boolean =>
  a.length === b.length && a.every((one) => b.some((other) => isSameManager(one, other) && sameTree(one.fields, other.fields)));
