/** PodGroups, the gangs of the Coscheduling plugin. Mirrors scheduler-plugins v0.32 apis/scheduling/v1alpha1 and its CustomResourceDefinition:
 *  the schema's types, no defaults, status by /status alone. */

import type { FieldError, KubeObject } from '#api';
import { type FieldErrors, invalidValue } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

interface PodGroup extends KubeObject {
  readonly spec?: Readonly<Record<string, unknown>>;
}

const WHOLE = ['minMember', 'scheduleTimeoutSeconds'];

const typeOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'number' ? 'number' : typeof value;

function validate({ spec }: PodGroup): FieldErrors {
  const errors: FieldError[] = [];
  for (const name of WHOLE) {
    const value = spec?.[name];
    if (value === undefined || Number.isInteger(value)) continue;
    const found = typeOf(value);
    errors.push(invalidValue(`spec.${name}`, found, `spec.${name} in body must be of type integer: "${found}"`));
  }
  return errors;
}

export const podGroups: ResourceDescriptor<PodGroup> = {
  resource: 'podgroups.scheduling.x-k8s.io',
  storagePath: 'scheduling.x-k8s.io/podgroups',
  hasGeneration: true,
  hasStatus: true,
  returnsDeletedObject: true,
  validate,
  validateUpdate: (next) => validate(next),
};
