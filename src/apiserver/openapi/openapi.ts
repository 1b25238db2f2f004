/** The server's OpenAPI documents: /openapi/v3 with one document a group version, and /openapi/v2. Mirrors kube-apiserver v1.34; built when asked for,
 *  from the published schemas, the catalogue and the definitions of custom resources. */

import { hashText } from '#sim';
import type { Definition } from '../custom-resources/definition.ts';
import { type CatalogueGroup, catalogue } from '../discovery/catalogue.ts';
import { RELEASE } from '../discovery/version.ts';
import { customSchemas } from './custom-schemas.ts';
import { basePath, pathsOfVersion, schemaOfKind } from './paths.ts';
import { closure, namesByKind, type Schemas } from './schemas.ts';
import { swaggerDefinitions, swaggerPath } from './swagger.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const SECURITY = {
  BearerToken: { type: 'apiKey', in: 'header', name: 'authorization', description: 'Bearer Token authentication' },
};

export class OpenApi {
  readonly schemas: Schemas;
  readonly names: ReadonlyMap<string, string>;
  private readonly groups: readonly CatalogueGroup[];
  private readonly built = new Map<string, object>();

  /** `published`: what schemas.json.gz holds. */
  constructor(published: Schemas, definitions: readonly Definition[]) {
    this.schemas = { ...published, ...customSchemas(definitions) };
    this.names = namesByKind(this.schemas);
    this.groups = catalogue(definitions);
  }

  /** By 'api/v1' or 'apis/apps/v1'; undefined when no such version is served. */
  v3(key: string): object | undefined {
    const known = this.built.get(key);
    if (known !== undefined) return known;
    for (const { group, versions } of this.groups)
      for (const version of versions) {
        if (basePath(group, version.version).slice(1) !== key) continue;
        const schemaOf = schemaOfKind(this.names);
        const roots = version.entries.flatMap(({ kind, subresources }) => [
          this.names.get(`${group}/${version.version}/${kind}`),
          this.names.get(`${group}/${version.version}/${kind}List`),
          ...subresources.map(({ kind: speaks }) => speaks && this.names.get(`${speaks.group}/${speaks.version}/${speaks.kind}`)),
        ]);
        const wanted = roots.filter((name) => name !== undefined);
        const document = {
          openapi: '3.0.0',
          info: { title: 'Kubernetes', version: `v${RELEASE}` },
          paths: pathsOfVersion(group, version, schemaOf),
          components: {
            schemas: closure(this.schemas, [...wanted, `${META}DeleteOptions`, `${META}Patch`, `${META}Status`]),
            securitySchemes: SECURITY,
          },
        };
        this.built.set(key, document);
        return document;
      }
    return undefined;
  }

  /** /openapi/v3: where each document lies. The hash changes with the document, so that clients may keep it for ever. */
  root(): object {
    const keys = this.groups.flatMap(({ group, versions }) => versions.map(({ version }) => basePath(group, version).slice(1)));
    return {
      paths: Object.fromEntries(
        keys.map((key) => {
          const text = JSON.stringify(this.v3(key));
          const hash = (hashText(text) >>> 0).toString(16).padStart(8, '0') + text.length.toString(16).padStart(8, '0');
          return [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash.toUpperCase()}` }];
        }),
      ),
    };
  }

  v2(): object {
    const known = this.built.get('v2');
    if (known !== undefined) return known;
    const schemaOf = schemaOfKind(this.names);
    const paths: Record<string, object> = {};
    for (const { group, versions } of this.groups)
      for (const version of versions)
        for (const [path, of] of Object.entries(pathsOfVersion(group, version, schemaOf))) paths[path] = swaggerPath(of);
    const document = {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: `v${RELEASE}` },
      paths,
      definitions: swaggerDefinitions(this.schemas),
      securityDefinitions: SECURITY,
      security: [{ BearerToken: [] }],
    };
    this.built.set('v2', document);
    return document;
  }
}
