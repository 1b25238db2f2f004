/** What a claim on devices may say: requests, selectors, constraints, configuration; and what its status may become.
 *  Mirrors Kubernetes v1.34 pkg/apis/resource/validation/validation.go (validateDeviceClaim, validateResourceClaimStatusUpdate). */

import {
  ALLOCATION_RESULTS_MAX,
  type AllocationResult,
  compileDeviceSelector,
  type DeviceClaim,
  type DeviceConstraint,
  type DeviceRequest,
  type DeviceSelector,
  type DeviceToleration,
  deepEqual,
  type FieldError,
  RESERVED_FOR_MAX,
  type ResourceClaim,
} from '#api';
import type { JsonSchema } from '../custom-resources/json-schema.ts';
import { estimatedCost } from '../custom-resources/rule-cost.ts';
import { forbiddenField, immutable, invalidValue, notSupported, required, tooLong } from './field-error.ts';
import { validateDeviceQualifiedName, validateDriverName, validateEach, validateName, validateUnique } from './lists.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from './names.ts';

const SELECTORS_MAX = 32;
const FIRST_AVAILABLE_MAX = 8;
const CONSTRAINTS_MAX = 32;
const CONFIG_MAX = 32;
const EXPRESSION_MAX = 10 * 1024;
/** CELSelectorExpressionMaxCost, and how large what a selector looks at may be. */
const SELECTOR_COST_MAX = 1_000_000;
const inDomains = (value: JsonSchema): JsonSchema => ({
  type: 'object',
  maxProperties: 32,
  additionalProperties: { type: 'object', maxProperties: 32, additionalProperties: value },
});
const DEVICE: JsonSchema = {
  type: 'object',
  properties: {
    driver: { type: 'string', maxLength: 63 },
    attributes: inDomains({ type: 'string', maxLength: 64 }),
    capacity: inDomains({ type: 'string', maxLength: 1 }),
  },
};
const PARAMETERS_MAX = 10 * 1024;
const REFERENCE = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** What an exact request and an alternative of a prioritized list have in common. */
interface Wanted {
  readonly deviceClassName?: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: string;
  readonly count?: number;
  readonly tolerations?: readonly DeviceToleration[];
}

/** Names of requests, each with the names of its alternatives. */
type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

const requestNamesOf = ({ requests }: DeviceClaim): RequestNames =>
  new Map((requests ?? []).map(({ name, firstAvailable }) => [name, new Set((firstAvailable ?? []).map((one) => one.name))]));

function isRequestName(names: RequestNames, reference: string): boolean {
  const [request = '', alternative, ...rest] = reference.split('/');
  const alternatives = names.get(request);
  if (rest.length > 0 || alternatives === undefined) return false;
  return alternative === undefined || alternatives.has(alternative);
}

/** `stored`: the expressions were accepted before and are not compiled again. */
export function validateDeviceClaim(claim: DeviceClaim, field: string, stored: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const names = requestNamesOf(claim);
  validateUnique(
    claim.requests,
    ALLOCATION_RESULTS_MAX,
    `${field}.requests`,
    errors,
    (request, at) => validateRequest(request, at, stored, errors),
    (request) => request.name,
    'name',
  );
  validateEach(claim.constraints, CONSTRAINTS_MAX, `${field}.constraints`, errors, (constraint, at) =>
    validateConstraint(constraint, at, names, errors),
  );
  validateEach(claim.config, CONFIG_MAX, `${field}.config`, errors, (config, at) => {
    validateReferences(config.requests, `${at}.requests`, names, errors);
    validateDeviceConfiguration(config, at, errors);
  });
  return errors;
}

function validateRequest(request: DeviceRequest, field: string, stored: boolean, errors: FieldError[]): void {
  validateName(request.name, dns1123Label, `${field}.name`, errors);
  const alternatives = request.firstAvailable ?? [];
  validateUnique(
    alternatives,
    FIRST_AVAILABLE_MAX,
    `${field}.firstAvailable`,
    errors,
    (alternative, at) => {
      validateName(alternative.name, dns1123Label, `${at}.name`, errors);
      validateWanted(alternative, at, stored, errors);
    },
    (alternative) => alternative.name,
    'name',
  );
  if (request.exactly !== undefined) validateWanted(request.exactly, `${field}.exactly`, stored, errors);
  if (alternatives.length === 0 && request.exactly === undefined)
    errors.push(required(field, 'exactly one of `exactly` or `firstAvailable` is required'));
  if (alternatives.length > 0 && request.exactly !== undefined)
    errors.push({
      ...invalidValue(field, '', ''),
      message: 'Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set',
    });
}

function validateWanted(wanted: Wanted, field: string, stored: boolean, errors: FieldError[]): void {
  if (!wanted.deviceClassName) errors.push(required(`${field}.deviceClassName`));
  else validateName(wanted.deviceClassName, dns1123Subdomain, `${field}.deviceClassName`, errors);
  validateSelectors(wanted.selectors, `${field}.selectors`, stored, errors);
  const { allocationMode, count = 0 } = wanted;
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalidValue(`${field}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode !== 'ExactCount') errors.push(notSupported(`${field}.allocationMode`, allocationMode, ['All', 'ExactCount']));
  else if (count <= 0) errors.push(invalidValue(`${field}.count`, count, 'must be greater than zero'));
  (wanted.tolerations ?? []).forEach((toleration, i) => validateToleration(toleration, `${field}.tolerations[${i}]`, errors));
}

export function validateSelectors(
  selectors: readonly DeviceSelector[] | undefined,
  field: string,
  stored: boolean,
  errors: FieldError[],
): void {
  validateEach(selectors, SELECTORS_MAX, field, errors, ({ cel }, at) => {
    const expression = cel?.expression ?? '';
    if (cel === undefined) errors.push(required(`${at}.cel`));
    else if (expression.length > EXPRESSION_MAX) errors.push(tooLong(`${at}.cel.expression`, EXPRESSION_MAX));
    else if (!stored) {
      const { error, ast } = compileDeviceSelector(expression);
      if (error !== undefined) errors.push(invalidValue(`${at}.cel.expression`, expression, error));
      else if (ast !== undefined && estimatedCost(ast, { device: DEVICE }) > SELECTOR_COST_MAX)
        errors.push(forbiddenField(`${at}.cel.expression`, 'too complex, exceeds cost limit'));
    }
  });
}

function validateToleration(toleration: DeviceToleration, field: string, errors: FieldError[]): void {
  const { key = '', operator, value = '', effect } = toleration;
  if (key !== '') validateName(key, qualifiedName, `${field}.key`, errors);
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalidValue(`${field}.value`, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') validateName(value, labelValue, `${field}.value`, errors);
  else if (!operator) errors.push(required(`${field}.operator`));
  else errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
  if (effect && !DEVICE_TAINT_EFFECTS.includes(effect)) errors.push(notSupported(`${field}.effect`, effect, DEVICE_TAINT_EFFECTS));
}

export const DEVICE_TAINT_EFFECTS: readonly string[] = ['NoExecute', 'NoSchedule'];

function validateConstraint(constraint: DeviceConstraint, field: string, names: RequestNames, errors: FieldError[]): void {
  validateReferences(constraint.requests, `${field}.requests`, names, errors);
  const name = constraint.matchAttribute;
  if (name === undefined) {
    errors.push(required(`${field}.matchAttribute`));
    return;
  }
  validateDeviceQualifiedName(name, `${field}.matchAttribute`, errors);
  if (name !== '' && !name.includes('/')) errors.push(invalidValue(`${field}.matchAttribute`, name, 'must include a domain'));
}

function validateReferences(requests: readonly string[] | undefined, field: string, names: RequestNames, errors: FieldError[]): void {
  const check = (name: string, at: string): void => {
    const segments = name.split('/');
    if (segments.length <= 2) for (const segment of segments) validateName(segment, dns1123Label, at, errors);
    if (!isRequestName(names, name)) errors.push(invalidValue(at, name, REFERENCE));
  };
  validateUnique(requests, ALLOCATION_RESULTS_MAX, field, errors, check, (name) => name);
}

interface Configured {
  readonly opaque?: { readonly driver?: string; readonly parameters?: unknown };
}

export function validateDeviceConfiguration({ opaque }: Configured, field: string, errors: FieldError[]): void {
  if (opaque === undefined) {
    errors.push(required(`${field}.opaque`));
    return;
  }
  validateDriverName(opaque.driver, `${field}.opaque.driver`, errors);
  const at = `${field}.opaque.parameters`;
  const { parameters } = opaque;
  if (parameters === undefined || parameters === null) errors.push(required(at));
  else if (JSON.stringify(parameters).length > PARAMETERS_MAX) errors.push(tooLong(at, PARAMETERS_MAX));
  else if (typeof parameters !== 'object' || Array.isArray(parameters))
    errors.push({ ...required(at), reason: 'FieldValueInvalid', message: 'Invalid value: "<value omitted>": must be a valid JSON object' });
}

export function validateClaimStatusUpdate(next: ResourceClaim, old: ResourceClaim): FieldError[] {
  const errors: FieldError[] = [];
  const { allocation, reservedFor = [] } = next.status ?? {};
  validateUnique(
    reservedFor,
    RESERVED_FOR_MAX,
    'status.reservedFor',
    errors,
    ({ resource, name, uid }, at) => {
      if (!resource) errors.push(required(`${at}.resource`));
      if (!name) errors.push(required(`${at}.name`));
      if (!uid) errors.push(required(`${at}.uid`));
    },
    ({ uid }) => uid,
    'uid',
  );
  if (reservedFor.length > 0 && allocation === undefined)
    errors.push(forbiddenField('status.reservedFor', 'may not be specified when `allocated` is not set'));
  if (reservedFor.length > 0 && allocation !== undefined && next.metadata?.deletionTimestamp !== undefined) {
    const known = new Set((old.status?.reservedFor ?? []).map(({ uid }) => uid));
    if (reservedFor.some(({ uid }) => !known.has(uid)))
      errors.push(
        forbiddenField('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'),
      );
  }
  const before = old.status?.allocation;
  if (allocation !== undefined && before !== undefined) {
    if (!deepEqual(allocation, before)) errors.push(immutable('status.allocation', allocation));
  } else if (allocation !== undefined) validateAllocation(allocation, requestNamesOf(next.spec.devices ?? {}), errors);
  return errors;
}

function validateAllocation({ devices }: AllocationResult, names: RequestNames, errors: FieldError[]): void {
  const field = 'status.allocation.devices';
  validateEach(devices?.results, ALLOCATION_RESULTS_MAX, `${field}.results`, errors, (result, at) => {
    if (!isRequestName(names, result.request)) errors.push(invalidValue(`${at}.request`, result.request, REFERENCE));
    validateDriverName(result.driver, `${at}.driver`, errors);
    validatePoolName(result.pool, `${at}.pool`, errors);
    validateName(result.device, dns1123Label, `${at}.device`, errors);
  });
  validateEach(devices?.config, 2 * CONFIG_MAX, `${field}.config`, errors, (config, at) => {
    if (!config.source) errors.push(required(`${at}.source`));
    else if (config.source !== 'FromClaim' && config.source !== 'FromClass')
      errors.push(notSupported(`${at}.source`, config.source, ['FromClaim', 'FromClass']));
    validateReferences(config.requests, `${at}.requests`, names, errors);
    validateDeviceConfiguration(config, at, errors);
  });
}

const POOL_MAX = 253;

export function validatePoolName(name: string | undefined, field: string, errors: FieldError[]): void {
  if (!name) {
    errors.push(required(field));
    return;
  }
  if (name.length > POOL_MAX) errors.push(tooLong(field, POOL_MAX));
  for (const part of name.split('/')) validateName(part, dns1123Subdomain, field, errors);
}
