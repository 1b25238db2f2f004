/** RuntimeClasses. Mirrors Kubernetes v1.34 pkg/apis/node/validation/validation.go. */

import { compareQuantities, type FieldError, type QuantityText, type RuntimeClass } from '#api';
import { type FieldErrors, immutable, invalidValue } from '../validation/field-error.ts';
import { dns1123Label } from '../validation/names.ts';
import { validateLabels } from '../validation/object-meta.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldErrors {
  const errors: FieldError[] = dns1123Label(handler ?? '').map((text) => invalidValue('handler', handler ?? '', text));
  for (const [name, amount] of Object.entries(overhead?.podFixed ?? {}))
    if (compareQuantities(amount as QuantityText, 0) < 0)
      errors.push(invalidValue(`overhead.podFixed[${name}]`, amount, 'must be greater than or equal to 0'));
  errors.push(...validateLabels(scheduling?.nodeSelector, 'scheduling.nodeSelector'));
  return errors;
}

export const runtimeClasses: ResourceDescriptor<RuntimeClass> = {
  resource: 'runtimeclasses.node.k8s.io',
  validate,
  validateUpdate: (next, old) => [...validate(next), ...(next.handler === old.handler ? [] : [immutable('handler', next.handler)])],
};
