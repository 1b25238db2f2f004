/** What containers and pods ask for. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateResourceRequirements) and
 *  pkg/apis/core/helper/helpers.go for the names of resources. */

import { type Container, compareQuantities, type FieldError, formatQuantity, parseQuantity, QUANTITY_ERROR } from '#api';
import { duplicate, forbiddenField, has, invalidValue, notFoundField, notSupported, required } from './field-error.ts';
import { validateName } from './lists.ts';
import { dns1123Label, qualifiedName } from './names.ts';
import { INTEGER_RESOURCES, STANDARD_RESOURCES } from './resource-names.ts';

type Amount = string | number;
type Amounts = Readonly<Record<string, Amount>> | undefined;
type Requirements = NonNullable<Container['resources']>;

const NANO = 1_000_000_000n;
const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const OF_CONTAINERS = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** IsNativeResource: without a prefix, or with Kubernetes' own. */
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
/** IsExtendedResourceName. */
const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0;
/** IsOvercommitAllowed. */
export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePages(name);

/** validateResourceName: true when the name is one. */
export function validateResourceName(name: string, field: string, errors: FieldError[]): boolean {
  const texts = qualifiedName(name);
  for (const text of texts) errors.push(invalidValue(field, name, text));
  if (texts.length > 0) return false;
  if (name.includes('/') || STANDARD_RESOURCES.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-')) return true;
  errors.push(invalidValue(field, name, 'must be a standard resource type or fully qualified'));
  return false;
}

/** validateContainerResourceName. */
export function validateContainerResourceName(name: string, field: string, errors: FieldError[]): void {
  validateResourceName(name, field, errors);
  if (!name.includes('/')) {
    if (!OF_CONTAINERS.has(name) && !isHugePages(name))
      errors.push(invalidValue(field, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtended(name)) errors.push(invalidValue(field, name, "doesn't follow extended resource name standard"));
}

function validatePodResourceName(name: string, field: string, errors: FieldError[]): void {
  if (!validateResourceName(name, field, errors)) return;
  if (!['cpu', 'memory'].includes(name) && !isHugePages(name)) errors.push(notSupported(field, name, ['cpu', 'hugepages-', 'memory']));
}

/** ValidateResourceQuantityValue. */
export function validateAmount(name: string, amount: Amount, field: string, errors: FieldError[]): void {
  const parsed = parseQuantity(amount);
  if (parsed === undefined) return void errors.push(invalidValue(field, amount, QUANTITY_ERROR));
  if (parsed.nano < 0n) errors.push(invalidValue(field, formatQuantity(parsed), 'must be greater than or equal to 0'));
  if ((INTEGER_RESOURCES.has(name) || isExtended(name)) && parsed.nano % NANO !== 0n)
    errors.push(invalidValue(field, formatQuantity(parsed), 'must be an integer'));
}

function validateHugePages(name: string, amount: Amount, field: string, errors: FieldError[]): void {
  const size = parseQuantity(name.slice('hugepages-'.length));
  const parsed = parseQuantity(amount);
  if (parsed === undefined) return;
  if (size === undefined || size.nano <= 0n || parsed.nano % size.nano !== 0n)
    errors.push(invalidValue(field, formatQuantity(parsed), `${formatQuantity(parsed)} is not positive integer multiple of ${name}`));
}

/** validateResourceClaimNames. */
function validateClaimNames(claims: Requirements['claims'], known: ReadonlySet<string>, field: string, errors: FieldError[]): void {
  const names = new Set<string>();
  (claims ?? []).forEach((claim, i) => {
    const { name = '', request } = claim as { readonly name?: string; readonly request?: string };
    const at = `${field}[${i}]`;
    if (name === '') return void errors.push(required(at));
    if (names.has(name)) errors.push(duplicate(at, name));
    else {
      const key = request ? `${name}/${request}` : name;
      if (request) validateName(request, dns1123Label, `${at}.request`, errors);
      if (names.has(key)) errors.push(duplicate(at, key));
      else if (!request) for (const taken of names) if (taken.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      names.add(key);
    }
    if (known.has(name)) return;
    const named = known.size === 0 ? ' which is empty' : `: ${[...known].sort().join(', ')}`;
    errors.push(notFoundField(at, name, `must be one of the names in pod.spec.resourceClaims${named}`));
  });
}

function validateList(list: Amounts, isPod: boolean, field: string, errors: FieldError[]): void {
  for (const name in list) {
    const at = `${field}[${name}]`;
    (isPod ? validatePodResourceName : validateContainerResourceName)(name, at, errors);
    validateAmount(name, list[name] as Amount, at, errors);
    if (isHugePages(name)) validateHugePages(name, list[name] as Amount, at, errors);
  }
}

const text = (amount: Amount): string => {
  const parsed = parseQuantity(amount);
  return parsed === undefined ? String(amount) : formatQuantity(parsed);
};

function validateRequestsAgainstLimits(requests: Amounts, limits: Amounts, field: string, errors: FieldError[]): void {
  for (const name in requests) {
    const request = requests[name] as Amount;
    const limit = limits?.[name];
    if (limit === undefined) {
      if (!isOvercommitAllowed(name)) errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
      continue;
    }
    if (parseQuantity(request) === undefined || parseQuantity(limit) === undefined) continue;
    const order = compareQuantities(request, limit);
    if (order !== 0 && !isOvercommitAllowed(name))
      errors.push(invalidValue(`${field}.requests`, text(request), `must be equal to ${name} limit of ${text(limit)}`));
    else if (order > 0)
      errors.push(invalidValue(`${field}.requests`, text(request), `must be less than or equal to ${name} limit of ${text(limit)}`));
  }
}

const speaksOf = (list: Amounts, names: (name: string) => boolean): boolean => list !== undefined && Object.keys(list).some(names);

/** ValidateContainerResourceRequirements; of a whole pod when `isPod`. */
export function validateResources(
  resources: Requirements | undefined,
  claims: ReadonlySet<string>,
  field: string,
  errors: FieldError[],
  isPod = false,
): void {
  if (!has(resources)) return;
  const limits = resources.limits as Amounts;
  const requests = resources.requests as Amounts;
  validateList(limits, isPod, `${field}.limits`, errors);
  validateList(requests, isPod, `${field}.requests`, errors);
  validateRequestsAgainstLimits(requests, limits, field, errors);
  const isComputed = (name: string): boolean => name === 'cpu' || name === 'memory';
  if (
    (speaksOf(limits, isHugePages) || speaksOf(requests, isHugePages)) &&
    !speaksOf(limits, isComputed) &&
    !speaksOf(requests, isComputed)
  )
    errors.push(forbiddenField(field, 'HugePages require cpu or memory'));
  validateClaimNames(resources.claims, claims, `${field}.claims`, errors);
}
