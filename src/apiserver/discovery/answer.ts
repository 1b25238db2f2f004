/** Answers every GET that is not about stored objects: discovery, OpenAPI, version, health, metrics. The HTTP door asks here first. */

import type { RecorderSnapshot } from '#sim';
import type { Definition } from '../custom-resources/definition.ts';
import type { OpenApi } from '../openapi/openapi.ts';
import { type CatalogueGroup, catalogue } from './catalogue.ts';
import { aggregated, apiGroup, apiGroupList, apiResourceList, apiVersions } from './documents.ts';
import { type Health, healthAnswer } from './health.ts';
import { metricsText } from './metrics-text.ts';
import { versionDocument } from './version.ts';

/** What the documents are made of. */
export interface DocumentSources {
  readonly definitions: readonly Definition[];
  /** Groups that other programs serve behind this server. */
  readonly aggregated?: readonly string[];
  readonly health: Health;
  /** Made when first needed: it is large. */
  openApi(): OpenApi | undefined;
  /** What was recorded so far. */
  metrics(): Pick<RecorderSnapshot, 'counters' | 'gauges' | 'histograms'>;
}

export interface DocumentRequest {
  /** '/apis/apps/v1'. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly accept: string;
}

export interface DocumentAnswer {
  readonly code: number;
  readonly contentType: string;
  /** An object is to be sent as JSON, text as it is. */
  readonly body: object | string;
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores';

const json = (body: object, contentType = 'application/json'): DocumentAnswer => ({ code: 200, contentType, body });

/** Whether the client takes aggregated discovery; v2beta1 alone is answered plainly. */
const wantsAggregated = (accept: string): boolean =>
  accept.split(',').some((type) => {
    const parts = type.split(';').map((part) => part.trim());
    return parts.includes('g=apidiscovery.k8s.io') && parts.includes('v=v2') && parts.includes('as=APIGroupDiscoveryList');
  });

function discovery(parts: readonly string[], accept: string, groups: readonly CatalogueGroup[]): DocumentAnswer | undefined {
  const [root, first, second, ...rest] = parts;
  const isCore = root === 'api';
  if (rest.length > 0) return undefined;
  if (first === undefined) {
    if (wantsAggregated(accept)) return json(aggregated(groups, isCore), AGGREGATED);
    return json(isCore ? apiVersions() : apiGroupList(groups));
  }
  const group = groups.find((one) => one.group === (isCore ? '' : first));
  const version = isCore ? first : second;
  if (group === undefined || (isCore && second !== undefined)) return undefined;
  if (version === undefined) return json(apiGroup(group));
  const found = group.versions.find((one) => one.version === version);
  return found === undefined ? undefined : json(apiResourceList(found));
}

function openApiDocument(parts: readonly string[], sources: DocumentSources): DocumentAnswer | undefined {
  const [version, ...key] = parts;
  const openApi = sources.openApi();
  if (openApi === undefined) return undefined;
  if (version === 'v2' && key.length === 0) return json(openApi.v2());
  if (version !== 'v3') return undefined;
  if (key.length === 0) return json(openApi.root());
  const document = openApi.v3(key.join('/'));
  return document === undefined ? undefined : json(document);
}

/** Where there is something to get. */
function rootPaths(groups: readonly CatalogueGroup[]): object {
  const paths = ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/apis/'];
  for (const { group, versions } of groups) {
    if (group === '') continue;
    paths.push(`/apis/${group}`, ...versions.map(({ groupVersion }) => `/apis/${groupVersion}`));
  }
  paths.push('/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version');
  return { paths: paths.slice(1) };
}

/** Undefined: the path is about stored objects, or about nothing. */
export function answerDocument(request: DocumentRequest, sources: DocumentSources): DocumentAnswer | undefined {
  const parts = request.path.split('/').filter((part) => part !== '');
  const [root = '', ...rest] = parts;
  switch (root) {
    case '':
      return json(rootPaths(catalogue(sources.definitions, sources.aggregated)));
    case 'api':
    case 'apis':
      return discovery(parts, request.accept, catalogue(sources.definitions, sources.aggregated));
    case 'openapi':
      return openApiDocument(rest, sources);
    case 'version':
      return rest.length === 0 ? json(versionDocument()) : undefined;
    case 'metrics':
      return rest.length === 0 ? { code: 200, contentType: METRICS_TYPE, body: metricsText(sources.metrics()) } : undefined;
    case 'healthz':
    case 'livez':
    case 'readyz': {
      const { verbose, exclude } = request.query;
      const excluded = exclude === undefined ? [] : typeof exclude === 'string' ? [exclude] : exclude;
      const answer = healthAnswer(parts.join('/'), sources.health, verbose !== undefined, excluded);
      return answer === undefined ? undefined : { code: answer.code, contentType: 'text/plain; charset=utf-8', body: answer.text };
    }
    default:
      return undefined;
  }
}
