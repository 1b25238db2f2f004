/** Fields of a pod and resources of its containers that variables and files may show. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go
 *  (validateObjectFieldSelector, validateContainerResourceFieldSelector) and pkg/apis/core/pods/helpers.go. */

import { type FieldError, formatQuantity, parseQuantity } from '#api';
import { invalidValue, notSupported, required } from './field-error.ts';
import { validateName } from './lists.ts';
import { qualifiedName } from './names.ts';

interface FieldRef {
  readonly apiVersion?: string;
  readonly fieldPath?: string;
}
interface ResourceRef {
  readonly containerName?: string;
  readonly resource?: string;
  readonly divisor?: string | number;
}

/** ConvertDownwardAPIFieldLabel's. */
const PLAIN = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

const SUBSCRIPTED = /^(.*)\['(.*)'\]$/s;
const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateFieldRef(ref: FieldRef, supported: readonly string[], field: string, errors: FieldError[]): void {
  const { apiVersion, fieldPath } = ref;
  if (!apiVersion) return void errors.push(required(`${field}.apiVersion`));
  if (!fieldPath) return void errors.push(required(`${field}.fieldPath`));
  const at = `${field}.fieldPath`;
  if (apiVersion !== 'v1')
    return void errors.push(invalidValue(at, fieldPath, `error converting fieldPath: unsupported pod version: ${apiVersion}`));
  const [, path, subscript] = SUBSCRIPTED.exec(fieldPath) ?? [];
  const isKnown =
    path === undefined
      ? PLAIN.includes(fieldPath) || fieldPath === 'spec.host'
      : path === 'metadata.annotations' || path === 'metadata.labels';
  if (path !== undefined && !isKnown)
    return void errors.push(
      invalidValue(at, fieldPath, `error converting fieldPath: field label does not support subscript: ${fieldPath}`),
    );
  if (!isKnown) return void errors.push(invalidValue(at, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`));
  if (path === 'metadata.annotations') validateName((subscript as string).toLowerCase(), qualifiedName, field, errors);
  else if (path === 'metadata.labels') validateName(subscript, qualifiedName, field, errors);
  else if (!supported.includes(fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath))
    errors.push(notSupported(at, fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath, supported));
}

/** validateContainerResourceDivisor. */
function validateDivisor({ resource = '', divisor }: ResourceRef, field: string, errors: FieldError[]): void {
  const amount = divisor === undefined ? undefined : parseQuantity(divisor);
  if (amount === undefined || amount.nano === 0n) return;
  const text = formatQuantity(amount);
  const refuse = (allowed: readonly string[], list: string, what: string): void => {
    if (!allowed.includes(text))
      errors.push(invalidValue(`${field}.divisor`, resource, `only divisor's values ${list} are supported with the ${what} resource`));
  };
  const name = resource.slice(resource.indexOf('.') + 1);
  if (!/^(?:limits|requests)\./.test(resource)) return;
  if (name === 'cpu') refuse(['1m', '1'], '1m and 1', 'cpu');
  else if (name === 'memory') refuse(SIZES, SIZES.join(', '), 'memory');
  else if (name === 'ephemeral-storage') refuse(SIZES, SIZES.join(', '), 'local ephemeral storage');
  else if (name.startsWith('hugepages-')) refuse(SIZES, SIZES.join(', '), 'hugepages');
}

export function validateResourceRef(ref: ResourceRef, isFile: boolean, field: string, errors: FieldError[]): void {
  const { containerName, resource } = ref;
  if (isFile && !containerName) errors.push(required(`${field}.containerName`));
  else if (!resource) errors.push(required(`${field}.resource`));
  else if (!RESOURCES.includes(resource) && !/^(?:limits|requests)\.hugepages-/.test(resource))
    errors.push(notSupported(`${field}.resource`, resource, RESOURCES));
  validateDivisor(ref, field, errors);
}
