/** The paths of a group version in an OpenAPI document: which verbs each has, of which kind, with which parameters and bodies. Mirrors what apiserver
 *  v1.34 pkg/endpoints/installer.go registers; parameters are those that clients look for. */

import type { CatalogueEntry, CatalogueVersion } from '../discovery/catalogue.ts';
import type { Subresource } from '../discovery/subresources.ts';
import { type Kind, kindKey, refTo, type Schema } from './schemas.ts';

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: object;
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': Kind;
}
export type OpenApiPath = Readonly<Record<string, unknown>>;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const JSON_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
const PATCH_TYPES = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];
const STRATEGIC = 'application/strategic-merge-patch+json';

const query = (name: string, type = 'string'): object => ({ name, in: 'query', schema: { type, uniqueItems: true } });
const inPath = (name: string): object => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } });
const WRITE = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
const LISTING = [
  query('allowWatchBookmarks', 'boolean'),
  query('continue'),
  query('fieldSelector'),
  query('labelSelector'),
  query('limit', 'integer'),
  query('resourceVersion'),
  query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'),
  query('timeoutSeconds', 'integer'),
  query('watch', 'boolean'),
];
const DELETION = [query('dryRun'), query('gracePeriodSeconds', 'integer'), query('propagationPolicy')];

const content = (types: readonly string[], schema: Schema): object => Object.fromEntries(types.map((type) => [type, { schema }]));
const answers = (...replies: readonly (readonly [string, string, Schema])[]): object =>
  Object.fromEntries([
    ...replies.map(([code, description, schema]) => [code, { description, content: content(JSON_TYPES, schema) }]),
    ['401', { description: 'Unauthorized' }],
  ]);

const titled = (text: string): string =>
  text
    .split(/[./-]/)
    .filter((word) => word !== '')
    .map((word) => (word[0] as string).toUpperCase() + word.slice(1))
    .join('');

/** What is common to the operations of one resource. */
interface Subject {
  readonly kind: Kind;
  readonly schema: Schema;
  readonly list: Schema;
  /** 'AppsV1'. */
  readonly place: string;
  /** 'NamespacedDeployment'. */
  readonly title: string;
  readonly tags: readonly string[];
  readonly patchTypes: readonly string[];
}

function operation(verb: string, subject: Subject): OpenApiOperation {
  const { kind, schema, list, place, title, tags, patchTypes } = subject;
  const base = (id: string, action: string, what = place + title): Omit<OpenApiOperation, 'responses'> => ({
    operationId: id + what,
    tags,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  });
  const body = { required: true, content: content(['*/*'], schema) };
  const ok = ['200', 'OK', schema] as const;
  const created = ['201', 'Created', schema] as const;
  const status = refTo(`${META}Status`);
  const deleteOptions = { content: content(['*/*'], refTo(`${META}DeleteOptions`)) };
  switch (verb) {
    case 'list':
      return { ...base('list', 'list'), parameters: LISTING, responses: answers(['200', 'OK', list]) };
    case 'create':
      return {
        ...base('create', 'post'),
        parameters: WRITE,
        requestBody: body,
        responses: answers(ok, created, ['202', 'Accepted', schema]),
      };
    case 'deletecollection':
      return {
        ...base('delete', 'deletecollection', `${place}Collection${title}`),
        parameters: [...DELETION, ...LISTING.slice(1, 8)],
        requestBody: deleteOptions,
        responses: answers(['200', 'OK', status]),
      };
    case 'update':
      return { ...base('replace', 'put'), parameters: WRITE, requestBody: body, responses: answers(ok, created) };
    case 'patch':
      return {
        ...base('patch', 'patch'),
        parameters: [...WRITE, query('force', 'boolean')],
        requestBody: { required: true, content: content(patchTypes, refTo(`${META}Patch`)) },
        responses: answers(ok, created),
      };
    case 'delete':
      return {
        ...base('delete', 'delete'),
        parameters: DELETION,
        requestBody: deleteOptions,
        responses: answers(['200', 'OK', status], ['202', 'Accepted', status]),
      };
    default:
      return { ...base('read', 'get'), responses: answers(ok) };
  }
}

const METHOD: Readonly<Record<string, string>> = {
  list: 'get',
  create: 'post',
  deletecollection: 'delete',
  get: 'get',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
};

const withVerbs = (verbs: readonly string[], among: readonly string[], subject: Subject, parameters: readonly object[]): OpenApiPath => ({
  ...Object.fromEntries(among.filter((verb) => verbs.includes(verb)).map((verb) => [METHOD[verb], operation(verb, subject)])),
  parameters: [...parameters, query('pretty')],
});

export type SchemaOfKind = (kind: Kind) => Schema;

/** The schema of a kind by name; anything goes for kinds without one. */
export const schemaOfKind =
  (names: ReadonlyMap<string, string>): SchemaOfKind =>
  (kind) => {
    const name = names.get(kindKey(kind));
    return name === undefined ? { type: 'object' } : refTo(name);
  };

/** '/apis/apps/v1' and '/api/v1'. */
export const basePath = (group: string, version: string): string => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`);

function pathsOf(group: string, version: string, entry: CatalogueEntry, schemaOf: SchemaOfKind): Readonly<Record<string, OpenApiPath>> {
  const base = basePath(group, version);
  const place = titled(group === '' ? 'core' : (group.split('.')[0] as string)) + titled(version);
  const tags = [`${group === '' ? 'core' : (group.split('.')[0] as string)}_${version}`];
  const subjectOf = (kind: Kind, title: string): Subject => ({
    kind,
    schema: schemaOf(kind),
    list: schemaOf({ ...kind, kind: `${kind.kind}List` }),
    place,
    title,
    tags,
    patchTypes: entry.isBuiltIn ? [...PATCH_TYPES, STRATEGIC] : PATCH_TYPES,
  });
  const kind: Kind = { group, version, kind: entry.kind };
  const scope = entry.namespaced ? 'Namespaced' : '';
  const subject = subjectOf(kind, scope + entry.kind);
  const collection = entry.namespaced ? `${base}/namespaces/{namespace}/${entry.plural}` : `${base}/${entry.plural}`;
  const namespace = entry.namespaced ? [inPath('namespace')] : [];
  const paths: Record<string, OpenApiPath> = {
    [collection]: withVerbs(entry.verbs, ['list', 'create', 'deletecollection'], subject, namespace),
  };
  if (entry.namespaced && entry.verbs.includes('list'))
    paths[`${base}/${entry.plural}`] = withVerbs(['list'], ['list'], subjectOf(kind, `${entry.kind}ForAllNamespaces`), []);
  if (!entry.verbs.includes('get')) return paths;
  const one = [inPath('name'), ...namespace];
  paths[`${collection}/{name}`] = withVerbs(entry.verbs, ['get', 'update', 'patch', 'delete'], subject, one);
  for (const { name, kind: speaks, verbs } of entry.subresources as readonly Subresource[])
    paths[`${collection}/{name}/${name}`] = withVerbs(
      verbs,
      ['get', 'create', 'update', 'patch', 'delete'],
      subjectOf(speaks ?? kind, `${scope}${entry.kind}${titled(name)}`),
      one,
    );
  return paths;
}

export function pathsOfVersion(
  group: string,
  { version, entries }: CatalogueVersion,
  schemaOf: SchemaOfKind,
): Readonly<Record<string, OpenApiPath>> {
  const paths: Record<string, OpenApiPath> = {};
  for (const entry of entries) Object.assign(paths, pathsOf(group, version, entry, schemaOf));
  return Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)));
}
