/** Roles and bindings. Mirrors Kubernetes v1.34 pkg/registry/rbac, pkg/apis/rbac/v1/defaults.go and pkg/apis/rbac/validation. */

import type { ClusterRole, FieldError, KubeObject, LabelSelector, RoleBinding } from '#api';
import { type FieldErrors, invalidValue, notSupported, required } from '../validation/field-error.ts';
import { internalForm, isSameForm } from '../validation/internal-form.ts';
import { dns1123Subdomain, pathSegment } from '../validation/names.ts';
import { isSelector, validateLabelSelector } from '../validation/selectors.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SUBJECTS = ['ServiceAccount', 'User', 'Group'];

type Subject = NonNullable<RoleBinding['subjects']>[number];
type Rule = NonNullable<ClusterRole['rules']>[number];

function checkRule(rule: Rule, isNamespaced: boolean, at: string, errors: FieldError[]): void {
  const { verbs, nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  if ((verbs ?? []).length === 0) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    const field = `${at}.nonResourceURLs`;
    if (isNamespaced) errors.push(invalidValue(field, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0)
      errors.push(invalidValue(field, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
    return;
  }
  if (apiGroups.length === 0) errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (resources.length === 0) errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
}

function checkSubject({ kind, name, namespace, apiGroup = '' }: Subject, isNamespaced: boolean, at: string, errors: FieldError[]): void {
  if (!name) errors.push(required(`${at}.name`));
  if (kind === 'ServiceAccount') {
    for (const text of name ? dns1123Subdomain(name) : []) errors.push(invalidValue(`${at}.name`, name, text));
    if (apiGroup !== '') errors.push(notSupported(`${at}.apiGroup`, apiGroup, ['']));
    if (!isNamespaced && !namespace) errors.push(required(`${at}.namespace`));
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== GROUP) errors.push(notSupported(`${at}.apiGroup`, apiGroup, [GROUP]));
  } else errors.push(notSupported(`${at}.kind`, kind, SUBJECTS));
}

const roles = (resource: string, isNamespaced: boolean): ResourceDescriptor<ClusterRole> => ({
  resource,
  nameRule: pathSegment,
  allowsCreateOnUpdate: true,
  validate(role): FieldErrors {
    const errors: FieldError[] = [];
    (role.rules ?? []).forEach((rule, i) => checkRule(rule, isNamespaced, `rules[${i}]`, errors));
    const at = 'aggregationRule.clusterRoleSelectors';
    const selectors = role.aggregationRule?.clusterRoleSelectors as readonly LabelSelector[] | undefined;
    if (isNamespaced || role.aggregationRule === undefined) return errors;
    if ((selectors ?? []).length === 0)
      errors.push(required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
    (selectors ?? []).forEach((selector, i) => {
      errors.push(...validateLabelSelector(selector, `${at}[${i}]`));
      if (!isSelector(selector)) errors.push(invalidValue(`${at}[${i}]`, null, 'invalid label selector.'));
    });
    return errors;
  },
});

function validateBinding(binding: RoleBinding, isNamespaced: boolean): FieldErrors {
  const errors: FieldError[] = [];
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {};
  const kinds = isNamespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (apiGroup !== GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [GROUP]));
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  else for (const text of pathSegment(name)) errors.push(invalidValue('roleRef.name', name, text));
  (binding.subjects ?? []).forEach((subject, i) => checkSubject(subject, isNamespaced, `subjects[${i}]`, errors));
  return errors;
}

const groupOf = ({ kind, apiGroup }: Subject): string | undefined => (kind === 'User' || kind === 'Group' ? apiGroup || GROUP : apiGroup);

const bindings = (resource: string, isNamespaced: boolean): ResourceDescriptor<RoleBinding> => ({
  resource,
  nameRule: pathSegment,
  allowsCreateOnUpdate: true,
  defaults(binding) {
    const { roleRef, subjects } = binding;
    const isWhole = Boolean(roleRef?.apiGroup) && (subjects ?? []).every((subject) => groupOf(subject) === subject.apiGroup);
    if (isWhole) return binding;
    const filled = subjects?.map((subject) => {
      const apiGroup = groupOf(subject);
      return apiGroup === undefined ? subject : { ...subject, apiGroup };
    });
    return {
      ...binding,
      roleRef: { ...roleRef, apiGroup: roleRef?.apiGroup || GROUP },
      ...(filled === undefined ? {} : { subjects: filled }),
    };
  },
  validate: (binding) => validateBinding(binding, isNamespaced),
  validateUpdate(next, old) {
    const errors = [...validateBinding(next, isNamespaced)];
    if (!isSameForm('RoleRef', next.roleRef, old.roleRef))
      errors.push(invalidValue('roleRef', internalForm('RoleRef', next.roleRef), 'cannot change roleRef'));
    return errors;
  },
});

export const roleDescriptors: readonly ResourceDescriptor[] = [
  bindings(`clusterrolebindings.${GROUP}`, false),
  roles(`clusterroles.${GROUP}`, false),
  bindings(`rolebindings.${GROUP}`, true),
  roles(`roles.${GROUP}`, true),
].map((descriptor) => descriptor as unknown as ResourceDescriptor<KubeObject>);
