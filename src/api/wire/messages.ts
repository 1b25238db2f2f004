/** The packed forms of what crosses between node shards and the control plane: requests, answers, watch events. */

import type { PackReader, PackWriter } from '#sim';
import type { KubeObject } from '../objects.ts';
import type {
  ApiRequest,
  ApiResponse,
  CloseWatch,
  PatchType,
  RequestOptions,
  Verb,
  WatchEvent,
  WatchEvents,
  WatchWindow,
} from '../protocol.ts';
import { bodyDigest } from './body-digest.ts';
import { packAnswered, packJson, packVersion, unpackAnswered, unpackJson, unpackVersion } from './json.ts';

const SUBRESOURCE = 1;
const NAMESPACE = 2;
const NAME = 4;
const PATCH_TYPE = 8;
const OPTIONS = 16;
const DISCARD = 32;
const KEEP = 64;
const TOKEN = 128;
/** An update comes again and again from the same client: only what changed crosses. */
const VERSION = 256;

export function packApiRequest(m: ApiRequest, out: PackWriter): void {
  let has = 0;
  if (m.subresource !== undefined) has |= SUBRESOURCE;
  if (m.namespace !== undefined) has |= NAMESPACE;
  if (m.name !== undefined) has |= NAME;
  if (m.patchType !== undefined) has |= PATCH_TYPE;
  if (m.options !== undefined) has |= OPTIONS;
  if (m.discardBody !== undefined) has |= m.discardBody ? DISCARD : KEEP;
  if (m.token !== undefined) has |= TOKEN;
  const isVersion = m.verb === 'update' && (m.body as KubeObject | undefined)?.metadata?.uid !== undefined;
  if (isVersion) has |= VERSION;
  out.int(has);
  out.int(m.id);
  out.name(m.verb);
  out.name(m.resource);
  out.name(m.user);
  if (m.subresource !== undefined) out.name(m.subresource);
  if (m.namespace !== undefined) out.name(m.namespace);
  if (m.name !== undefined) out.name(m.name);
  if (m.patchType !== undefined) out.name(m.patchType);
  if (m.options !== undefined) packJson(m.options, out);
  out.int(bodyDigest(m.body));
  if (isVersion) packVersion(m.body as KubeObject, false, out);
  else packJson(m.body, out);
  if (m.token !== undefined) out.text(m.token);
}

export function unpackApiRequest(from: PackReader): ApiRequest {
  const has = from.int();
  const request: ApiRequest = {
    kind: 'ApiRequest',
    id: from.int(),
    verb: from.name() as Verb,
    resource: from.name(),
    user: from.name(),
    subresource: (has & SUBRESOURCE) !== 0 ? from.name() : undefined,
    namespace: (has & NAMESPACE) !== 0 ? from.name() : undefined,
    name: (has & NAME) !== 0 ? from.name() : undefined,
    patchType: (has & PATCH_TYPE) !== 0 ? (from.name() as PatchType) : undefined,
    options: (has & OPTIONS) !== 0 ? (unpackJson(from) as RequestOptions) : undefined,
    discardBody: (has & DISCARD) !== 0 ? true : (has & KEEP) !== 0 ? false : undefined,
    bodyDigest: from.int(),
    body: (has & VERSION) !== 0 ? unpackVersion(from) : unpackJson(from),
  };
  return (has & TOKEN) === 0 ? request : { ...request, token: from.text() };
}

export function packApiResponse(m: ApiResponse, out: PackWriter): void {
  out.int(m.id);
  out.int(m.code);
  packAnswered(m.object, out);
}

export function unpackApiResponse(from: PackReader): ApiResponse {
  return { kind: 'ApiResponse', id: from.int(), code: from.int(), object: unpackAnswered(from) };
}

const TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] as const;

export function packWatchEvents(m: WatchEvents, out: PackWriter): void {
  out.int(m.id);
  out.int(m.sequence);
  out.int(m.closed === undefined ? 2 : m.closed ? 1 : 0);
  out.int(m.events.length);
  for (const { type, object } of m.events) {
    out.int(TYPES.indexOf(type));
    packVersion(object, type === 'DELETED', out);
  }
}

export function unpackWatchEvents(from: PackReader): WatchEvents {
  const id = from.int();
  const sequence = from.int();
  const closed = from.int();
  const count = from.int();
  const events: WatchEvent[] = [];
  for (let i = 0; i < count; i++) events.push({ type: TYPES[from.int()] as WatchEvent['type'], object: unpackVersion(from) });
  return { kind: 'WatchEvents', id, sequence, events, closed: closed === 2 ? undefined : closed === 1 };
}

export function packCloseWatch(m: CloseWatch, out: PackWriter): void {
  out.int(m.id);
}

export function unpackCloseWatch(from: PackReader): CloseWatch {
  return { kind: 'CloseWatch', id: from.int() };
}

export function packWatchWindow(m: WatchWindow, out: PackWriter): void {
  out.int(m.id);
  out.int(m.events);
}

export function unpackWatchWindow(from: PackReader): WatchWindow {
  return { kind: 'WatchWindow', id: from.int(), events: from.int() };
}
