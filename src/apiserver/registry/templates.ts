/** PodTemplates, ControllerRevisions and ServiceAccounts: what workloads keep and run as. Mirrors Kubernetes v1.34 pkg/registry/core/{podtemplate,
 *  serviceaccount}, pkg/registry/apps/controllerrevision and their validation. */

import { type ControllerRevision, deepEqual, type FieldError, type PodTemplate, type ServiceAccount } from '#api';
import { defaultTemplate } from '../defaults/pod-spec.ts';
import { immutable, invalidValue, required } from '../validation/field-error.ts';
import { validateTemplate } from '../validation/workload.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const checkTemplate = ({ template }: PodTemplate): readonly FieldError[] => validateTemplate(template, 'template');

export const podTemplates: ResourceDescriptor<PodTemplate> = {
  resource: 'podtemplates',
  hasGeneration: true,
  returnsDeletedObject: true,
  defaults(object) {
    const template = object.template === undefined ? undefined : defaultTemplate(object.template);
    return template === object.template ? object : { ...object, template };
  },
  validate: checkTemplate,
};

function checkRevision({ revision, data }: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if ((revision ?? 0) < 0) errors.push(invalidValue('revision', revision, 'must be greater than or equal to 0'));
  if (data === undefined || data === null) errors.push(required('data', 'data is mandatory'));
  else if (typeof data !== 'object' || Array.isArray(data)) errors.push(required('data', 'data must be a valid JSON object'));
  return errors;
}

export const controllerRevisions: ResourceDescriptor<ControllerRevision> = {
  resource: 'controllerrevisions.apps',
  validate: checkRevision,
  validateUpdate(next, old) {
    const errors = checkRevision(next);
    if (!deepEqual(next.data, old.data)) errors.push(immutable('data', next.data ?? null));
    return errors;
  },
};

/** Of the secrets that an account may use their names are kept, nothing else (cleanSecretReferences). */
const withNamesAlone = (account: ServiceAccount): ServiceAccount =>
  account.secrets === undefined
    ? account
    : { ...account, secrets: account.secrets.map(({ name }) => (name === undefined ? {} : { name })) };

export const serviceAccounts: ResourceDescriptor<ServiceAccount> = {
  resource: 'serviceaccounts',
  returnsDeletedObject: true,
  prepareForCreate: withNamesAlone,
  prepareForUpdate: withNamesAlone,
  validate: () => [],
};
