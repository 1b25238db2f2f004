/** The schema of a custom resource, as a CustomResourceDefinition carries it (apiextensions.k8s.io/v1 JSONSchemaProps): a subset of OpenAPI v3. */

export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema | readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly definitions?: Readonly<Record<string, JsonSchema>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalItems?: unknown;
  readonly $ref?: string;
  readonly id?: string;
  readonly externalDocs?: unknown;
  readonly example?: unknown;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

export type Members = Readonly<Record<string, unknown>>;
export const isMap = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

export const META_FIELDS: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

/** The schema of a list's elements, when it is one. */
export const elementSchema = (schema: JsonSchema | undefined): JsonSchema | undefined =>
  Array.isArray(schema?.items) ? undefined : (schema?.items as JsonSchema | undefined);

/** The schema of a map's values, when one is given. */
export const valueSchema = (schema: JsonSchema | undefined): JsonSchema | undefined =>
  isMap(schema?.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined;

/** An element's older self: by its keys in a list that is a map, else none. */
export function olderElement(schema: JsonSchema, old: unknown, element: unknown): unknown {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (!Array.isArray(old) || keys.length === 0 || !isMap(element)) return undefined;
  return old.find((one) => isMap(one) && keys.every((key) => one[key] === element[key]));
}

/** Whether members that `properties` does not name are known (additionalProperties is true or a schema). */
export const knowsAny = (schema: JsonSchema): boolean => schema.additionalProperties !== undefined && schema.additionalProperties !== false;

/** Whether `test` holds for the schema or one inside it. */
export function anySchema(schema: JsonSchema | undefined, test: (schema: JsonSchema) => boolean): boolean {
  if (schema === undefined) return false;
  if (test(schema)) return true;
  const inside: (JsonSchema | undefined)[] = [
    ...Object.values(schema.properties ?? {}),
    valueSchema(schema),
    ...(Array.isArray(schema.items) ? (schema.items as readonly JsonSchema[]) : [schema.items as JsonSchema | undefined]),
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    schema.not,
  ];
  return inside.some((one) => anySchema(one, test));
}
