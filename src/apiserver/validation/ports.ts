/** Ports of network policies, ingresses and endpoints. Mirrors apimachinery v1.34 pkg/util/validation (IsValidPortNum). */

import type { FieldError } from '#api';
import { invalidValue } from './field-error.ts';

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

export function validatePortNumber(port: number, field: string, errors: FieldError[]): void {
  if (!(port >= 1 && port <= 65_535)) errors.push(invalidValue(field, port, 'must be between 1 and 65535, inclusive'));
}
