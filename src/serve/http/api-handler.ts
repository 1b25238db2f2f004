/** One request about objects: from HTTP to a request of the simulated cluster, and its answer back. Mirrors apiserver v1.34 pkg/endpoints/handlers. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiRequest, KubeObject, PatchType, StatusObject, Verb } from '#api';
import {
  type IncludeObject,
  pruneUnknownFields,
  refuseMistyped,
  refuseMistypedPatch,
  refuseUndeclared,
  refuseUnknownFields,
  refuseUnknownInPatch,
  unknownFields,
} from '#apiserver';
import type { Asked } from '../door-messages.ts';
import type { Session } from '../session.ts';
import { formOf } from './accept.ts';
import type { Caller } from './access.ts';
import { type ApiPath, apiPath, type Target, targetOf } from './api-path.ts';
import { deleteOptions, fieldValidation, readOptions, writeOptions } from './api-query.ts';
import { duplicatesIn, kept, mediaType, PROTOBUF, parseBody, parseJson, parseYaml, readBody } from './body.ts';
import type { Documents } from './documents.ts';
import { HttpFailure, malformed, unknownPath, wrongMediaType, wrongMethod } from './failures.ts';
import { isPodLog, sendPodLog } from './pod-log.ts';
import { sendObject, sendPieces, sendStatus, sendText } from './reply.ts';
import { isList, type Presentation, shownList, shownObject } from './shown.ts';
import { warningHeaders } from './warning-header.ts';
import { streamWatch } from './watch-reply.ts';

export interface ApiCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly caller: Caller;
  readonly session: Session;
  readonly documents: Documents;
}

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

const DELETE_OPTIONS = { apiVersion: 'v1', kind: 'DeleteOptions' };

const isYes = (value: string | null): boolean => value !== null && !['0', 'false'].includes(value.toLowerCase());

function verbOf(method: string, path: ApiPath, query: URLSearchParams): Verb {
  const isNamed = path.name !== undefined;
  switch (method) {
    case 'HEAD':
      // As GET; what is sent then has no body, so nobody watches.
      return isNamed ? 'get' : 'list';
    case 'GET':
      if (path.subresource === undefined && (path.isWatch || isYes(query.get('watch')))) return 'watch';
      return isNamed ? 'get' : 'list';
    case 'POST':
      // Only subresources are created by name.
      if (isNamed && path.subresource === undefined) break;
      return 'create';
    case 'PUT':
      if (isNamed) return 'update';
      break;
    case 'PATCH':
      if (isNamed) return 'patch';
      break;
    case 'DELETE':
      return isNamed ? 'delete' : 'deletecollection';
  }
  throw new HttpFailure(wrongMethod());
}

/** Undefined: no path of objects at all. */
function pathOf(url: URL): ApiPath | undefined {
  try {
    return apiPath(url.pathname);
  } catch {
    throw new HttpFailure(malformed('the path has a broken escape'));
  }
}

/** False: nothing is known at that path. */
export async function handleApi(call: ApiCall): Promise<boolean> {
  const { request, response, url, session } = call;
  const path = pathOf(url);
  if (path === undefined) return false;
  const target = targetOf(path, session.run.apiServer);
  if (target === undefined || (target.info !== undefined && !target.info.namespaced && path.namespace !== undefined))
    throw new HttpFailure(unknownPath());
  const verb = verbOf(request.method ?? '', path, url.searchParams);
  if (verb === 'create' && target.info?.namespaced === true && path.namespace === undefined) throw new HttpFailure(wrongMethod());
  const form = formOf(request.headers.accept);
  const includeObject = (url.searchParams.get('includeObject') ?? 'Metadata') as IncludeObject;
  const how: Presentation = { form, target, includeObject };
  const warnings: string[] = [];
  const asked = await askedOf(call, path, target, verb, warnings);
  if (verb === 'watch') {
    await streamWatch(request, response, asked, how, session);
    return true;
  }
  if (isPodLog(asked)) {
    await sendPodLog(request, response, asked, url.searchParams, session);
    return true;
  }
  const { ticket, answer } = session.gate.ask(asked);
  response.on('close', () => ticket.close());
  await reply(call, await answer, how, warnings);
  return true;
}

async function reply(
  { request, response, session }: ApiCall,
  { code, object }: { readonly code: number; readonly object: unknown },
  how: Presentation,
  warnings: readonly string[],
): Promise<void> {
  if (response.destroyed) return;
  const headers: Readonly<Record<string, readonly string[]>> = warnings.length === 0 ? {} : { Warning: warningHeaders(warnings) };
  const { encoding } = how.form;
  if (typeof object === 'string') return sendText(request, response, code, 'text/plain', object);
  if (code >= 400) return sendStatus(request, response, object as StatusObject, { encoding, headers });
  if (isList(object) && encoding === 'json')
    return sendPieces(request, response, { code, contentType: 'application/json', pieces: shownList(object, how, session), headers });
  return sendObject(request, response, code, shownObject(object as KubeObject, how, session), { encoding, headers });
}

async function askedOf(call: ApiCall, path: ApiPath, target: Target, verb: Verb, warnings: string[]): Promise<Asked> {
  const { request, url, caller, session } = call;
  const query = url.searchParams;
  const { name, namespace, subresource } = path;
  const base: Omit<Asked, 'verb'> = {
    resource: target.resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    user: caller.user,
    ...(caller.groups === undefined ? {} : { groups: caller.groups }),
    ...(caller.token === undefined ? {} : { token: caller.token }),
  };
  if (verb === 'get' || verb === 'list' || verb === 'watch') {
    const options = readOptions(query);
    // Of subresources that lead into a pod, the parameters are the question.
    const parameters = subresource === undefined ? {} : { parameters: Object.fromEntries(query) };
    return { ...base, verb, options, ...parameters } as Asked;
  }
  const raw = await readBody(request);
  const type = mediaType(request);
  if (verb === 'delete' || verb === 'deletecollection') {
    const options = deleteOptions(query, parseBody(raw, type, DELETE_OPTIONS));
    const selected = verb === 'delete' ? {} : readOptions(query);
    return { ...base, verb, options: { ...selected, ...options } };
  }
  if (subresource !== undefined && INTO_CONTAINERS.has(subresource)) return { ...base, verb };
  const userAgent = request.headers['user-agent'] ?? '';
  if (verb === 'patch') {
    const patchType = PATCH_TYPES[type];
    if (patchType === undefined) throw new HttpFailure(wrongMediaType(Object.keys(PATCH_TYPES)));
    const body = patchType === 'apply' ? parseYaml(raw) : parseJson(raw);
    const twice = patchType === 'apply' ? [] : duplicatesIn(raw, type);
    const checked = checkedPatch(call, target, patchType, path, body, { warnings, twice });
    return { ...base, verb, patchType, body: kept(checked), options: writeOptions(query, userAgent, patchType) };
  }
  if (type === PROTOBUF && isCustom(target, session)) throw new HttpFailure(wrongMediaType(['application/json', 'application/yaml']));
  const body = parseBody(raw, type, WHOLE.has(subresource) ? target.info : undefined);
  if (body === undefined) throw new HttpFailure(malformed('the body is empty: an object was expected'));
  return {
    ...base,
    verb,
    body: kept(checkedObject(call, target, subresource, body, { warnings, twice: duplicatesIn(raw, type) })),
    options: writeOptions(query, userAgent, undefined),
  };
}

/** Whose bodies are streams, if they have any: the API server says that they are not modelled. */
const INTO_CONTAINERS: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward', 'proxy']);

/** Subresources that take the object itself; the others take kinds of their own. */
const WHOLE: ReadonlySet<string | undefined> = new Set([undefined, 'status', 'finalize', 'ephemeralcontainers', 'resize']);

/** Custom resources have no messages in protobuf. */
const isCustom = ({ info }: Target, session: Session): boolean =>
  info !== undefined && session.run.apiServer.definitions.some(({ metadata }) => metadata?.name === `${info.plural}.${info.group}`);

/** What strict decoding minds besides fields that are not there, and where its warnings go. */
interface Strictness {
  readonly warnings: string[];
  /** Members that the text gives twice. */
  readonly twice: readonly string[];
}

/** Fields that the kind does not have, or that are given twice: refused, or left out with or without a warning, as decoding into Go's structs does. */
function checkedObject(
  { session, documents, url }: ApiCall,
  { info }: Target,
  subresource: string | undefined,
  body: unknown,
  { warnings, twice }: Strictness,
): ApiRequest['body'] {
  const validation = fieldValidation(url.searchParams, 'CreateOptions');
  if (info === undefined || !WHOLE.has(subresource)) return body;
  const openApi = documents.openApi(session.run.apiServer);
  const mistyped = refuseMistyped(openApi, info, body);
  if (mistyped !== undefined) throw new HttpFailure(mistyped);
  if (validation === 'Strict') {
    const refused = refuseUnknownFields(openApi, info, body, twice);
    if (refused !== undefined) throw new HttpFailure(refused);
    return body;
  }
  const found = unknownFields(openApi, info, body);
  if (validation === 'Warn') warnings.push(...twice, ...found);
  return found.length === 0 ? body : pruneUnknownFields(openApi, info, body);
}

function checkedPatch(
  { session, documents, url }: ApiCall,
  { info }: Target,
  patchType: PatchType,
  path: ApiPath,
  body: unknown,
  { warnings, twice }: Strictness,
): ApiRequest['body'] {
  const validation = fieldValidation(url.searchParams, 'PatchOptions');
  if (info === undefined || !WHOLE.has(path.subresource) || patchType === 'json') return body;
  const openApi = documents.openApi(session.run.apiServer);
  if (patchType === 'apply') {
    const refused = refuseUndeclared(openApi, info, { name: path.name ?? '', namespace: path.namespace }, body);
    if (refused !== undefined) throw new HttpFailure(refused);
    return body;
  }
  const mistyped = patchType === 'merge' || patchType === 'strategic' ? refuseMistypedPatch(openApi, info, patchType, body) : undefined;
  if (mistyped !== undefined) throw new HttpFailure(mistyped);
  if (validation === 'Strict') {
    const refused = refuseUnknownInPatch(openApi, info, body, twice);
    if (refused !== undefined) throw new HttpFailure(refused);
    return body;
  }
  const found = unknownFields(openApi, info, body);
  if (validation === 'Warn') warnings.push(...twice, ...found);
  return found.length === 0 ? body : pruneUnknownFields(openApi, info, body);
}
