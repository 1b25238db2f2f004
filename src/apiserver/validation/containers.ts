/** Containers' rules: names, images, ports, env, resources, mounts, probes. Mirrors Kubernetes v1.34 pkg/apis/core/validation (validateContainers). */

import { type Container, compareQuantities, type FieldError, type PodSpec, type Probe, parseQuantity, QUANTITY_ERROR } from '#api';
import { duplicate, forbiddenField, invalidValue, notFoundField, notSupported, required } from './field-error.ts';
import { dns1123Label, envVarName, portName, qualifiedName } from './names.ts';
import { validateHandler } from './pod-particulars.ts';

const PORT_MAX = 65_535;
const PORT_RANGE = `must be between 1 and ${PORT_MAX}, inclusive`;
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
/** Resources that may be asked for below their limit. */
const isOvercommitAllowed = (name: string): boolean => !name.includes('/') && !name.startsWith('hugepages-');
const isStandard = (name: string): boolean => ['cpu', 'memory', 'ephemeral-storage'].includes(name) || name.startsWith('hugepages-');

export function validateContainers(spec: PodSpec, field: string, volumes: ReadonlySet<string>, errors: FieldError[]): void {
  const names = new Set<string>();
  if (!Array.isArray(spec.containers) || spec.containers.length === 0) errors.push(required(`${field}.containers`));
  else spec.containers.forEach((container, i) => validateContainer(container, `${field}.containers[${i}]`, names, volumes, errors));
  (spec.initContainers ?? []).forEach((container, i) => {
    const at = `${field}.initContainers[${i}]`;
    validateContainer(container, at, names, volumes, errors);
    if (container.restartPolicy === 'Always') return;
    if (container.livenessProbe !== undefined)
      errors.push(forbiddenField(`${at}.livenessProbe`, 'may not be set for init containers without restartPolicy=Always'));
    if (container.readinessProbe !== undefined)
      errors.push(forbiddenField(`${at}.readinessProbe`, 'may not be set for init containers without restartPolicy=Always'));
    if (container.startupProbe !== undefined)
      errors.push(forbiddenField(`${at}.startupProbe`, 'may not be set for init containers without restartPolicy=Always'));
  });
}

function validateContainer(container: Container, at: string, names: Set<string>, volumes: ReadonlySet<string>, errors: FieldError[]): void {
  if (!container.name) errors.push(required(`${at}.name`));
  else {
    for (const text of dns1123Label(container.name)) errors.push(invalidValue(`${at}.name`, container.name, text));
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name));
    names.add(container.name);
  }
  if (!container.image) errors.push(required(`${at}.image`));
  else if (container.image !== container.image.trim())
    errors.push(invalidValue(`${at}.image`, container.image, 'must not have leading or trailing whitespace'));
  if (container.imagePullPolicy !== undefined && !PULL_POLICIES.includes(container.imagePullPolicy))
    errors.push(notSupported(`${at}.imagePullPolicy`, container.imagePullPolicy, PULL_POLICIES));
  validatePorts(container, at, errors);
  (container.env ?? []).forEach((variable, i) => {
    if (!variable.name) errors.push(required(`${at}.env[${i}].name`));
    else for (const text of envVarName(variable.name)) errors.push(invalidValue(`${at}.env[${i}].name`, variable.name, text));
    if (variable.value && variable.valueFrom !== undefined)
      errors.push(invalidValue(`${at}.env[${i}].valueFrom`, '', 'may not be specified when `value` is not empty'));
  });
  validateResources(container.resources, `${at}.resources`, errors);
  validateMounts(container, at, volumes, errors);
  validateProbe(container.livenessProbe, `${at}.livenessProbe`, true, errors);
  validateProbe(container.readinessProbe, `${at}.readinessProbe`, false, errors);
  validateProbe(container.startupProbe, `${at}.startupProbe`, true, errors);
}

function validatePorts(container: Container, at: string, errors: FieldError[]): void {
  const names = new Set<string>();
  (container.ports ?? []).forEach((port, i) => {
    const field = `${at}.ports[${i}]`;
    if (port.name) {
      for (const text of portName(port.name)) errors.push(invalidValue(`${field}.name`, port.name, text));
      if (names.has(port.name)) errors.push(duplicate(`${field}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${field}.containerPort`));
    else if (port.containerPort < 1 || port.containerPort > PORT_MAX)
      errors.push(invalidValue(`${field}.containerPort`, port.containerPort, PORT_RANGE));
    if (port.hostPort && (port.hostPort < 1 || port.hostPort > PORT_MAX))
      errors.push(invalidValue(`${field}.hostPort`, port.hostPort, PORT_RANGE));
    if (!port.protocol) errors.push(required(`${field}.protocol`));
    else if (!PROTOCOLS.includes(port.protocol)) errors.push(notSupported(`${field}.protocol`, port.protocol, PROTOCOLS));
  });
}

function validateResourceName(name: string, field: string, errors: FieldError[]): void {
  for (const text of qualifiedName(name)) errors.push(invalidValue(field, name, text));
  if (!name.includes('/') && !isStandard(name)) {
    errors.push(invalidValue(field, name, 'must be a standard resource type or fully qualified'));
    errors.push(invalidValue(field, name, 'must be a standard resource for containers'));
  }
}

/** ValidateResourceRequirements. */
export function validateResources(resources: Container['resources'], field: string, errors: FieldError[]): void {
  if (resources === undefined || resources === null) return;
  const { limits, requests } = resources;
  for (const [list, which] of [
    [limits, 'limits'],
    [requests, 'requests'],
  ] as const) {
    for (const name in list) {
      const at = `${field}.${which}[${name}]`;
      validateResourceName(name, `${field}.${which}`, errors);
      const amount = parseQuantity(list[name] as string | number);
      if (amount === undefined) errors.push(invalidValue(at, list[name], QUANTITY_ERROR));
      else if (amount.nano < 0n) errors.push(invalidValue(at, String(list[name]), 'must be greater than or equal to 0'));
      else if (name.includes('/') && amount.nano % 1_000_000_000n !== 0n)
        errors.push(invalidValue(at, String(list[name]), 'must be an integer'));
    }
  }
  for (const name in requests) {
    const limit = limits?.[name] as string | number | undefined;
    const request = requests[name] as string | number;
    if (limit === undefined) {
      if (!isOvercommitAllowed(name)) errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
      continue;
    }
    const order = compareQuantities(request, limit);
    if (isOvercommitAllowed(name) ? order > 0 : order !== 0) {
      const relation = isOvercommitAllowed(name) ? 'less than or equal to' : 'equal to';
      errors.push(invalidValue(`${field}.requests`, String(request), `must be ${relation} ${name} limit of ${limit}`));
    }
  }
}

function validateMounts(container: Container, at: string, volumes: ReadonlySet<string>, errors: FieldError[]): void {
  const paths = new Set<string>();
  (container.volumeMounts ?? []).forEach((mount, i) => {
    const field = `${at}.volumeMounts[${i}]`;
    if (!mount.name) errors.push(required(`${field}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFoundField(`${field}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${field}.mountPath`));
    if (paths.has(mount.mountPath)) errors.push(invalidValue(`${field}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
  });
}

function validateProbe(probe: Probe | undefined, at: string, mustSucceedOnce: boolean, errors: FieldError[]): void {
  if (probe === undefined) return;
  validateHandler(probe, at, errors);
  for (const name of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    const value = probe[name];
    if (value !== undefined && value < 0) errors.push(invalidValue(`${at}.${name}`, value, 'must be greater than or equal to 0'));
  }
  if (mustSucceedOnce && probe.successThreshold !== 1)
    errors.push(invalidValue(`${at}.successThreshold`, probe.successThreshold, 'must be 1'));
}
