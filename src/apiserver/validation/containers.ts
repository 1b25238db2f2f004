/** Containers' rules. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers,
 *  validateContainerCommon). Restart rules of containers are behind a gate that is off: they are dropped. */

import type { Container, FieldError, PodSpec } from '#api';
import { validateVariableSources, validateVariables } from './container-environment.ts';
import { type Volumes, validateDevices, validateMounts } from './container-mounts.ts';
import { validateResources } from './container-resources.ts';
import { duplicate, forbiddenField, has, invalidValue, notSupported, requireChoice, required } from './field-error.ts';
import { validateLifecycle, validateProbes } from './handlers.ts';
import { validateName } from './lists.ts';
import { dns1123Label, portName } from './names.ts';
import { validateSecurity } from './security-context.ts';

const PORT_MAX = 65_535;
const PORT_RANGE = `must be between 1 and ${PORT_MAX}, inclusive`;
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const NO_PROBE = 'may not be set for init containers without restartPolicy=Always';

/** What containers look at in their pod. */
export interface Surroundings {
  readonly spec: PodSpec;
  readonly volumes: Volumes;
  /** Names of the pod's resource claims. */
  readonly claims: ReadonlySet<string>;
}

function validatePorts(container: Container, at: string, errors: FieldError[]): void {
  const names = new Set<string>();
  (container.ports ?? []).forEach((port, i) => {
    const field = `${at}[${i}]`;
    if (port.name) {
      const texts = portName(port.name);
      for (const text of texts) errors.push(invalidValue(`${field}.name`, port.name, text));
      if (texts.length === 0 && names.has(port.name)) errors.push(duplicate(`${field}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${field}.containerPort`));
    else if (port.containerPort < 1 || port.containerPort > PORT_MAX)
      errors.push(invalidValue(`${field}.containerPort`, port.containerPort, PORT_RANGE));
    if (port.hostPort && (port.hostPort < 1 || port.hostPort > PORT_MAX))
      errors.push(invalidValue(`${field}.hostPort`, port.hostPort, PORT_RANGE));
    requireChoice(port.protocol, PROTOCOLS, `${field}.protocol`, errors);
  });
}

/** validateResizePolicy. */
function validateResizePolicy(container: Container, restartPolicy: string | undefined, at: string, errors: FieldError[]): void {
  const resources = new Set<string>();
  (container.resizePolicy ?? []).forEach((rule, i) => {
    const { resourceName, restartPolicy: restarts } = rule as { readonly resourceName?: string; readonly restartPolicy?: string };
    if (resources.has(resourceName ?? '')) errors.push(duplicate(`${at}[${i}]`, resourceName ?? ''));
    resources.add(resourceName ?? '');
    requireChoice(resourceName, ['cpu', 'memory'], at, errors);
    requireChoice(restarts, ['NotRequired', 'RestartContainer'], at, errors);
    if (restartPolicy === 'Never' && restarts !== 'NotRequired')
      errors.push(invalidValue(at, restarts ?? '', "must be 'NotRequired' when `restartPolicy` is 'Never'"));
  });
}

/** validateContainerCommon. */
export function validateContainer(container: Container, { spec, volumes, claims }: Surroundings, at: string, errors: FieldError[]): void {
  if (!container.name) errors.push(required(`${at}.name`));
  else validateName(container.name, dns1123Label, `${at}.name`, errors);
  if (!container.image) errors.push(required(`${at}.image`));
  requireChoice(container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError'], `${at}.terminationMessagePolicy`, errors);
  if (container.ports !== undefined) validatePorts(container, `${at}.ports`, errors);
  if (container.env !== undefined) validateVariables(container.env, `${at}.env`, errors);
  if (container.envFrom !== undefined) validateVariableSources(container.envFrom, `${at}.envFrom`, errors);
  if (container.volumeMounts !== undefined) validateMounts(container, volumes, `${at}.volumeMounts`, errors);
  if (container.volumeDevices !== undefined) validateDevices(container, volumes, `${at}.volumeDevices`, errors);
  requireChoice(container.imagePullPolicy, PULL_POLICIES, `${at}.imagePullPolicy`, errors);
  validateResources(container.resources, claims, `${at}.resources`, errors);
  if (container.resizePolicy !== undefined) validateResizePolicy(container, spec.restartPolicy, `${at}.resizePolicy`, errors);
  validateSecurity(container.securityContext, spec.hostUsers !== false, `${at}.securityContext`, errors);
}

/** checkHostPortConflicts. */
function validateHostPorts(containers: readonly Container[], field: string, errors: FieldError[]): void {
  let taken: Set<string> | undefined;
  containers.forEach(({ ports }, i) => {
    (ports ?? []).forEach(({ protocol, hostIP, hostPort }, n) => {
      if (!hostPort) return;
      const address = `${protocol ?? ''}/${hostIP ?? ''}/${hostPort}`;
      taken ??= new Set();
      if (taken.has(address)) errors.push(duplicate(`${field}[${i}].ports[${n}].hostPort`, address));
      taken.add(address);
    });
  });
}

function validateRegular(around: Surroundings, field: string, errors: FieldError[]): void {
  const containers = around.spec.containers;
  if (!Array.isArray(containers) || containers.length === 0) return void errors.push(required(field));
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const at = `${field}[${i}]`;
    validateContainer(container, around, at, errors);
    if (names.has(container.name ?? '')) errors.push(duplicate(`${at}.name`, container.name ?? ''));
    names.add(container.name ?? '');
    validateLifecycle(container, around.spec.terminationGracePeriodSeconds, at, errors);
    validateProbes(container, at, errors);
  });
  validateHostPorts(containers, field, errors);
}

function validateInit(around: Surroundings, field: string, errors: FieldError[]): void {
  const { spec } = around;
  const names = new Set((spec.containers ?? []).map(({ name }) => name ?? ''));
  (spec.initContainers ?? []).forEach((container, i) => {
    const at = `${field}[${i}]`;
    validateContainer(container, around, at, errors);
    const isSidecar = container.restartPolicy === 'Always';
    if (has(container.restartPolicy) && !isSidecar) errors.push(notSupported(`${at}.restartPolicy`, container.restartPolicy, ['Always']));
    if (names.has(container.name ?? '')) errors.push(duplicate(`${at}.name`, container.name ?? ''));
    else if (container.name) names.add(container.name);
    validateHostPorts([container], field, errors);
    if (isSidecar) {
      validateLifecycle(container, spec.terminationGracePeriodSeconds, at, errors);
      validateProbes(container, at, errors);
    } else
      for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
        if (has(container[name])) errors.push(forbiddenField(`${at}.${name}`, NO_PROBE));
    if ((container.resizePolicy ?? []).length > 0 && !isSidecar)
      errors.push(invalidValue(`${at}.resizePolicy`, toldPolicy(container), 'must not be set for init containers'));
  });
}

const toldPolicy = ({ resizePolicy }: Container): unknown =>
  (resizePolicy ?? []).map((rule) => {
    const { resourceName, restartPolicy } = rule as { readonly resourceName?: string; readonly restartPolicy?: string };
    return { ResourceName: resourceName ?? '', RestartPolicy: restartPolicy ?? '' };
  });

export function validateContainers(around: Surroundings, field: string, errors: FieldError[]): void {
  validateRegular(around, `${field}.containers`, errors);
  if (around.spec.initContainers !== undefined) validateInit(around, `${field}.initContainers`, errors);
}

/** validateContainersOnlyForPod: what templates may still say. */
export function validateImages(spec: PodSpec, field: string, errors: FieldError[]): void {
  for (const list of ['containers', 'initContainers'] as const)
    (spec[list] ?? []).forEach(({ image = '' }, i) => {
      if (image.trim() !== image)
        errors.push(invalidValue(`${field}.${list}[${i}].image`, image, 'must not have leading or trailing whitespace'));
    });
}

/** validatePodHostNetworkDeps. Defaults give pods the ports; templates may say others. */
export function validateHostNetworkPorts(spec: PodSpec, isPod: boolean, field: string, errors: FieldError[]): void {
  if (!spec.hostNetwork) return;
  (spec.containers ?? []).forEach(({ ports }, i) => {
    (ports ?? []).forEach(({ hostPort = 0, containerPort = 0 }, n) => {
      if ((isPod || hostPort !== 0) && hostPort !== containerPort)
        errors.push(
          invalidValue(`${field}.containers[${i}].ports[${n}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true'),
        );
    });
  });
}
