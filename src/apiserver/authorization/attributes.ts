/** What an authorizer is asked, and what it says. Mirrors apiserver v1.34 pkg/authorization/authorizer/interfaces.go and
 *  pkg/endpoints/handlers/responsewriters/errors.go (the text of a 403). */

import { type ApiRequest, forbidden, type StatusObject } from '#api';
import type { UserInfo } from '../authentication/users.ts';

export interface Access {
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** A path that is no resource ('/healthz'): the fields of resources are empty then. */
  readonly path?: string;
  readonly fieldSelector?: string;
}

export interface Verdict {
  readonly isAllowed: boolean;
  readonly reason: string;
  readonly error?: string;
}
export const NO_OPINION: Verdict = { isAllowed: false, reason: '' };
export const ALLOWED: Verdict = { isAllowed: true, reason: '' };

export interface Authorizer {
  authorize(access: Access): Verdict;
}

/** 'deployments.apps' as its two halves. */
export function splitResource(resource: string): { readonly resource: string; readonly group: string } {
  const dot = resource.indexOf('.');
  return dot < 0 ? { resource, group: '' } : { resource: resource.slice(0, dot), group: resource.slice(dot + 1) };
}

/** A collection has no name; a creation names its object in the body, which nobody has read yet. */
export function accessOf(request: ApiRequest, user: UserInfo): Access {
  const { resource, group } = splitResource(request.resource);
  return {
    user,
    verb: request.verb,
    group,
    resource,
    subresource: request.subresource ?? '',
    namespace: request.namespace ?? (resource === 'namespaces' ? (request.name ?? '') : ''),
    name: request.name ?? '',
    fieldSelector: request.options?.fieldSelector,
  };
}

function text({ user, verb, group, resource, subresource, namespace, path }: Access): string {
  const who = `User "${user.username}" cannot ${verb}`;
  if (path !== undefined) return `${who} path "${path}"`;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `${who} resource "${what}" in API group "${group}" ${where}`;
}

export function accessDenied(access: Access, reason: string): StatusObject {
  const why = text(access) + (reason === '' ? '' : `: ${reason}`);
  if (access.path !== undefined)
    return {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: `forbidden: ${why}`,
      reason: 'Forbidden',
      details: {},
      code: 403,
    };
  return forbidden(access.group === '' ? access.resource : `${access.resource}.${access.group}`, access.name, why);
}
