/** Numbers that may be shares. Mirrors Kubernetes v1.34 pkg/apis/apps/validation/validation.go (ValidatePositiveIntOrPercent, IsNotMoreThan100Percent). */

import type { FieldError } from '#api';
import { invalidValue } from './field-error.ts';

const PERCENT = /^\d+%$/;

export function validateIntOrPercent(value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === 'string' && !PERCENT.test(value))
    errors.push(
      invalidValue(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    );
  else if (typeof value === 'number' && value < 0) errors.push(invalidValue(field, value, 'must be greater than or equal to 0'));
}

export function validateAtMostAll(value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === 'string' && PERCENT.test(value) && Number(value.slice(0, -1)) > 100)
    errors.push(invalidValue(field, value, 'must not be greater than 100%'));
}
