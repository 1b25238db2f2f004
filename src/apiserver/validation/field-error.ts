/** Field errors with upstream's wording. Mirrors apimachinery v1.34 pkg/util/validation/field/errors.go (Error.ErrorBody). */

import type { FieldError } from '#api';

export type FieldErrors = readonly FieldError[];

const HTML_SIGNS: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

/** Go's rendering of a bad value: strings quoted, everything else as JSON. */
function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  const text = JSON.stringify(value ?? '');
  return typeof value === 'object' ? text.replace(/[<>&]/g, (sign) => HTML_SIGNS[sign] as string) : text;
}

const detailed = (text: string, detail: string | undefined): string =>
  detail === undefined || detail === '' ? text : `${text}: ${detail}`;

export const required = (field: string, detail?: string): FieldError => ({
  reason: 'FieldValueRequired',
  field,
  message: detailed('Required value', detail),
});

export const invalidValue = (field: string, value: unknown, detail: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field,
  message: detailed(`Invalid value: ${shown(value)}`, detail),
});

export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: `Unsupported value: ${shown(value)}: supported values: ${supported.map((text) => `"${text}"`).join(', ')}`,
});

export const forbiddenField = (field: string, detail: string): FieldError => ({
  reason: 'FieldValueForbidden',
  field,
  message: detailed('Forbidden', detail),
});

export const duplicate = (field: string, value: unknown): FieldError => ({
  reason: 'FieldValueDuplicate',
  field,
  message: `Duplicate value: ${shown(value)}`,
});

export const notFoundField = (field: string, value: unknown, detail?: string): FieldError => ({
  reason: 'FieldValueNotFound',
  field,
  message: detailed(`Not found: ${shown(value)}`, detail),
});

export const tooLong = (field: string, max: number): FieldError => ({
  reason: 'FieldValueTooLong',
  field,
  message: `Too long: may not be more than ${max} bytes`,
});

export const tooMany = (field: string, count: number, max: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field,
  message: `Too many: ${count}: must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
});

/** A value of the wrong type: told as an invalid one, under a reason of its own. */
export const typeInvalid = (field: string, value: unknown, detail: string): FieldError => ({
  ...invalidValue(field, value, detail),
  reason: 'FieldValueTypeInvalid',
});

/** validation.FieldImmutableErrorMsg. */
export const immutable = (field: string, value: unknown): FieldError => invalidValue(field, value, 'field is immutable');

/** Whether a member is there: null is nothing to Kubernetes' decoder. */
export const has = <T>(value: T): value is NonNullable<T> => value !== undefined && value !== null;

/** A value that must be one of those listed, in the order in which upstream lists them. */
export function validateChoice(value: string | undefined, choices: readonly string[], field: string, errors: FieldError[]): void {
  if (!choices.includes(value ?? '')) errors.push(notSupported(field, value ?? '', choices));
}

/** The same, and an empty one is missing. */
export function requireChoice(value: string | undefined, choices: readonly string[], field: string, errors: FieldError[]): void {
  if (!value) errors.push(required(field));
  else validateChoice(value, choices, field, errors);
}

export const NO_ERRORS: FieldErrors = [];
