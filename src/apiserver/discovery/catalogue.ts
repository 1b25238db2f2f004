/** Everything that a server serves, as discovery tells it: groups in the order of their priority, versions the best first, resources by name.
 *  Mirrors kube-apiserver v1.34 (apiservices' priorities) and apiextensions-apiserver's discovery of custom resources. */

import { RESOURCES, type ResourceInfo } from '#api';
import { REVIEWS } from '../authorization/reviews.ts';
import { customInfo } from '../custom-resources/custom-resource.ts';
import { compareVersions, conditionIs, type DefinedVersion, type Definition } from '../custom-resources/definition.ts';
import { DESCRIPTORS } from '../registry/table.ts';
import { VIEWS } from '../views/views.ts';
import { AGGREGATED } from './aggregated-groups.ts';
import { MORE, SCALE, STATUS, type Subresource } from './subresources.ts';

export interface CatalogueEntry {
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Lists merge by keys: strategic merge patches are understood. */
  readonly isBuiltIn: boolean;
}

export interface CatalogueVersion {
  readonly version: string;
  /** 'apps/v1'. */
  readonly groupVersion: string;
  readonly entries: readonly CatalogueEntry[];
}

export interface CatalogueGroup {
  /** '' for core. */
  readonly group: string;
  readonly versions: readonly CatalogueVersion[];
}

/** The order in which groups are preferred; custom groups follow by name. */
const GROUPS = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
];

const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
/** Resources without some of the verbs. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  bindings: ['create'],
  componentstatuses: ['get', 'list'],
  namespaces: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
};
/** kubectl get all. */
const ALL = new Set([
  'pods',
  'replicationcontrollers',
  'services',
  'daemonsets.apps',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'horizontalpodautoscalers.autoscaling',
  'cronjobs.batch',
  'jobs.batch',
]);
const EXTENSIONS = new Set(['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io']);

const byName = <T extends { readonly name?: string; readonly plural?: string }>(all: readonly T[]): readonly T[] =>
  all.toSorted((a, b) => ((a.name ?? a.plural ?? '') < (b.name ?? b.plural ?? '') ? -1 : 1));

const categoriesOf = ({ resource, group }: ResourceInfo): readonly string[] =>
  ALL.has(resource) ? ['all'] : EXTENSIONS.has(group) ? ['api-extensions'] : [];

const descriptors = new Map(DESCRIPTORS.map((descriptor) => [descriptor.resource, descriptor]));

function builtIn(info: ResourceInfo, stored = info.resource): CatalogueEntry {
  const descriptor = descriptors.get(stored);
  const subresources = [
    ...(MORE[stored] ?? []),
    ...(descriptor?.hasStatus ? [STATUS] : []),
    ...(descriptor?.scale === undefined ? [] : [SCALE]),
  ];
  return {
    plural: info.plural,
    singular: info.kind.toLowerCase(),
    kind: info.kind,
    namespaced: info.namespaced,
    verbs: VERBS[info.resource] ?? ALL_VERBS,
    shortNames: info.shortNames,
    categories: categoriesOf(info),
    subresources: byName(subresources),
    isBuiltIn: true,
  };
}

/** Questions that are answered and never stored: 'selfsubjectaccessreviews.authorization.k8s.io'. */
function review(resource: string): { readonly group: string; readonly entry: CatalogueEntry } {
  const dot = resource.indexOf('.');
  const plural = resource.slice(0, dot);
  const kind = plural
    .replace(/s$/, '')
    .replace(/^(self|local)?(subject|token)(access|rules)?(review)$/, (_, ...words: (string | undefined)[]) =>
      words
        .slice(0, 4)
        .map((word) => (word === undefined ? '' : (word[0] as string).toUpperCase() + word.slice(1)))
        .join(''),
    );
  const entry: CatalogueEntry = {
    plural,
    singular: kind.toLowerCase(),
    kind,
    namespaced: plural.startsWith('local'),
    verbs: ['create'],
    shortNames: [],
    categories: [],
    subresources: [],
    isBuiltIn: true,
  };
  return { group: resource.slice(dot + 1), entry };
}

function custom(definition: Definition, version: DefinedVersion): CatalogueEntry {
  const info = customInfo(definition, version.name);
  const { singular, categories } = definition.status?.acceptedNames ?? definition.spec.names;
  const { status, scale } = version.subresources ?? {};
  return {
    plural: info.plural,
    singular: singular ?? info.kind.toLowerCase(),
    kind: info.kind,
    namespaced: info.namespaced,
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    shortNames: info.shortNames,
    categories: categories ?? [],
    subresources: [...(status === undefined ? [] : [STATUS]), ...(scale === undefined ? [] : [SCALE])],
    isBuiltIn: false,
  };
}

/** By group, then by version, what is served. */
class Shelves {
  private readonly shelves = new Map<string, Map<string, CatalogueEntry[]>>();

  put(group: string, version: string, entry: CatalogueEntry): void {
    let versions = this.shelves.get(group);
    if (versions === undefined) this.shelves.set(group, (versions = new Map()));
    const entries = versions.get(version);
    if (entries === undefined) versions.set(version, [entry]);
    else if (!entries.some(({ plural }) => plural === entry.plural)) entries.push(entry);
  }

  groups(): CatalogueGroup[] {
    const rank = (group: string): number => {
      const at = GROUPS.indexOf(group);
      return at < 0 ? GROUPS.length : at;
    };
    return [...this.shelves]
      .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map(([group, versions]) => ({
        group,
        versions: [...versions]
          .sort(([a], [b]) => compareVersions(a, b))
          .map(([version, entries]) => ({
            version,
            groupVersion: group === '' ? version : `${group}/${version}`,
            entries: byName(entries),
          })),
      }));
  }
}

/** `definitions`: those that the server knows; what is not established is not served. `aggregated`: groups that other programs serve behind it. */
export function catalogue(definitions: readonly Definition[], aggregated: readonly string[] = []): readonly CatalogueGroup[] {
  const shelves = new Shelves();
  for (const info of RESOURCES) shelves.put(info.group, info.version, builtIn(info));
  for (const { info, view } of VIEWS) shelves.put(info.group, info.version, builtIn(info, view.stored.resource));
  for (const resource of Object.keys(REVIEWS)) {
    const { group, entry } = review(resource);
    shelves.put(group, 'v1', entry);
  }
  for (const definition of definitions) {
    if (!conditionIs(definition, 'Established', 'True')) continue;
    for (const version of definition.spec.versions)
      if (version.served) shelves.put(definition.spec.group, version.name, custom(definition, version));
  }
  for (const { group, version, entries } of AGGREGATED)
    if (aggregated.includes(group)) for (const entry of entries) shelves.put(group, version, entry);
  return shelves.groups();
}
