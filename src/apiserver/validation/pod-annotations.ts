/** Annotations of pods that are looked at. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidatePodSpecificAnnotations), for those that
 *  still mean something. */

import { type FieldErrors, invalidValue, NO_ERRORS } from './field-error.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const INT32 = /^[-+]?\d{1,10}$/;

export function validatePodAnnotations(annotations: Readonly<Record<string, string>> | undefined, field: string): FieldErrors {
  const cost = annotations?.[DELETION_COST];
  if (cost === undefined) return NO_ERRORS;
  const isNumber = INT32.test(cost) && Number(cost) >= -2_147_483_648 && Number(cost) <= 2_147_483_647;
  // A form of its own: plus signs and leading zeros are refused.
  if (isNumber && !cost.startsWith('+') && !/^-?0\d/.test(cost)) return NO_ERRORS;
  return [invalidValue(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer')];
}
