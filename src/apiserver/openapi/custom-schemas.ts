/** Schemas of custom resources in the server's OpenAPI documents. Mirrors apiextensions-apiserver v1.34 pkg/controller/openapi/builder. */

import { conditionIs, type DefinedVersion, type Definition } from '../custom-resources/definition.ts';
import type { JsonSchema } from '../custom-resources/json-schema.ts';
import { refTo, type Schema, type Schemas } from './schemas.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** 'example.com', 'v1', 'Widget': 'com.example.v1.Widget'. */
export const customSchemaName = (group: string, version: string, kind: string): string =>
  `${group.split('.').toReversed().join('.')}.${version}.${kind}`;

const TYPE_META: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string', description: 'APIVersion is the version of the schema that the object follows.' },
  kind: { type: 'string', description: 'Kind is the REST resource that the object represents, in CamelCase.' },
};

function schemasOf(definition: Definition, version: DefinedVersion): readonly (readonly [string, Schema])[] {
  const { group, names } = definition.spec;
  const { kind, listKind = `${names.kind}List` } = definition.status?.acceptedNames ?? names;
  const name = customSchemaName(group, version.name, kind);
  const listName = customSchemaName(group, version.name, listKind);
  const own = (version.schema?.openAPIV3Schema ?? { type: 'object' }) as JsonSchema;
  const object = {
    ...(own as Schema),
    properties: {
      ...(own.properties as Schema['properties']),
      ...TYPE_META,
      metadata: { description: 'Standard metadata of objects.', allOf: [refTo(`${META}ObjectMeta`)] },
    },
    'x-kubernetes-group-version-kind': [{ group, version: version.name, kind }],
  };
  const list: Schema = {
    type: 'object',
    description: `${listKind} is a list of ${kind}`,
    required: ['items'],
    properties: {
      ...TYPE_META,
      items: { type: 'array', description: `List of ${names.plural}.`, items: refTo(name) },
      metadata: { description: 'Standard metadata of lists.', allOf: [refTo(`${META}ListMeta`)] },
    },
    'x-kubernetes-group-version-kind': [{ group, version: version.name, kind: listKind }],
  };
  return [
    [name, object],
    [listName, list],
  ];
}

/** Of every version that is served. */
export function customSchemas(definitions: readonly Definition[]): Schemas {
  return Object.fromEntries(
    definitions
      .filter((definition) => conditionIs(definition, 'Established', 'True'))
      .flatMap((definition) =>
        definition.spec.versions.filter(({ served }) => served).flatMap((version) => schemasOf(definition, version)),
      ),
  );
}
