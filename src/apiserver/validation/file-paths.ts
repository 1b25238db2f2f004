/** Paths and modes of files in volumes. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateLocalDescendingPath and kin). */

import type { FieldError } from '#api';
import { has, invalidValue } from './field-error.ts';

const MODE_MAX = 0o777;

/** validatePathNoBacksteps. */
export function validateNoBacksteps(path: string, field: string, errors: FieldError[]): void {
  if (path.split('/').includes('..')) errors.push(invalidValue(field, path, "must not contain '..'"));
}

/** validateLocalDescendingPath. */
export function validateDescendingPath(path: string, field: string, errors: FieldError[]): void {
  if (path.startsWith('/')) errors.push(invalidValue(field, path, 'must be a relative path'));
  validateNoBacksteps(path, field, errors);
}

/** ValidateLocalNonReservedPath. */
export function validateLocalPath(path: string, field: string, errors: FieldError[]): void {
  validateDescendingPath(path, field, errors);
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalidValue(field, path, "must not start with '..'"));
}

export function validateFileMode(mode: number | undefined, field: string, errors: FieldError[]): void {
  if (has(mode) && (mode > MODE_MAX || mode < 0))
    errors.push(invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive'));
}
