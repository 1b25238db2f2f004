/** Objects as Kubernetes' own program holds them: some messages quote them so, every field by its Go name, nothing left out. */

import { deepEqual, formatQuantity, parseQuantity, type QuantityText } from '#api';
import { type FieldErrors, has, immutable, NO_ERRORS } from './field-error.ts';
import { INTERNAL_TYPES } from './internal-types.ts';
import { unifiedDiff } from './unified-diff.ts';

interface Field {
  readonly name: string;
  readonly from: string;
  readonly isOmitted: boolean;
  readonly type: string;
}
type Members = Readonly<Record<string, unknown>>;

const parsed = new Map<string, readonly Field[]>();
function fieldsOf(type: string): readonly Field[] {
  let fields = parsed.get(type);
  if (fields === undefined) {
    fields = (INTERNAL_TYPES[type] ?? '').split(', ').map((text) => {
      const [path = '', kind = ''] = text.split(' ');
      const isOmitted = path.endsWith('?');
      const [name = '', from = (name[0] as string).toLowerCase() + name.slice(1)] = path.replace('?', '').split(':');
      return { name, from, isOmitted, type: kind };
    });
    parsed.set(type, fields);
  }
  return fields;
}

const EMPTY: Readonly<Record<string, unknown>> = { string: '', bool: false, int: 0, Quantity: '0', nil: null, map: null, amounts: null };

/** Kubernetes has a pod's namespaces of the host in its security context, and templates' metadata beside their spec. */
function arranged(type: string, value: Members): Members {
  if (type === 'PodSpec') {
    const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers, securityContext, serviceAccount, serviceAccountName } = value;
    const context = { ...(securityContext as object), hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers };
    return { ...value, securityContext: context, serviceAccountName: serviceAccountName || serviceAccount };
  }
  return typeof value['metadata'] === 'object' ? { ...value['metadata'], ...value } : value;
}

/** Sorted by name, as Go writes maps. */
export const sortedMembers = (map: Members): Members =>
  Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : Number(a > b))));

/** Quantities as Kubernetes writes them, whatever the client wrote. */
function amounts(map: Members): Members {
  const form = (value: unknown): unknown => {
    const quantity = parseQuantity(value as QuantityText);
    return quantity === undefined ? value : formatQuantity(quantity);
  };
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, form(value)]));
}

/** `isBare`: lists and maps without members count as absent, as they do when Kubernetes compares. */
function written(type: string, value: unknown, isBare: boolean): unknown {
  if (isBare && (EMPTY[type] === null || type.startsWith('[]')) && isEmptyCollection(value)) return null;
  if (type.startsWith('[]'))
    return value === undefined || value === null
      ? null
      : (value as readonly unknown[]).map((one) => internalForm(type.slice(2), one, isBare));
  if (type.startsWith('*')) return value === undefined || value === null ? null : internalForm(type.slice(1), value, isBare);
  if (!(type in EMPTY)) return internalForm(type, value, isBare);
  if (value === undefined || value === null) return EMPTY[type];
  if (type === 'amounts') return sortedMembers(amounts(value as Members));
  return type === 'map' ? sortedMembers(value as Members) : value;
}

const isEmptyCollection = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const isEmpty = (value: unknown): boolean =>
  value === null || value === '' || value === 0 || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

/** `value`, of the served version, in the internal form of its type. */
export function internalForm(type: string, value: unknown, isBare = false): unknown {
  const members = arranged(type, (value ?? {}) as Members);
  const form: Record<string, unknown> = {};
  for (const { name, from, isOmitted, type: kind } of fieldsOf(type)) {
    const member = written(kind, members[from], isBare);
    if (!isOmitted || !isEmpty(member)) form[name] = member;
  }
  return form;
}

/** Whether Kubernetes takes both for the same (apiequality.Semantic.DeepEqual): a list without members is as good as none. */
export const isSameForm = (type: string, a: unknown, b: unknown): boolean =>
  a === b || deepEqual(a, b) || deepEqual(formOrNone(type, a), formOrNone(type, b));

const formOrNone = (type: string, value: unknown): unknown => (has(value) ? internalForm(type, value, true) : null);

/** Nothing when `next` is what `old` was, else the refusal that quotes `next` (ValidateImmutableField). */
export function frozen(field: string, type: string, next: unknown, old: unknown): FieldErrors {
  if (isSameForm(type, next, old)) return NO_ERRORS;
  return [immutable(field, has(next) ? internalForm(type, next) : null)];
}

const lines = (type: string, value: unknown): readonly string[] =>
  JSON.stringify(internalForm(type, value), undefined, 1)
    .replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
    .split('\n');

/** What has changed, line by line (apimachinery v1.34 pkg/util/diff). */
export const formDiff = (type: string, before: unknown, after: unknown): string => unifiedDiff(lines(type, before), lines(type, after));
