/** FlowSchemas. Mirrors Kubernetes v1.34 pkg/apis/flowcontrol/v1/defaults.go and pkg/apis/flowcontrol/validation/validation.go. */

import { deepEqual, type FieldError, type FlowSchema } from '#api';
import { MANDATORY_SCHEMAS } from '../flow-control/bootstrap.ts';
import { duplicate, type FieldErrors, forbiddenField, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { internalForm } from '../validation/internal-form.ts';
import { dns1123Label, dns1123Subdomain } from '../validation/names.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Spec = NonNullable<FlowSchema['spec']>;
type Rules = NonNullable<Spec['rules']>[number];
type Subject = Rules['subjects'][number];

const PRECEDENCE = 1000;
const PRECEDENCE_MAX = 10_000;
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const KINDS = ['Group', 'ServiceAccount', 'User'] as const;
const FIELDS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const;

function checkSubject(subject: Subject, at: string, errors: FieldError[]): void {
  const kind = subject.kind as (typeof KINDS)[number];
  if (!KINDS.includes(kind)) {
    errors.push(notSupported(`${at}.kind`, kind, KINDS));
    return;
  }
  const own = FIELDS[kind];
  const named = subject[own];
  if (named === undefined) errors.push(required(`${at}.${own}`, `${own} is required when subject kind is '${kind}'`));
  else if (!named.name) errors.push(required(`${at}.${own}.name`));
  if (kind === 'ServiceAccount' && subject.serviceAccount !== undefined) {
    const { name, namespace } = subject.serviceAccount;
    for (const text of name && name !== '*' ? dns1123Subdomain(name) : [])
      errors.push(invalidValue(`${at}.serviceAccount.name`, name, text));
    if (!namespace) errors.push(required(`${at}.serviceAccount.namespace`, 'must specify namespace for service account'));
    else for (const text of dns1123Label(namespace)) errors.push(invalidValue(`${at}.serviceAccount.namespace`, namespace, text));
  }
  for (const other of KINDS)
    if (other !== kind && subject[FIELDS[other]] !== undefined)
      errors.push(forbiddenField(`${at}.${FIELDS[other]}`, `${FIELDS[other]} is forbidden when subject kind is not '${other}'`));
}

function checkVerbs(verbs: readonly string[] | undefined, at: string, errors: FieldError[]): void {
  if ((verbs ?? []).length === 0) errors.push(required(at, 'verbs must contain at least one value'));
  else if (verbs?.includes('*')) {
    if (verbs.length > 1) errors.push(invalidValue(at, verbs, "if '*' is present, must not specify other verbs"));
  } else if (!verbs?.every((verb) => VERBS.includes(verb))) errors.push(notSupported(at, verbs, VERBS));
}

/** A list that holds something, and nothing besides '*'. */
function checkWild(list: readonly string[] | undefined, at: string, missing: string, others: string, errors: FieldError[]): void {
  if ((list ?? []).length === 0) errors.push(required(at, missing));
  else if (list?.includes('*') && list.length > 1)
    errors.push(invalidValue(at, list, `if '*' is present, must not specify other ${others}`));
}

function checkPath(path: string, at: string, errors: FieldError[]): void {
  const wrong = (text: string): void => {
    errors.push(invalidValue(at, path, text));
  };
  if (path === '') wrong('must not be empty');
  else if (path === '/') return;
  else if (!path.startsWith('/')) wrong('must start with slash');
  else if (path.includes(' ')) wrong('must not contain white-space');
  else if (path.includes('//')) wrong('must not contain double slash');
  else if (path.includes('*') && (path.indexOf('*') !== path.length - 1 || !path.endsWith('/*')))
    wrong('wildcard can only do suffix matching');
}

function checkRules(rules: Rules, at: string, errors: FieldError[]): void {
  if ((rules.subjects ?? []).length === 0) errors.push(required(`${at}.subjects`, 'subjects must contain at least one value'));
  (rules.subjects ?? []).forEach((subject, i) => checkSubject(subject, `${at}.subjects[${i}]`, errors));
  const { resourceRules = [], nonResourceRules = [] } = rules;
  if (resourceRules.length + nonResourceRules.length === 0)
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  resourceRules.forEach(({ verbs, apiGroups, resources, namespaces, clusterScope }, i) => {
    const here = `${at}.resourceRules[${i}]`;
    checkVerbs(verbs, `${here}.verbs`, errors);
    checkWild(apiGroups, `${here}.apiGroups`, 'resource rules must supply at least one api group', 'api groups', errors);
    checkWild(resources, `${here}.resources`, 'resource rules must supply at least one resource', 'resources', errors);
    const missing = 'resource rules that are not cluster scoped must supply at least one namespace';
    if ((namespaces ?? []).length > 0 || !clusterScope) checkWild(namespaces, `${here}.namespaces`, missing, 'namespaces', errors);
    if (!namespaces?.includes('*'))
      namespaces?.forEach((namespace, n) => {
        for (const text of dns1123Label(namespace))
          errors.push(
            invalidValue(`${here}.namespaces[${n}]`, namespace, `each member of this list must be '*' or a DNS-1123 label; ${text}`),
          );
      });
  });
  nonResourceRules.forEach(({ verbs, nonResourceURLs }, i) => {
    const here = `${at}.nonResourceRules[${i}]`;
    checkVerbs(verbs, `${here}.verbs`, errors);
    checkWild(nonResourceURLs, `${here}.nonResourceURLs`, 'nonResourceURLs must contain at least one value', 'non-resource URLs', errors);
    if (!nonResourceURLs?.includes('*')) nonResourceURLs?.forEach((path, n) => checkPath(path, `${here}.nonResourceURLs[${n}]`, errors));
  });
}

function validate({ metadata, spec }: FlowSchema): FieldErrors {
  const errors: FieldError[] = [];
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec ?? ({} as Spec);
  const at = 'spec.matchingPrecedence';
  if (matchingPrecedence <= 0) errors.push(invalidValue(at, matchingPrecedence, 'must be a positive value'));
  if (matchingPrecedence > PRECEDENCE_MAX) errors.push(invalidValue(at, matchingPrecedence, `must not be greater than ${PRECEDENCE_MAX}`));
  if (matchingPrecedence === 1 && metadata?.name !== 'exempt')
    errors.push(invalidValue(at, matchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  if (distinguisherMethod !== undefined && !['ByNamespace', 'ByUser'].includes(distinguisherMethod.type ?? ''))
    errors.push(
      notSupported('spec.distinguisherMethod.type', internalForm('FlowDistinguisherMethod', distinguisherMethod), [
        'ByNamespace',
        'ByUser',
      ]),
    );
  const level = priorityLevelConfiguration?.name;
  if (!level) errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  else for (const text of dns1123Subdomain(level)) errors.push(invalidValue('spec.priorityLevelConfiguration.name', level, text));
  rules.forEach((one, i) => checkRules(one, `spec.rules[${i}]`, errors));
  const fixed = MANDATORY_SCHEMAS.find((one) => one.metadata?.name === metadata?.name);
  if (fixed !== undefined && !deepEqual(spec, fixed.spec))
    errors.push(invalidValue('spec', spec, `spec of '${metadata?.name}' must equal the fixed value`));
  return errors;
}

/** Conditions of both kinds: each type once. */
export function validateConditions(conditions: readonly { readonly type?: string }[] | undefined): FieldErrors {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions?.forEach(({ type = '' }, i) => {
    if (seen.has(type)) errors.push(duplicate(`status.conditions[${i}].type`, type));
    seen.add(type);
    if (type === '') errors.push(required(`status.conditions[${i}].type`, 'must not be empty'));
  });
  return errors;
}

export const flowSchemas: ResourceDescriptor<FlowSchema> = {
  resource: 'flowschemas.flowcontrol.apiserver.k8s.io',
  hasStatus: true,
  hasGeneration: true,
  defaults: (object) =>
    object.spec === undefined || object.spec.matchingPrecedence !== undefined
      ? object
      : { ...object, spec: { ...object.spec, matchingPrecedence: PRECEDENCE } },
  prepareForCreate: (object) => ({ ...object, status: {} }),
  validate,
  validateStatusUpdate: ({ status }) => validateConditions(status?.conditions),
};
