/** Rules for what few pods say: handlers, sources of variables, kinds of volumes, security, restart policies of containers. Mirrors Kubernetes v1.34
 *  pkg/apis/core/validation/validation.go. */

import type { Container, FieldError, PodSpec } from '#api';
import { isIPv4, isIPv6, validateIP } from './addresses.ts';
import { forbiddenField, invalidValue, notFoundField, notSupported, required } from './field-error.ts';
import { dns1123Subdomain, qualifiedName } from './names.ts';

type Handlers = Readonly<Record<string, unknown>>;
type Volume = NonNullable<PodSpec['volumes']>[number];
type Security = NonNullable<Container['securityContext']>;

const ID_RANGE = 'must be between 0 and 2147483647, inclusive';
const INT32_MAX = 2_147_483_647;
const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'];
const SOURCES = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
const SYSTEMS = ['linux', 'windows'];
const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

/** Exactly one way to probe or to hook. */
export function validateHandler(handlers: object, at: string, errors: FieldError[]): void {
  const given = HANDLERS.filter((name) => (handlers as Handlers)[name] !== undefined && (handlers as Handlers)[name] !== null);
  if (given.length === 0) errors.push(required(at, 'must specify a handler type'));
  for (const name of given.slice(1)) errors.push(forbiddenField(`${at}.${name}`, 'may not specify more than 1 handler type'));
}

function checkSources(container: Container, at: string, errors: FieldError[]): void {
  (container.env ?? []).forEach(({ valueFrom }, i) => {
    if (valueFrom === undefined || valueFrom === null) return;
    const given = SOURCES.filter((name) => (valueFrom as Handlers)[name] !== undefined).length;
    const field = `${at}.env[${i}].valueFrom`;
    if (given === 0)
      errors.push(invalidValue(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
    else if (given > 1 && !container.env?.[i]?.value)
      errors.push(invalidValue(field, '', 'may not have more than one field specified at a time'));
  });
}

function checkIds(ids: { readonly runAsUser?: number; readonly runAsGroup?: number }, at: string, errors: FieldError[]): void {
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    const id = ids[name];
    if (id !== undefined && (id < 0 || id > INT32_MAX)) errors.push(invalidValue(`${at}.${name}`, id, ID_RANGE));
  }
}

function checkSecurity(security: Security, at: string, errors: FieldError[]): void {
  checkIds(security, at, errors);
  const { allowPrivilegeEscalation, privileged, capabilities } = security;
  if (allowPrivilegeEscalation !== false) return;
  if (privileged) errors.push(invalidValue(at, security, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  if (capabilities?.add?.includes('CAP_SYS_ADMIN'))
    errors.push(invalidValue(at, security, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
}

function checkDevices(container: Container, volumes: readonly Volume[], at: string, errors: FieldError[]): void {
  const names = new Set<string>();
  (container.volumeDevices ?? []).forEach(({ name, devicePath }, i) => {
    const field = `${at}.volumeDevices[${i}]`;
    const volume = volumes.find((one) => one.name === name);
    if (!name) errors.push(required(`${field}.name`));
    if (names.has(name)) errors.push(invalidValue(`${field}.name`, name, 'must be unique'));
    names.add(name);
    if (volume !== undefined && volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined)
      errors.push(
        invalidValue(`${field}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'),
      );
    if (volume === undefined && name) errors.push(notFoundField(`${field}.name`, name));
    if (!devicePath) errors.push(required(`${field}.devicePath`));
  });
}

function checkContainer(container: Container, spec: PodSpec, isInit: boolean, at: string, errors: FieldError[]): void {
  const { terminationMessagePolicy: policy, lifecycle, securityContext, restartPolicy, image } = container;
  if (image && image.trim() !== image) errors.push(invalidValue(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  if (policy !== undefined && !MESSAGE_POLICIES.includes(policy))
    errors.push(notSupported(`${at}.terminationMessagePolicy`, policy, MESSAGE_POLICIES));
  if (lifecycle?.postStart !== undefined) validateHandler(lifecycle.postStart, `${at}.lifecycle.postStart`, errors);
  if (lifecycle?.preStop !== undefined) validateHandler(lifecycle.preStop, `${at}.lifecycle.preStop`, errors);
  if (securityContext !== undefined) checkSecurity(securityContext, `${at}.securityContext`, errors);
  if (restartPolicy !== undefined) {
    if (!isInit) errors.push(forbiddenField(`${at}.restartPolicy`, 'may not be set for non-init containers'));
    else if (restartPolicy !== 'Always') errors.push(notSupported(`${at}.restartPolicy`, restartPolicy, ['Always']));
  }
  if (container.env !== undefined) checkSources(container, at, errors);
  if (container.volumeDevices !== undefined) checkDevices(container, spec.volumes ?? [], at, errors);
}

/** A volume is of one kind. */
function checkVolume(volume: Volume, at: string, errors: FieldError[]): void {
  const { name: _, ...sources } = volume;
  const given = Object.keys(sources).filter((kind) => (sources as Handlers)[kind] !== undefined && (sources as Handlers)[kind] !== null);
  for (const kind of given.slice(1)) errors.push(forbiddenField(`${at}.${kind}`, 'may not specify more than 1 volume type'));
  const type = volume.hostPath?.type;
  if (type !== undefined && type !== null && !HOST_PATH_TYPES.includes(type))
    errors.push(notSupported(`${at}.hostPath.type`, type, HOST_PATH_TYPES));
}

export function validateParticulars(spec: PodSpec, field: string, errors: FieldError[]): void {
  (spec.initContainers ?? []).forEach((one, i) => checkContainer(one, spec, true, `${field}.initContainers[${i}]`, errors));
  (spec.containers ?? []).forEach((one, i) => checkContainer(one, spec, false, `${field}.containers[${i}]`, errors));
  (spec.volumes ?? []).forEach((volume, i) => checkVolume(volume, `${field}.volumes[${i}]`, errors));
  (spec.hostAliases ?? []).forEach(({ ip, hostnames }, i) => {
    const at = `${field}.hostAliases[${i}]`;
    if (!isIPv4(ip) && !isIPv6(ip)) validateIP(ip, `${at}.ip`, errors);
    (hostnames ?? []).forEach((host, n) => {
      for (const text of dns1123Subdomain(host)) errors.push(invalidValue(`${at}.hostnames[${n}]`, host, text));
    });
  });
  (spec.readinessGates ?? []).forEach(({ conditionType }, i) => {
    for (const text of qualifiedName(conditionType))
      errors.push(invalidValue(`${field}.readinessGates[${i}].conditionType`, conditionType, text));
  });
  if (spec.securityContext !== undefined) checkIds(spec.securityContext, `${field}.securityContext`, errors);
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(invalidValue(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  for (const text of spec.runtimeClassName === undefined ? [] : dns1123Subdomain(spec.runtimeClassName))
    errors.push(invalidValue(`${field}.runtimeClassName`, spec.runtimeClassName, text));
  const system = spec.os?.name;
  if (spec.os !== undefined && !system) errors.push(required(`${field}.os.name`));
  else if (system !== undefined && !SYSTEMS.includes(system)) errors.push(notSupported(`${field}.os`, system, SYSTEMS));
}
