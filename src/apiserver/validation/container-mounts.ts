/** Where containers see their volumes. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidateVolumeMounts, ValidateVolumeDevices). */

import type { Container, FieldError, PodSpec } from '#api';
import { forbiddenField, has, invalidValue, notFoundField, notSupported, required } from './field-error.ts';
import { validateDescendingPath } from './file-paths.ts';

type Mount = NonNullable<Container['volumeMounts']>[number];
type Device = NonNullable<Container['volumeDevices']>[number];
type Volume = NonNullable<PodSpec['volumes']>[number];
/** The volumes without fault, by name. */
export type Volumes = ReadonlyMap<string, Volume>;

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIONS = ['Disabled', 'Enabled', 'IfPossible'];

function validatePropagation(mode: string, container: Container, field: string, errors: FieldError[]): void {
  if (!PROPAGATIONS.includes(mode)) errors.push(notSupported(field, mode, PROPAGATIONS));
  if (mode === 'Bidirectional' && container.securityContext?.privileged !== true)
    errors.push(forbiddenField(field, 'Bidirectional mount propagation is available only to privileged containers'));
}

function validateRecursion({ recursiveReadOnly: mode, readOnly, mountPropagation }: Mount, field: string, errors: FieldError[]): void {
  if (!has(mode)) return;
  if (!RECURSIONS.includes(mode)) return void errors.push(notSupported(field, mode, RECURSIONS));
  if (mode === 'Disabled') return;
  if (!readOnly) errors.push(forbiddenField(field, 'may only be specified when readOnly is true'));
  if (has(mountPropagation) && mountPropagation !== 'None')
    errors.push(forbiddenField(field, 'may only be specified when mountPropagation is None or not specified'));
}

/** The path under a volume: told without the mount's index, as upstream does. */
function validateSubPaths({ subPath, subPathExpr }: Mount, at: string, field: string, errors: FieldError[]): void {
  if (subPath) validateDescendingPath(subPath, `${field}.subPath`, errors);
  if (!subPathExpr) return;
  if (subPath) errors.push(invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  validateDescendingPath(subPathExpr, `${field}.subPathExpr`, errors);
}

export function validateMounts(container: Container, volumes: Volumes, field: string, errors: FieldError[]): void {
  const { volumeMounts, volumeDevices } = container;
  if (!has(volumeMounts) || volumeMounts.length === 0) return;
  const paths = new Set<string>();
  const devices = new Map((volumeDevices ?? []).map(({ name, devicePath }) => [name ?? '', devicePath ?? '']));
  const devicePaths = new Set(devices.values());
  volumeMounts.forEach((mount, i) => {
    const at = `${field}[${i}]`;
    const name = mount.name ?? '';
    const path = mount.mountPath ?? '';
    if (name === '') errors.push(required(`${at}.name`));
    if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name));
    if (path === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(path)) errors.push(invalidValue(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    if (devices.has(name)) errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeDevices'));
    if (devicePaths.has(path)) errors.push(invalidValue(`${at}.mountPath`, path, 'must not already exist as a path in volumeDevices'));
    validateSubPaths(mount, at, field, errors);
    if (has(mount.mountPropagation)) validatePropagation(mount.mountPropagation, container, `${field}.mountPropagation`, errors);
    validateRecursion(mount, `${field}.recursiveReadOnly`, errors);
  });
}

function validateDevicePath(path: string, at: string, taken: Set<string>, errors: FieldError[]): void {
  if (path === '') errors.push(required(at));
  if (taken.has(path)) errors.push(invalidValue(at, path, 'must be unique'));
  if (path.split('/').includes('..')) errors.push(invalidValue(at, path, "can not contain backsteps ('..')"));
  else taken.add(path);
}

export function validateDevices(container: Container, volumes: Volumes, field: string, errors: FieldError[]): void {
  const { volumeMounts, volumeDevices } = container;
  if (!has(volumeDevices) || volumeDevices.length === 0) return;
  const names = new Set<string>();
  const paths = new Set<string>();
  const mounts = new Map((volumeMounts ?? []).map(({ name, mountPath }) => [name ?? '', mountPath ?? '']));
  const mountPaths = new Set(mounts.values());
  volumeDevices.forEach((device: Device, i) => {
    const at = `${field}[${i}]`;
    const name = device.name ?? '';
    const path = device.devicePath ?? '';
    const volume = volumes.get(name);
    if (name === '') errors.push(required(`${at}.name`));
    if (names.has(name)) errors.push(invalidValue(`${at}.name`, name, 'must be unique'));
    if (volume !== undefined && !has(volume.persistentVolumeClaim) && !has(volume.ephemeral))
      errors.push(invalidValue(`${at}.name`, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'));
    if (volume === undefined) errors.push(notFoundField(`${at}.name`, name));
    validateDevicePath(path, `${at}.devicePath`, paths, errors);
    if (mounts.has(name)) errors.push(invalidValue(`${at}.name`, name, 'must not already exist in volumeMounts'));
    if (mountPaths.has(path)) errors.push(invalidValue(`${at}.devicePath`, path, 'must not already exist as a path in volumeMounts'));
    if (name !== '') names.add(name);
  });
}
