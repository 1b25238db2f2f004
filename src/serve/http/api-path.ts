/** What a path under /api and /apis means: which resource, object and subresource. Mirrors apiserver v1.34 pkg/endpoints/request/requestinfo.go. */

import type { ResourceInfo } from '#api';
import { type ApiServer, catalogue } from '#apiserver';

export interface ApiPath {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** /api/v1/watch/...: the old way to ask for a watch. */
  readonly isWatch: boolean;
}

/** Of namespaces themselves; anything else after a namespace is a resource in it. */
const OF_NAMESPACES: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Undefined when it is no path of objects. Throws URIError for broken escapes. */
export function apiPath(pathname: string): ApiPath | undefined {
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const group = isCore ? '' : (parts[1] ?? '');
  const version = parts[isCore ? 1 : 2] ?? '';
  let rest = parts.slice(isCore ? 2 : 3);
  const isWatch = rest[0] === 'watch';
  if (isWatch) rest = rest.slice(1);
  if (rest.length === 0 || rest.some((part) => part.includes('/'))) return undefined;
  const base = { group, version, isWatch };
  if (rest[0] === 'namespaces' && rest.length > 2 && !OF_NAMESPACES.has(rest[2] as string)) {
    const [, namespace, plural = '', name, ...sub] = rest;
    return { ...base, plural, namespace, ...named(name, sub) };
  }
  const [plural = '', name, ...sub] = rest;
  return { ...base, plural, ...named(name, sub) };
}

const named = (name: string | undefined, [subresource]: readonly string[]): Pick<ApiPath, 'name' | 'subresource'> => ({
  ...(name === undefined ? {} : { name }),
  ...(subresource === undefined ? {} : { subresource }),
});

export interface Target {
  /** As requests name it: 'deployments.apps'. */
  readonly resource: string;
  /** Undefined for questions that are answered and never stored (reviews). */
  readonly info: ResourceInfo | undefined;
}

/** What a server serves there; undefined: nothing. */
export function targetOf({ group, version, plural }: ApiPath, server: ApiServer): Target | undefined {
  const dotted = group === '' ? plural : `${plural}.${group}`;
  for (const resource of [dotted, `${plural}.${version}.${group}`]) {
    const info = server.resource(resource)?.info;
    if (info !== undefined && info.plural === plural && info.group === group && info.version === version) return { resource, info };
  }
  builtIn ??= new Set(
    catalogue([], AGGREGATED).flatMap((one) =>
      one.versions.flatMap(({ groupVersion, entries }) => entries.map((entry) => `${groupVersion}/${entry.plural}`)),
    ),
  );
  if (AGGREGATED.includes(group) && !server.aggregation.groups.includes(group)) return undefined;
  return builtIn.has(`${group === '' ? '' : `${group}/`}${version}/${plural}`) ? { resource: dotted, info: undefined } : undefined;
}

/** Groups that another program may serve behind the API server. */
const AGGREGATED: readonly string[] = ['metrics.k8s.io'];

/** 'authorization.k8s.io/v1/selfsubjectaccessreviews', of everything that discovery tells; made when first needed. */
let builtIn: ReadonlySet<string> | undefined;
