/** Query parameters as the options of a request. Mirrors apimachinery v1.34 pkg/apis/meta/internalversion and pkg/conversion/queryparams: what cannot be read
 *  is 400, what may not be is 422. */

import { invalid, type RequestOptions } from '#api';
import { HttpFailure, malformed } from './failures.ts';

/** Convert_Slice_string_To_bool: anything but '0' and 'false' means yes. */
const flag = (value: string | null): boolean | undefined => (value === null ? undefined : !['0', 'false'].includes(value.toLowerCase()));

function integer(value: string | null): number | undefined {
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d{1,19}$/.test(value))
    throw new HttpFailure(malformed(`strconv.ParseInt: parsing "${value.slice(0, 100)}": invalid syntax`));
  return Number(value);
}

const text = (value: string | null): string | undefined => (value === null || value === '' ? undefined : value);

const without = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

function unsupported(field: string, value: string, supported: readonly string[], kind: string): HttpFailure {
  const values = supported.map((one) => `"${one}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${values}`;
  return new HttpFailure(invalid(kind, 'meta.k8s.io', '', [{ reason: 'FieldValueNotSupported', field, message }]));
}

function dryRun(values: readonly string[], kind: string): true | undefined {
  if (values.length === 0) return undefined;
  for (const value of values) if (value !== 'All') throw unsupported('dryRun', value, ['All'], kind);
  return true;
}

/** Of GETs. */
export function readOptions(query: URLSearchParams): RequestOptions {
  return without<RequestOptions>({
    labelSelector: text(query.get('labelSelector')),
    fieldSelector: text(query.get('fieldSelector')),
    resourceVersion: text(query.get('resourceVersion')),
    resourceVersionMatch: text(query.get('resourceVersionMatch')) as RequestOptions['resourceVersionMatch'],
    limit: integer(query.get('limit')) || undefined,
    continue: text(query.get('continue')),
    allowWatchBookmarks: flag(query.get('allowWatchBookmarks')) || undefined,
    sendInitialEvents: flag(query.get('sendInitialEvents')),
    timeoutSeconds: integer(query.get('timeoutSeconds')) || undefined,
  });
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** A server without the parameter warns. */
export function fieldValidation(query: URLSearchParams, kind: string): FieldValidation {
  const value = query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value !== 'Strict' && value !== 'Warn' && value !== 'Ignore')
    throw unsupported('fieldValidation', value, ['Ignore', 'Strict', 'Warn'], kind);
  return value;
}

/** Of POST, PUT and PATCH. Who is not named is known by the program's name, but for server-side apply, where it must be said. */
export function writeOptions(query: URLSearchParams, userAgent: string, patchType: string | undefined): RequestOptions {
  const kind = patchType === undefined ? 'CreateOptions' : 'PatchOptions';
  const manager = text(query.get('fieldManager')) ?? (patchType === 'apply' ? undefined : userAgent.split('/', 1)[0]?.slice(0, 128));
  return without<RequestOptions>({
    fieldManager: text(manager ?? ''),
    force: patchType === 'apply' ? flag(query.get('force')) : undefined,
    dryRun: dryRun(query.getAll('dryRun'), kind),
  });
}

interface DeleteOptions {
  readonly kind?: unknown;
  readonly gracePeriodSeconds?: unknown;
  readonly propagationPolicy?: unknown;
  readonly orphanDependents?: unknown;
  readonly preconditions?: unknown;
  readonly dryRun?: unknown;
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** Of DELETE: those in the body, or without one those of the query. */
export function deleteOptions(query: URLSearchParams, body: unknown): RequestOptions {
  const own = body === undefined ? ofQuery(query) : (body as DeleteOptions | null);
  if (typeof own !== 'object' || own === null || Array.isArray(own) || (own.kind !== undefined && own.kind !== 'DeleteOptions'))
    throw new HttpFailure(malformed('the body of a DELETE must be DeleteOptions'));
  const { gracePeriodSeconds: grace, propagationPolicy, orphanDependents, preconditions, dryRun: dry } = own;
  if (grace !== undefined && grace !== null && !Number.isSafeInteger(grace))
    throw new HttpFailure(malformed('DeleteOptions.gracePeriodSeconds: expected a whole number'));
  if (propagationPolicy !== undefined && propagationPolicy !== null && !POLICIES.includes(String(propagationPolicy)))
    throw unsupported('propagationPolicy', String(propagationPolicy), [...POLICIES, 'nil'], 'DeleteOptions');
  const policy = propagationPolicy ?? (orphanDependents === true ? 'Orphan' : orphanDependents === false ? 'Background' : undefined);
  return without<RequestOptions>({
    gracePeriodSeconds: (grace ?? undefined) as number | undefined,
    propagationPolicy: policy as RequestOptions['propagationPolicy'],
    preconditions: (preconditions ?? undefined) as RequestOptions['preconditions'],
    dryRun: dryRun(Array.isArray(dry) ? dry.map(String) : [], 'DeleteOptions'),
  });
}

const ofQuery = (query: URLSearchParams): DeleteOptions => ({
  gracePeriodSeconds: integer(query.get('gracePeriodSeconds')),
  propagationPolicy: text(query.get('propagationPolicy')),
  orphanDependents: flag(query.get('orphanDependents')),
  dryRun: query.getAll('dryRun'),
});
