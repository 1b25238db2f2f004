/** The schemas of built-in kinds, as Kubernetes publishes them for v1.34.3 (schemas.json.gz beside this file; tools/openapi-schemas.js makes it).
 *  They are data that the caller reads: nothing in a simulation needs them. */

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** One schema of an OpenAPI v3 document. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly 'x-kubernetes-group-version-kind'?: readonly Kind[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}
export type Schemas = Readonly<Record<string, Schema>>;

const REF = '#/components/schemas/';
export const refTo = (name: string): Schema => ({ $ref: REF + name });
export const referred = ($ref: string): string => $ref.slice(REF.length);

/** Calls back with the name of every schema that this one refers to. */
function eachRef(value: unknown, visit: (name: string) => void): void {
  if (Array.isArray(value)) for (const one of value) eachRef(one, visit);
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string') visit(referred(member));
      else eachRef(member, visit);
    }
}

/** The named schemas and all that they refer to, by name. */
export function closure(schemas: Schemas, names: Iterable<string>): Schemas {
  const found = new Map<string, Schema>();
  const visit = (name: string): void => {
    const schema = schemas[name];
    if (schema === undefined || found.has(name)) return;
    found.set(name, schema);
    eachRef(schema, visit);
  };
  for (const name of names) visit(name);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const kindKey = ({ group, version, kind }: Kind): string => `${group}/${version}/${kind}`;

/** By group, version and kind, the name of the schema. Kinds of all groups (DeleteOptions) are found under each. */
export function namesByKind(schemas: Schemas): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const name in schemas) for (const kind of schemas[name]?.['x-kubernetes-group-version-kind'] ?? []) names.set(kindKey(kind), name);
  return names;
}
