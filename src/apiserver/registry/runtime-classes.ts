/** RuntimeClasses. Mirrors Kubernetes v1.34 pkg/apis/node/validation/validation.go. */

import type { FieldError, RuntimeClass } from '#api';
import { validateResources } from '../validation/container-resources.ts';
import { type FieldErrors, has, immutable, invalidValue } from '../validation/field-error.ts';
import { dns1123Label } from '../validation/names.ts';
import { validateLabels } from '../validation/object-meta.ts';
import { validateTolerations } from '../validation/pod-spec.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldErrors {
  const errors: FieldError[] = dns1123Label(handler ?? '').map((text) => invalidValue('handler', handler ?? '', text));
  if (has(overhead)) validateResources({ limits: overhead.podFixed }, new Set(), 'overhead', errors);
  errors.push(...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'));
  errors.push(...validateTolerations(scheduling?.tolerations, 'scheduling.tolerations.tolerations'));
  return errors;
}

export const runtimeClasses: ResourceDescriptor<RuntimeClass> = {
  resource: 'runtimeclasses.node.k8s.io',
  validate,
  validateUpdate: (next, old) => [...validate(next), ...(next.handler === old.handler ? [] : [immutable('handler', next.handler)])],
};
