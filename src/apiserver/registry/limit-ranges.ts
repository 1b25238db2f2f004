/** LimitRanges. Mirrors Kubernetes v1.34 pkg/apis/core/v1/defaults.go (SetDefaults_LimitRangeItem) and ValidateLimitRange. */

import { compareQuantities, type FieldError, type LimitRange, type QuantityText, type ResourceList } from '#api';
import { duplicate, type FieldErrors, forbiddenField, invalidValue, required } from '../validation/field-error.ts';
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

/** `a` must not be above `b`, for each name that both have. */
function ordered(
  field: string,
  a: ResourceList | undefined,
  b: ResourceList | undefined,
  names: [string, string],
  errors: FieldError[],
): void {
  for (const name in a) {
    const [low, high] = [a[name] as QuantityText, b?.[name]];
    if (high === undefined || compareQuantities(low, high) <= 0) continue;
    errors.push(invalidValue(`${field}[${name}]`, String(low), `${names[0]} value ${low} is greater than ${names[1]} value ${high}`));
  }
}

function validate(range: LimitRange): FieldErrors {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  (range.spec?.limits ?? []).forEach((item, i) => {
    const at = `spec.limits[${i}]`;
    if (!item.type) errors.push(required(`${at}.type`));
    if (seen.has(item.type)) errors.push(duplicate(`${at}.type`, item.type));
    seen.add(item.type);
    if (item.type === 'Pod') {
      if (Object.keys(item.default ?? {}).length > 0)
        errors.push(forbiddenField(`${at}.default`, "may not be specified when `type` is 'Pod'"));
      if (Object.keys(item.defaultRequest ?? {}).length > 0)
        errors.push(forbiddenField(`${at}.defaultRequest`, "may not be specified when `type` is 'Pod'"));
    }
    if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined)
      errors.push(required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
    ordered(`${at}.min`, item.min, item.max, ['min', 'max'], errors);
    ordered(`${at}.defaultRequest`, item.min, item.defaultRequest, ['min', 'default request'], errors);
    ordered(`${at}.defaultRequest`, item.defaultRequest, item.max, ['default request', 'max'], errors);
    ordered(`${at}.defaultRequest`, item.defaultRequest, item.default, ['default request', 'default limit'], errors);
    ordered(`${at}.default`, item.default, item.max, ['default', 'max'], errors);
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
