/** Discovery as clients read it: plain (APIVersions, APIGroupList, APIGroup, APIResourceList) and aggregated (apidiscovery.k8s.io/v2).
 *  Mirrors apiserver v1.34 pkg/endpoints/discovery and pkg/endpoints/discovery/aggregated. */

import type { CatalogueEntry, CatalogueGroup, CatalogueVersion } from './catalogue.ts';
import type { Subresource } from './subresources.ts';

const ADDRESSES = [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' }];

export const apiVersions = (): object => ({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: ADDRESSES });

const shown = ({ version, groupVersion }: CatalogueVersion): object => ({ groupVersion, version });

const groupBody = ({ group, versions }: CatalogueGroup): object => ({
  name: group,
  versions: versions.map(shown),
  preferredVersion: shown(versions[0] as CatalogueVersion),
});

export const apiGroupList = (groups: readonly CatalogueGroup[]): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups.filter(({ group }) => group !== '').map(groupBody),
});

export const apiGroup = (group: CatalogueGroup): object => ({ kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) });

const optional = (name: string, values: readonly string[]): object => (values.length === 0 ? {} : { [name]: values });

function resourceLines(entry: CatalogueEntry): object[] {
  const { plural, singular, kind, namespaced, verbs, shortNames, categories, subresources } = entry;
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...optional('shortNames', shortNames),
    ...optional('categories', categories),
  };
  const line = ({ name, kind: speaks, verbs: can }: Subresource): object => {
    const isElsewhere = speaks !== undefined && speaks.group !== '';
    return {
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...(isElsewhere ? { group: speaks.group, version: speaks.version } : {}),
      kind: speaks?.kind ?? kind,
      verbs: can,
    };
  };
  return [own, ...subresources.map(line)];
}

export const apiResourceList = ({ groupVersion, entries }: CatalogueVersion): object => ({
  kind: 'APIResourceList',
  ...(groupVersion.includes('/') ? { apiVersion: 'v1' } : {}),
  groupVersion,
  resources: entries.flatMap(resourceLines),
});

/** A kind of the same group and version needs neither said. */
function discoveredResource(group: string, version: string, entry: CatalogueEntry): object {
  const { plural, singular, kind, namespaced, verbs, shortNames, categories, subresources } = entry;
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...optional('shortNames', shortNames),
    ...optional('categories', categories),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(({ name, kind: speaks, verbs: can }) => ({
            subresource: name,
            responseKind: speaks ?? { group, version, kind },
            verbs: can,
          })),
        }),
  };
}

/** /api (core alone) or /apis (every other group). */
export const aggregated = (groups: readonly CatalogueGroup[], isCore: boolean): object => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: groups
    .filter(({ group }) => (group === '') === isCore)
    .map(({ group, versions }) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map(({ version, entries }) => ({
        version,
        resources: entries.map((entry) => discoveredResource(group, version, entry)),
        freshness: 'Current',
      })),
    })),
});
