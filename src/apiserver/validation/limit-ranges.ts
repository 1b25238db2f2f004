/** One limit of a LimitRange. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateLimitRange). */

import { type FieldError, formatQuantity, type LimitRange, parseQuantity, type Quantity } from '#api';
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from './container-resources.ts';
import { forbiddenField, invalidValue, required } from './field-error.ts';
import { qualifiedName } from './names.ts';

type Item = NonNullable<NonNullable<LimitRange['spec']>['limits']>[number];
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type List = (typeof LISTS)[number];

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const ONE = 1_000_000_000n;

export function validateLimitType(type: string, field: string, errors: FieldError[]): void {
  const texts = qualifiedName(type);
  for (const text of texts) errors.push(invalidValue(field, type, text));
  if (texts.length === 0 && !type.includes('/') && !TYPES.includes(type))
    errors.push(invalidValue(field, type, 'must be a standard limit type or fully qualified'));
}

const amountOf = (item: Item, list: List, name: string): Quantity | undefined => {
  const amount = item[list]?.[name];
  return amount === undefined ? undefined : parseQuantity(amount);
};

/** Go's %f. */
const sixDigits = (value: number): string => (Number.isFinite(value) ? value.toFixed(6) : '+Inf');

function validateRatio(ratio: Quantity, min: Quantity | undefined, max: Quantity | undefined, field: string, errors: FieldError[]): void {
  const text = formatQuantity(ratio);
  if (ratio.nano < ONE) errors.push(invalidValue(field, text, `ratio ${text} is less than 1`));
  if (min === undefined || max === undefined) return;
  const limit = Number(max.nano) / Number(min.nano);
  if (Number(ratio.nano) / Number(ONE) > limit)
    errors.push(invalidValue(field, text, `ratio ${text} is greater than max/min = ${sixDigits(limit)}`));
}

/** What the lists say of one resource together. */
function validateTogether(item: Item, name: string, at: string, errors: FieldError[]): void {
  const min = amountOf(item, 'min', name);
  const max = amountOf(item, 'max', name);
  const isPod = item.type === 'Pod';
  const limit = isPod ? undefined : amountOf(item, 'default', name);
  const request = isPod ? undefined : amountOf(item, 'defaultRequest', name);
  const refuse = (low: Quantity | undefined, high: Quantity | undefined, list: List, value: Quantity | undefined, words: string): void => {
    if (low === undefined || high === undefined || low.nano <= high.nano) return;
    const [lower = '', higher = ''] = words.split('|');
    const text = `${lower} value ${formatQuantity(low)} is greater than ${higher} value ${formatQuantity(high)}`;
    errors.push(invalidValue(`${at}.${list}[${name}]`, formatQuantity(value as Quantity), text));
  };
  refuse(min, max, 'min', min, 'min|max');
  refuse(min, request, 'defaultRequest', request, 'min|default request');
  refuse(request, max, 'defaultRequest', request, 'default request|max');
  refuse(request, limit, 'defaultRequest', request, 'default request|default limit');
  refuse(min, limit, 'default', min, 'min|default');
  refuse(limit, max, 'default', max, 'default|max');
  const ratio = amountOf(item, 'maxLimitRequestRatio', name);
  if (ratio !== undefined) validateRatio(ratio, min, max, `${at}.maxLimitRequestRatio[${name}]`, errors);
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined || limit.nano === request.nano) return;
  const [a, b] = [formatQuantity(limit), formatQuantity(request)];
  errors.push(invalidValue(`${at}.defaultRequest[${name}]`, b, `default value ${a} must equal to defaultRequest value ${b} in ${name}`));
}

export function validateLimits(item: Item, at: string, errors: FieldError[]): void {
  const isOfContainers = item.type === 'Pod' || item.type === 'Container';
  const names = new Set<string>();
  for (const list of LISTS) {
    if (item.type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(item[list] ?? {}).length > 0)
        errors.push(forbiddenField(`${at}.${list}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    if (list === 'maxLimitRequestRatio' && item.type === 'PersistentVolumeClaim') validateStorage(item, at, errors);
    for (const name in item[list]) {
      if (isOfContainers) validateContainerResourceName(name, `${at}.${list}[${name}]`, errors);
      else validateResourceName(name, `${at}.${list}[${name}]`, errors);
      names.add(name);
    }
  }
  for (const name of names) validateTogether(item, name, at, errors);
}

function validateStorage(item: Item, at: string, errors: FieldError[]): void {
  if (item.min?.['storage'] === undefined && item.max?.['storage'] === undefined)
    errors.push(required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
}
