/** A custom resource as the registry serves it: its descriptor, made from one version of its definition. Mirrors apiextensions-apiserver v1.34
 *  pkg/registry/customresource (strategy.go, validator.go, etcd.go's scale) and pkg/apiserver/customresource_handler.go. */

import { deepEqual, type FieldError, type KubeObject, type ResourceInfo } from '#api';
import type { Meta } from '../object-meta.ts';
import { findAll, parseJsonPath } from '../printing/json-path.ts';
import type { FieldReader, ResourceDescriptor, ScaleAccess } from '../registry/descriptor.ts';
import { invalidValue } from '../validation/field-error.ts';
import { applySchemaOf } from './apply-schema.ts';
import { checkValue } from './cel-rules.ts';
import { defaulted } from './default-values.ts';
import type { DefinedVersion, Definition, ScalePaths } from './definition.ts';
import { anySchema, isMap, type JsonSchema, type Members } from './json-schema.ts';
import { validateLists } from './list-types.ts';
import { pruned, prunedObject } from './prune.ts';
import { validateValue } from './value-validation.ts';

const INT32_MAX = 2_147_483_647;
/** Errors after which rules are not asked. */
const BLOCKING: ReadonlySet<string> = new Set(['FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']);
const UNCHECKED: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

type Custom = KubeObject & Members;

/** Custom resources of one version, under the version's own apiVersion. */
export function customInfo({ spec, status }: Definition, version: string): ResourceInfo {
  const { plural, kind, shortNames = [] } = status?.acceptedNames ?? spec.names;
  return {
    resource: `${plural}.${spec.group}`,
    plural,
    group: spec.group,
    version,
    apiVersion: `${spec.group}/${version}`,
    kind,
    namespaced: spec.scope === 'Namespaced',
    shortNames,
  };
}

const first = (path: string, object: unknown): unknown => findAll(parseJsonPath(path) ?? [], object)[0];
const wholeNumber = (value: unknown): number => (typeof value === 'number' ? Math.trunc(value) : 0);

/** The object with a value at '.spec.replicas' or the like; maps on the way are made. */
function withValue(object: Members, path: readonly string[], value: unknown): Members {
  const [name = '', ...rest] = path;
  const inside = object[name];
  return { ...object, [name]: rest.length === 0 ? value : withValue(isMap(inside) ? inside : {}, rest, value) };
}

const stepsOf = (path: string): string[] => path.replace(/^\./, '').split('.');

function scaleAccess({ specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths): ScaleAccess<Custom> {
  return {
    replicas: (object) => wholeNumber(first(specReplicasPath, object)),
    statusReplicas: (object) => wholeNumber(first(statusReplicasPath, object)),
    selector: (object) => (labelSelectorPath ? String(first(labelSelectorPath, object) ?? '') : ''),
    withReplicas: (object, replicas) => withValue(object, stepsOf(specReplicasPath), replicas) as Custom,
  };
}

function checkReplicas(object: Custom, path: string, errors: FieldError[]): void {
  const replicas = first(path, object);
  if (typeof replicas !== 'number') return;
  if (replicas < 0) errors.push(invalidValue(path, replicas, 'should be a non-negative integer'));
  else if (replicas > INT32_MAX) errors.push(invalidValue(path, replicas, `should be less than or equal to ${INT32_MAX}`));
}

/** Holds objects of one version against its schema. */
class Rules {
  private readonly schema: JsonSchema;
  private readonly scale: ScalePaths | undefined;
  private readonly hasRules: boolean;

  constructor(version: DefinedVersion) {
    this.schema = version.schema?.openAPIV3Schema ?? {};
    this.scale = version.subresources?.scale;
    this.hasRules = anySchema(this.schema, (one) => (one['x-kubernetes-validations'] ?? []).length > 0);
  }

  filled(object: Custom): Custom {
    return defaulted(prunedObject(object, this.schema), this.schema) as Custom;
  }

  /** The status alone, of an object whose other parts stay. */
  filledStatus(status: unknown): unknown {
    const schema = this.schema.properties?.status;
    if (schema === undefined) return this.schema['x-kubernetes-preserve-unknown-fields'] ? status : undefined;
    return defaulted(pruned(status, schema), schema);
  }

  private checkRules(object: Custom, old: Custom | undefined, errors: FieldError[]): void {
    if (!this.hasRules) return;
    if (errors.some(({ reason }) => BLOCKING.has(reason))) errors.push(UNCHECKED);
    else checkValue(object, old, this.schema, '', true, errors);
  }

  validate(object: Custom, old?: Custom): readonly FieldError[] {
    // What comes from the server itself needs no look.
    const errors: FieldError[] = [...validateValue({ ...object, metadata: plainMeta(object) }, this.schema, old)];
    if (this.scale !== undefined) {
      checkReplicas(object, this.scale.specReplicasPath, errors);
      checkReplicas(object, this.scale.statusReplicasPath, errors);
    }
    const lists: FieldError[] = [];
    validateLists(object, this.schema, '', lists);
    const before: FieldError[] = [];
    if (old !== undefined && lists.length > 0) validateLists(old, this.schema, '', before);
    if (before.length === 0) errors.push(...lists);
    this.checkRules(object, old, errors);
    return errors;
  }

  validateStatus(object: Custom, old: Custom): readonly FieldError[] {
    const schema = this.schema.properties?.status;
    const errors: FieldError[] = [];
    if (schema !== undefined && object.status !== undefined)
      for (const { field, ...error } of validateValue(object.status, schema, old.status))
        errors.push({ ...error, field: field === '<nil>' || field === '' ? 'status' : `status.${field}` });
    if (this.scale !== undefined) checkReplicas(object, this.scale.statusReplicasPath, errors);
    if (schema !== undefined) {
      const lists: FieldError[] = [];
      validateLists(object.status, schema, 'status', lists);
      errors.push(...lists);
    }
    this.checkRules(object, old, errors);
    return errors;
  }
}

/** Metadata without the members that the stored form holds as undefined. */
function plainMeta({ metadata }: Custom): object {
  return Object.fromEntries(Object.entries(metadata ?? {}).filter(([, value]) => value !== undefined && value !== ''));
}

/** Everything but metadata counts as a change of generation. */
function isSameBeside(next: Custom, old: Custom): boolean {
  const names = new Set([...Object.keys(next), ...Object.keys(old)]);
  names.delete('metadata');
  names.delete('apiVersion');
  for (const name of names) if (!deepEqual(next[name], old[name])) return false;
  return true;
}

/** null and undefined alike are not there. */
function withStatus(object: Custom, status: unknown): Custom {
  if (status !== undefined && status !== null) return { ...object, status } as Custom;
  if (object.status === undefined && !('status' in object)) return object;
  const { status: _, ...rest } = object;
  return rest as Custom;
}

export function customDescriptor(definition: Definition, version: DefinedVersion): ResourceDescriptor<Custom> {
  const { group, names } = definition.spec;
  const rules = new Rules(version);
  const hasStatus = version.subresources?.status !== undefined && version.subresources.status !== null;
  const scale = version.subresources?.scale;
  const fields: Record<string, FieldReader<Custom>> = {};
  for (const { jsonPath } of version.selectableFields ?? []) {
    const path = parseJsonPath(jsonPath) ?? [];
    fields[jsonPath.replace(/^\./, '')] = (object) => String(findAll(path, object)[0] ?? '');
  }
  return {
    resource: `${names.plural}.${group}`,
    storagePath: `${group}/${names.plural}`,
    openShape: true,
    applySchema: applySchemaOf(version.schema?.openAPIV3Schema ?? {}),
    hasStatus,
    requiresResourceVersion: true,
    fields,
    ...(scale === undefined || scale === null ? {} : { scale: scaleAccess(scale) }),
    defaults: (object) => rules.filled(object),
    prepareForCreate(object) {
      (object.metadata as Meta).generation = 1;
      return hasStatus ? withStatus(object, undefined) : object;
    },
    validate: (object) => rules.validate(object),
    prepareForUpdate(next, old) {
      const kept = hasStatus ? withStatus(next, old.status) : next;
      const generation = old.metadata?.generation ?? 0;
      (kept.metadata as Meta).generation = isSameBeside(kept, old) ? generation : generation + 1;
      return kept;
    },
    validateUpdate: (next, old) => rules.validate(next, old),
    prepareForStatusUpdate(next, old) {
      const metadata = next.metadata as Meta;
      metadata.labels = old.metadata?.labels;
      metadata.annotations = old.metadata?.annotations;
      metadata.finalizers = old.metadata?.finalizers;
      metadata.ownerReferences = old.metadata?.ownerReferences;
      return withStatus({ ...old, metadata } as Custom, rules.filledStatus(next.status));
    },
    validateStatusUpdate: (next, old) => rules.validateStatus(next, old),
  };
}
