/** OpenAPI v3 schemas and paths in the words of v2 (Swagger). Mirrors kube-openapi pkg/openapiconv and what apiextensions v1.34 drops on the way
 *  (pkg/controller/openapi/v2/conversion.go). */

import type { OpenApiOperation, OpenApiPath } from './paths.ts';
import type { Schema, Schemas } from './schemas.ts';

/** What v2 has no words for. */
const UNSAID = new Set(['oneOf', 'anyOf', 'not', 'nullable', 'x-kubernetes-int-or-string']);

/** `saysDefaults`: of custom resources; the published document of the built-in kinds has none. */
function swaggerSchema(value: unknown, saysDefaults = true): unknown {
  if (Array.isArray(value)) return value.map((one) => swaggerSchema(one, saysDefaults));
  if (typeof value !== 'object' || value === null) return value;
  const schema = value as Schema & Readonly<Record<string, unknown>>;
  const [only] = schema.allOf ?? [];
  if (schema.allOf?.length === 1 && only?.$ref !== undefined) {
    const { allOf: _, ...beside } = schema;
    return { ...(swaggerSchema(beside, saysDefaults) as object), ...(swaggerSchema(only) as object) };
  }
  // A quantity, or a number or a name: v2 calls both strings.
  if (schema.oneOf !== undefined && (schema.format === undefined || schema.format === 'int-or-string' || schema.format === 'quantity')) {
    const { description, format } = schema;
    return { ...(description === undefined ? {} : { description }), type: 'string', ...(format === undefined ? {} : { format }) };
  }
  const result: Record<string, unknown> = {};
  for (const name in schema) {
    if (UNSAID.has(name) || (name === 'default' && !saysDefaults)) continue;
    const member = schema[name];
    if (name === '$ref') result.$ref = (member as string).replace('#/components/schemas/', '#/definitions/');
    else if (name === 'properties')
      result.properties = Object.fromEntries(Object.entries(member as Schemas).map(([key, of]) => [key, swaggerSchema(of, saysDefaults)]));
    else result[name] = name === 'default' || name === 'enum' ? member : swaggerSchema(member, saysDefaults);
  }
  return result;
}

export const swaggerDefinitions = (schemas: Schemas): object =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, swaggerSchema(schema, !name.startsWith('io.k8s.'))]));

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly description?: string;
}

const plainParameter = (parameter: object): object => {
  const { schema, ...rest } = parameter as { readonly schema?: object };
  return { ...rest, ...schema };
};

const schemaIn = (content: Content['content']): unknown => swaggerSchema(Object.values(content ?? {})[0]?.schema);

function swaggerOperation({ parameters = [], requestBody, responses, ...rest }: OpenApiOperation): object {
  const body = (requestBody as Content | undefined)?.content;
  const reply = ([code, { description, content }]: readonly [string, Content]): readonly [string, object] => [
    code,
    { description, ...(content === undefined ? {} : { schema: schemaIn(content) }) },
  ];
  return {
    ...rest,
    consumes: body === undefined ? ['*/*'] : Object.keys(body),
    produces: ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'],
    schemes: ['https'],
    parameters: [...(body === undefined ? [] : [{ name: 'body', in: 'body', schema: schemaIn(body) }]), ...parameters.map(plainParameter)],
    responses: Object.fromEntries((Object.entries(responses) as [string, Content][]).map(reply)),
  };
}

export const swaggerPath = (path: OpenApiPath): object =>
  Object.fromEntries(
    Object.entries(path).map(([method, value]) => [
      method,
      method === 'parameters' ? (value as readonly object[]).map(plainParameter) : swaggerOperation(value as OpenApiOperation),
    ]),
  );
