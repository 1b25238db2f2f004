/** What a conversion webhook's response must be, and what is taken from it: everything but metadata, of which labels and annotations alone.
 *  Mirrors apiextensions-apiserver v1.34 pkg/apiserver/conversion/webhook_converter.go. */

import type { FieldError, KubeObject } from '#api';
import { validateAnnotations, validateLabels } from '../../validation/object-meta.ts';
import type { ConversionResponse } from './protocol.ts';

/** Upstream's label failure_type of the webhook's metrics. */
export type FailureType = 'call' | 'malformed_response' | 'partial_response' | 'invalid_converted_object';

export class ConversionError extends Error {
  readonly type: FailureType;

  constructor(type: FailureType, message: string) {
    super(message);
    this.type = type;
  }
}

type Members = Readonly<Record<string, unknown>>;

/** runtime's schema.GroupVersionKind as Go prints it. */
export const shownKind = ({ apiVersion = '', kind = '' }: KubeObject): string =>
  `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`;
const shownVersion = (apiVersion: unknown): string => (typeof apiVersion === 'string' ? apiVersion : '');

function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'object' ? 'map[string]interface {}' : typeof value === 'boolean' ? 'bool' : 'string';
}

const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The objects that a response brings, one for each that was sent. */
export function responded(uid: string, response: ConversionResponse | undefined, sent: readonly KubeObject[]): readonly unknown[] {
  const about = `conversion webhook for ${shownKind(sent[0] as KubeObject)}`;
  const fail = (why: string): never => {
    throw new ConversionError('malformed_response', `${about} failed: ${why}`);
  };
  if (response === undefined) return fail('no response provided');
  if (response.uid !== uid) return fail(`expected response.uid="${uid}", got "${response.uid ?? ''}"`);
  const { status = '', message = '' } = response.result ?? {};
  if (status !== 'Success') return fail(message !== '' ? message : `response.result.status was '${status}', not 'Success'`);
  const objects = response.convertedObjects ?? [];
  if (objects.length === sent.length) return objects;
  throw new ConversionError('partial_response', `${about} returned ${objects.length} objects, expected ${sent.length}`);
}

function mismatch(original: KubeObject, converted: Members): string | undefined {
  const metadata = isMap(converted['metadata']) ? converted['metadata'] : {};
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  for (const [field, shown] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const expected = original.metadata?.[field] ?? '';
    const got = text(metadata[field]);
    if (expected !== got) return `must have the same ${shown}: ${expected} != ${got}`;
  }
  return undefined;
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`;
}

/** restoreObjectMeta: the original's metadata with the converted object's labels and annotations, or why not. */
function restoredMeta(original: KubeObject, converted: Members): KubeObject['metadata'] | string {
  if (!('metadata' in converted)) return 'missing metadata in converted object';
  const theirs = converted['metadata'];
  if (!isMap(theirs)) return `invalid metadata of type ${goType(theirs)} in converted object`;
  const metadata: Record<string, unknown> = { ...original.metadata };
  for (const field of ['labels', 'annotations'] as const) {
    const value = theirs[field];
    if (value === undefined || value === null) {
      delete metadata[field];
      continue;
    }
    if (!isMap(value)) return `invalid metadata.${field} of type ${goType(value)} in converted object`;
    for (const key in value)
      if (typeof value[key] !== 'string')
        return `metadata.${field}[${key}] must be a string, but is ${goType(value[key])} in converted object`;
    const texts = value as Readonly<Record<string, string>>;
    const errors = field === 'labels' ? validateLabels(texts, 'metadata.labels') : validateAnnotations(texts, 'metadata.annotation');
    if (errors.length > 0) return aggregate(errors);
    metadata[field] = texts;
  }
  return metadata as KubeObject['metadata'];
}

/** One object of the response as it may be used. Single objects are told of without an index, all but those of the wrong version or kind. */
export function accepted(original: KubeObject, answer: unknown, apiVersion: string, index: number, isList: boolean): KubeObject {
  const about = `conversion webhook for ${shownKind(original)} returned`;
  const fail = (text: string): never => {
    throw new ConversionError('invalid_converted_object', text);
  };
  const object = isList ? `invalid converted object at index ${index}` : 'invalid object';
  const atIndex = isList ? object : `${object} at index 0`;
  if (!isMap(answer) || typeof answer['kind'] !== 'string' || answer['kind'] === '')
    return fail(`${isList ? `${about} ${object}: ` : ''}Object 'Kind' is missing in '${JSON.stringify(answer)}'`);
  if (answer['apiVersion'] !== apiVersion)
    return fail(`${about} ${atIndex}: invalid groupVersion (expected ${apiVersion}, received ${shownVersion(answer['apiVersion'])})`);
  if (answer['kind'] !== original.kind)
    return fail(`${about} ${atIndex}: invalid kind (expected ${original.kind}, received ${answer['kind']})`);
  const wrong = mismatch(original, answer);
  if (wrong !== undefined) return fail(`${about} ${object}: ${wrong}`);
  const metadata = restoredMeta(original, answer);
  if (typeof metadata !== 'string') return { ...answer, metadata } as KubeObject;
  return fail(`${about} invalid metadata${isList ? ` in object at index ${index}` : ''}: ${metadata}`);
}
