/** What a CustomResourceDefinition must be. Mirrors apiextensions-apiserver v1.34 pkg/apis/apiextensions/validation/validation.go. Paths are those of the
 *  internal version: what all versions share is told at the top (spec.validation, spec.subresources, spec.additionalPrinterColumns). */

import { deepEqual, type FieldError } from '#api';
import { type FieldErrors, forbiddenField, immutable, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../validation/names.ts';
import { validateRules } from './cel-rules.ts';
import { defaulted } from './default-values.ts';
import {
  conditionIs,
  type DefinedNames,
  type DefinedVersion,
  type Definition,
  isShared,
  type PrinterColumn,
  type Subresources,
} from './definition.ts';
import { anySchema, type JsonSchema } from './json-schema.ts';
import { pruned } from './prune.ts';
import { validateRuleCosts } from './rule-cost.ts';
import { validateSchemaRules } from './schema-rules.ts';
import { validateStructural } from './structural.ts';
import { validateValue } from './value-validation.ts';

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const AT_ROOT = new Set([
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);
/** As Go prints the names of its struct's fields. */
const AT_ROOT_TEXT =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations';
const SELECTABLE_MAX = 8;

const joined = (texts: readonly string[]): string => texts.join(',');

function checkSimplePath(path: string, at: string, errors: FieldError[]): boolean {
  if (path.startsWith('.')) return true;
  errors.push(invalidValue(at, path, 'must be a simple json path starting with .'));
  return false;
}

function checkColumn(column: PrinterColumn, at: string, errors: FieldError[]): void {
  if (!column.name) errors.push(required(`${at}.name`));
  const types = `must be one of ${joined(COLUMN_TYPES)}`;
  if (!column.type) errors.push(required(`${at}.type`, types));
  else if (!COLUMN_TYPES.includes(column.type)) errors.push(invalidValue(`${at}.type`, column.type, types));
  if (column.format && !COLUMN_FORMATS.includes(column.format))
    errors.push(invalidValue(`${at}.format`, column.format, `must be one of ${joined(COLUMN_FORMATS)}`));
  if (!column.jsonPath) errors.push(required(`${at}.JSONPath`));
  else checkSimplePath(column.jsonPath, `${at}.JSONPath`, errors);
}

function checkSubresources(subresources: Subresources | undefined, at: string, errors: FieldError[]): void {
  const scale = subresources?.scale;
  if (scale === undefined || scale === null) return;
  const check = (name: keyof typeof scale, starts: readonly string[], where: string): void => {
    const path = scale[name];
    if (!path) {
      if (name !== 'labelSelectorPath') errors.push(required(`${at}.scale.${name}`));
    } else if (checkSimplePath(path, `${at}.scale.${name}`, errors) && !starts.some((start) => path.startsWith(start)))
      errors.push(invalidValue(`${at}.scale.${name}`, path, `should be a json path under ${where}`));
  };
  check('specReplicasPath', ['.spec.'], '.spec');
  check('statusReplicasPath', ['.status.'], '.status');
  check('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status');
}

/** Defaults must be what the schema lets through. */
function checkDefaults(schema: JsonSchema, at: string, errors: FieldError[]): void {
  if (schema.default !== undefined) {
    if (!deepEqual(pruned(schema.default, schema), schema.default))
      errors.push(invalidValue(`${at}.default`, schema.default, 'must not have unknown fields'));
    for (const { field, message, reason } of validateValue(defaulted(schema.default, schema), schema))
      errors.push({ reason, message, field: field === '' ? `${at}.default` : `${at}.default.${field}` });
  }
  for (const name in schema.properties) checkDefaults(schema.properties[name] as JsonSchema, `${at}.properties[${name}]`, errors);
  if (schema.items !== undefined && !Array.isArray(schema.items)) checkDefaults(schema.items as JsonSchema, `${at}.items`, errors);
}

function checkRoot(schema: JsonSchema, hasStatus: boolean, at: string, errors: FieldError[]): void {
  if (schema.nullable) errors.push(forbiddenField(`${at}.nullable`, 'nullable cannot be true at the root'));
  if (!hasStatus) return;
  if (schema.type !== undefined && schema.type !== 'object') {
    const text = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    errors.push(invalidValue(`${at}.type`, schema.type, text));
  }
  const odd = Object.keys(schema).find((name) => !AT_ROOT.has(name));
  if (odd !== undefined) {
    const text = `only [${AT_ROOT_TEXT}] fields are allowed at the root of the schema if the status subresource is enabled`;
    errors.push(invalidValue(at, schema, text));
  }
}

function checkSchema(schema: JsonSchema, hasStatus: boolean, at: string, errors: FieldError[]): void {
  checkRoot(schema, hasStatus, at, errors);
  const structural = validateStructural(schema, at);
  const defaults: FieldError[] = [];
  if (structural.length === 0) checkDefaults(schema, at, defaults);
  errors.push(...structural, ...defaults);
  const rules = validateSchemaRules(schema, at);
  errors.push(...rules);
  if (structural.length > 0 || defaults.length > 0 || rules.length > 0) return;
  const compiled = validateRules(schema, at);
  errors.push(...(compiled.length > 0 ? compiled : validateRuleCosts(schema, at)));
}

function checkNames(names: DefinedNames, at: string, errors: FieldError[]): void {
  for (const name of ['plural', 'singular'] as const) {
    const wrong = names[name] ? dns1035Label(names[name] as string) : [];
    if (wrong.length > 0) errors.push(invalidValue(`${at}.${name}`, names[name], joined(wrong)));
  }
  for (const name of ['kind', 'listKind'] as const) {
    const wrong = names[name] ? dns1035Label((names[name] as string).toLowerCase()) : [];
    const text = `may have mixed case, but should otherwise match: ${joined(wrong)}`;
    if (wrong.length > 0) errors.push(invalidValue(`${at}.${name}`, names[name], text));
  }
  for (const list of ['shortNames', 'categories'] as const) {
    (names[list] ?? []).forEach((name, i) => {
      const wrong = dns1035Label(name);
      if (wrong.length > 0) errors.push(invalidValue(`${at}.${list}[${i}]`, name, joined(wrong)));
    });
    if (list === 'shortNames' && names.kind && names.kind === names.listKind)
      errors.push(invalidValue(`${at}.listKind`, names.listKind, 'kind and listKind may not be the same'));
  }
}

function checkSelectable(version: DefinedVersion, at: string, errors: FieldError[]): void {
  const fields = version.selectableFields ?? [];
  const seen = new Set<string>();
  fields.forEach(({ jsonPath }, i) => {
    const here = `${at}[${i}].jsonPath`;
    if (!jsonPath) {
      errors.push(required(here));
      return;
    }
    const steps = jsonPath.replace(/^\./, '').split('.');
    let schema = version.schema?.openAPIV3Schema;
    for (const step of steps) schema = schema?.properties?.[step];
    if (!jsonPath.startsWith('.') || schema === undefined)
      errors.push(invalidValue(here, jsonPath, 'is an invalid path: does not refer to a valid field'));
    else if (steps[0] === 'metadata') errors.push(invalidValue(here, jsonPath, 'must not point to fields in metadata'));
    else if (!['string', 'boolean', 'integer'].includes(schema.type ?? ''))
      errors.push(
        invalidValue(
          here,
          jsonPath,
          'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        ),
      );
    if (seen.has(jsonPath)) errors.push({ reason: 'FieldValueDuplicate', field: here, message: `Duplicate value: "${jsonPath}"` });
    seen.add(jsonPath);
  });
  if (seen.size > SELECTABLE_MAX)
    errors.push({ reason: 'FieldValueTooMany', field: at, message: `Too many: ${seen.size}: must have at most ${SELECTABLE_MAX} items` });
}

function checkVersions({ versions }: Definition['spec'], errors: FieldError[]): void {
  const sharesSchema = isShared(versions, 'schema');
  const sharesSubresources = isShared(versions, 'subresources');
  const sharesColumns = isShared(versions, 'additionalPrinterColumns');
  const columns = (version: DefinedVersion, at: string): void =>
    (version.additionalPrinterColumns ?? []).forEach((column, i) => checkColumn(column, `${at}.additionalPrinterColumns[${i}]`, errors));
  const schemaOf = (version: DefinedVersion, at: string, hasStatus: boolean): void => {
    const schema = version.schema?.openAPIV3Schema;
    if (schema !== undefined) checkSchema(schema, hasStatus, `${at}.openAPIV3Schema`, errors);
  };
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(`${at}.schema.openAPIV3Schema`));
    const wrong = dns1035Label(version.name ?? '');
    if (wrong.length > 0) errors.push(invalidValue(`${at}.name`, version.name ?? '', joined(wrong)));
    if (version.deprecationWarning !== undefined && !version.deprecated)
      errors.push(invalidValue(`${at}.deprecationWarning`, version.deprecationWarning, 'can only be set for deprecated versions'));
    if (!sharesSchema) schemaOf(version, `${at}.schema`, version.subresources?.status !== undefined);
    if (!sharesSubresources) checkSubresources(version.subresources, `${at}.subresources`, errors);
    if (!sharesColumns) columns(version, at);
    checkSelectable(version, `${at}.selectableFields`, errors);
  });
  const first = versions[0];
  if (new Set(versions.map(({ name }) => name)).size !== versions.length)
    errors.push(invalidValue('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalidValue('spec.versions', versions, 'must have exactly one version marked as storage version'));
  if (first === undefined) return;
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
  if (sharesSchema) schemaOf(first, 'spec.validation', hasStatus);
  if (sharesSubresources) checkSubresources(first.subresources, 'spec.subresources', errors);
  if (sharesColumns) columns(first, 'spec');
}

function checkSpec(spec: Definition['spec'], errors: FieldError[]): void {
  const { group, names, scope } = spec;
  const wrong = group ? dns1123Subdomain(group) : [];
  if (!group) errors.push(required('spec.group'));
  else if (wrong.length > 0) errors.push(invalidValue('spec.group', group, joined(wrong)));
  else if (!group.includes('.')) errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
  if (!scope) errors.push(required('spec.scope'));
  else if (!['Cluster', 'Namespaced'].includes(scope)) errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  checkVersions({ ...spec, versions: spec.versions ?? [] }, errors);
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) if (!names?.[name]) errors.push(required(`spec.names.${name}`));
  if (names !== undefined) checkNames(names, 'spec.names', errors);
  const strategy = spec.conversion?.strategy;
  if (spec.conversion !== undefined && !strategy) errors.push(required('spec.conversion.strategy'));
  else if (strategy !== undefined && !['None', 'Webhook'].includes(strategy))
    errors.push(notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook']));
  else if (strategy === 'Webhook' && spec.conversion?.webhook === undefined)
    errors.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
}

/** Groups of the Kubernetes project need an approval. */
function checkApproval({ spec, metadata }: Definition, errors: FieldError[]): void {
  const { group = '' } = spec;
  const isProtected = ['k8s.io', 'kubernetes.io'].some((domain) => group === domain || group.endsWith(`.${domain}`));
  if (!isProtected) return;
  const annotation = metadata?.annotations?.['api-approved.kubernetes.io'];
  const field = 'metadata.annotations[api-approved.kubernetes.io]';
  if (annotation === undefined)
    errors.push(
      required(
        field,
        `protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111`,
      ),
    );
  else if (!annotation.startsWith('unapproved') && !/^https?:\/\/[^/]+/.test(annotation))
    errors.push(
      invalidValue(
        field,
        annotation,
        `protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`,
      ),
    );
}

function checkName({ metadata, spec }: Definition, errors: FieldError[]): void {
  const name = metadata?.name ?? '';
  if (name !== `${spec.names?.plural}.${spec.group}`)
    errors.push(invalidValue('metadata.name', name, 'must be spec.names.plural+"."+spec.group'));
}

/** On creation the first storage version is the one stored: there must be one, and no other. */
function checkFirstStored({ spec }: Definition, errors: FieldError[]): void {
  const storage = (spec.versions ?? []).filter((version) => version.storage).map(({ name }) => name);
  const [first] = storage;
  const last = storage.at(-1);
  if (first === undefined) errors.push(invalidValue('status.storedVersions', null, 'must have at least one stored version'));
  else if (first !== last) errors.push(invalidValue('status.storedVersions', [first], `must have the storage version ${last}`));
}

/** Versions whose objects may still lie in storage must stay. */
function checkStored({ spec, status }: Definition, errors: FieldError[]): void {
  const stored = status?.storedVersions ?? [];
  stored.forEach((version, i) => {
    if (spec.versions.some(({ name }) => name === version)) return;
    const text = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    errors.push(invalidValue(`status.storedVersions[${i}]`, version, text));
  });
}

function validateDefinition(definition: Definition): FieldErrors {
  const errors: FieldError[] = [];
  const spec = definition.spec ?? ({} as Definition['spec']);
  checkName({ ...definition, spec }, errors);
  checkSpec(spec, errors);
  checkApproval({ ...definition, spec }, errors);
  if (spec.preserveUnknownFields)
    errors.push(
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  if (
    spec.preserveUnknownFields &&
    (spec.versions ?? []).some(({ schema }) => anySchema(schema?.openAPIV3Schema, (one) => one.default !== undefined))
  )
    errors.push(invalidValue('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  return errors;
}

export function validateNewDefinition(definition: Definition): FieldErrors {
  const errors: FieldError[] = [...validateDefinition(definition)];
  checkFirstStored({ ...definition, spec: definition.spec ?? ({} as Definition['spec']) }, errors);
  return errors;
}

export function validateDefinitionUpdate(next: Definition, old: Definition): FieldErrors {
  if (next.spec === old.spec) return [];
  const errors: FieldError[] = [...validateDefinition(next)];
  checkStored(next, errors);
  if (conditionIs(old, 'Established', 'True')) {
    if (next.spec.scope !== old.spec.scope) errors.push(immutable('spec.scope', next.spec.scope));
    if (next.spec.names.kind !== old.spec.names.kind) errors.push(immutable('spec.names.kind', next.spec.names.kind));
  }
  if (next.spec.group !== old.spec.group) errors.push(immutable('spec.group', next.spec.group));
  if (next.spec.names.plural !== old.spec.names.plural) errors.push(immutable('spec.names.plural', next.spec.names.plural));
  return errors;
}
