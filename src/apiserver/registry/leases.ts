/** Leases: heartbeats and leader election; the most frequent write of a big cluster. Mirrors Kubernetes v1.34 pkg/registry/coordination/lease. */

import type { FieldError, Lease } from '#api';
import { type FieldErrors, invalidValue, NO_ERRORS, required } from '../validation/field-error.ts';
import type { ResourceDescriptor } from './descriptor.ts';

function validate(lease: Lease): FieldErrors {
  const spec = lease.spec;
  if (spec === undefined) return NO_ERRORS;
  const { leaseDurationSeconds, leaseTransitions } = spec;
  const isSound =
    (leaseDurationSeconds === undefined || leaseDurationSeconds > 0) && (leaseTransitions === undefined || leaseTransitions >= 0);
  if (isSound && spec.strategy === undefined) return NO_ERRORS;
  const errors: FieldError[] = [];
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
    errors.push(invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
  if (leaseTransitions !== undefined && leaseTransitions < 0)
    errors.push(invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
  if (spec.preferredHolder && !spec.strategy) errors.push(required('spec.strategy', 'must be specified when `preferredHolder` is set'));
  return errors;
}

/** What coordinated leader election would say is behind a gate that is off; nobody sends it, so only new leases are looked at. */
function withoutCoordination(lease: Lease): Lease {
  if (lease.spec?.strategy === undefined && lease.spec?.preferredHolder === undefined) return lease;
  const { strategy: _strategy, preferredHolder: _holder, ...spec } = lease.spec;
  return { ...lease, spec };
}

export const leases: ResourceDescriptor<Lease> = {
  resource: 'leases.coordination.k8s.io',
  hasPlainFinalizers: true,
  allowsCreateOnUpdate: true,
  requiresResourceVersion: true,
  hasOnlySpec: true,
  prepareForCreate: withoutCoordination,
  validate,
  validateUpdate: validate,
};
