/** Numbers that may not be negative, or not zero. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateNonnegativeField). */

import type { FieldError } from '#api';
import { has, invalidValue } from './field-error.ts';

export function validateNonNegative(value: number | undefined, field: string, errors: FieldError[]): void {
  if (has(value) && value < 0) errors.push(invalidValue(field, value, 'must be greater than or equal to 0'));
}

/** ValidatePositiveField. */
export function validatePositive(value: number | undefined, field: string, errors: FieldError[]): void {
  if ((value ?? 0) <= 0) errors.push(invalidValue(field, value ?? 0, 'must be greater than zero'));
}
