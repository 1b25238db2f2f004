/** LimitRanges. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem) and ValidateLimitRange. */

import type { FieldError, LimitRange } from '#api';
import { duplicate, type FieldErrors } from '../validation/field-error.ts';
import { validateLimits, validateLimitType } from '../validation/limit-ranges.ts';
import type { ResourceDescriptor } from './descriptor.ts';

type Item = NonNullable<NonNullable<LimitRange['spec']>['limits']>[number];

/** A container's limit is at most max by default; its request is its limit, or min. */
function defaultItem(item: Item): Item {
  if (item.type !== 'Container') return item;
  const limit = { ...item.max, ...item.default };
  const request = { ...item.min, ...limit, ...item.defaultRequest };
  if (Object.keys(limit).length === Object.keys(item.default ?? {}).length && sameNames(request, item.defaultRequest)) return item;
  return { ...item, ...(Object.keys(limit).length > 0 ? { default: limit } : {}), defaultRequest: request };
}

const sameNames = (a: object, b: object | undefined): boolean => Object.keys(a).length === Object.keys(b ?? {}).length;

function validate(range: LimitRange): FieldErrors {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (range.spec?.limits ?? []).forEach((item, i) => {
    const at = `spec.limits[${i}]`;
    validateLimitType(item.type ?? '', `${at}.type`, errors);
    if (seen.has(item.type ?? '')) errors.push(duplicate(`${at}.type`, item.type ?? ''));
    seen.add(item.type ?? '');
    validateLimits(item, at, errors);
  });
  return errors;
}

export const limitRanges: ResourceDescriptor<LimitRange> = {
  resource: 'limitranges',
  allowsCreateOnUpdate: true,
  defaults(range) {
    const limits = range.spec?.limits;
    if (!Array.isArray(limits) || limits.every((item) => defaultItem(item) === item)) return range;
    return { ...range, spec: { ...range.spec, limits: limits.map(defaultItem) } };
  },
  validate,
};
