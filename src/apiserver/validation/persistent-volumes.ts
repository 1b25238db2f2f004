/** PersistentVolumes' rules. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (ValidatePersistentVolumeSpec); of sources of drivers
 *  that have left the tree, what volumes of pods must say too. */

import { type FieldError, formatQuantity, type PersistentVolume, parseQuantity, quantityValue } from '#api';
import { validateAccessModes } from './claim-spec.ts';
import { forbiddenField, has, invalidValue, notSupported, required, validateChoice } from './field-error.ts';
import { validateNoBacksteps } from './file-paths.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';
import { validateNodeSelector } from './selectors.ts';
import { VOLUME_KINDS, validateCsiDriver } from './volume-sources.ts';

type Spec = NonNullable<PersistentVolume['spec']>;
type Csi = NonNullable<Spec['csi']>;

/** In upstream's order. */
const SOURCES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
];
const SECRETS = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'] as const;
const KINDS = new Map(VOLUME_KINDS.map((kind) => [kind.name, kind]));

/** As Go writes a map of quantities. */
function validateCapacity(capacity: Spec['capacity'], errors: FieldError[]): void {
  const names = Object.keys(capacity ?? {});
  if (names.length === 0) errors.push(required('spec.capacity'));
  if (capacity?.['storage'] === undefined || names.length > 1) errors.push(notSupported('spec.capacity', capacity ?? null, ['storage']));
  for (const name of names) {
    const amount = parseQuantity(capacity?.[name] as string);
    if (amount === undefined) continue;
    const field = `spec.capacity[${name}]`;
    if (amount.nano < 0n) errors.push(invalidValue(field, quantityValue(capacity?.[name] as string), 'must be a valid resource quantity'));
    if (amount.nano <= 0n) errors.push(invalidValue(field, formatQuantity(amount), 'must be greater than zero'));
  }
}

function validateCsi(csi: Csi, field: string, errors: FieldError[]): void {
  validateCsiDriver(csi.driver, `${field}.driver`, errors);
  if (!csi.volumeHandle) errors.push(required(`${field}.volumeHandle`));
  for (const name of SECRETS) {
    const secret = csi[name];
    if (!has(secret)) continue;
    const at = `${field}.${name}`;
    if (!secret.name) errors.push(required(`${at}.name`));
    else validateName(secret.name, dns1123Subdomain, `${at}.name`, errors);
    if (!secret.namespace) errors.push(required(`${at}.namespace`));
    else validateName(secret.namespace, dns1123Label, `${at}.namespace`, errors);
  }
}

function validateSource(name: string, spec: Spec, errors: FieldError[]): void {
  if (name === 'csi') return validateCsi(spec.csi as Csi, 'spec.csi', errors);
  if (name === 'local') {
    const path = spec.local?.path;
    if (!path) errors.push(required('spec.local.path'));
    else validateNoBacksteps(path, 'spec.local.path', errors);
    if (!has(spec.nodeAffinity)) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
    return;
  }
  const kind = KINDS.get(name);
  kind?.check((spec as unknown as Readonly<Record<string, unknown>>)[name], `spec.${kind.checked ?? name}`, errors);
}

function validateSources(spec: Spec, errors: FieldError[]): void {
  let given = 0;
  for (const name of SOURCES) {
    if (!has((spec as unknown as Readonly<Record<string, unknown>>)[name])) continue;
    // Upstream lets flexVolume stand beside another.
    if (given++ > 0 && name !== 'flexVolume')
      errors.push(forbiddenField(`spec.${KINDS.get(name)?.told ?? name}`, 'may not specify more than 1 volume type'));
    else validateSource(name, spec, errors);
  }
  if (given === 0) errors.push(required('spec', 'must specify a volume type'));
}

export function validateVolumeSpec(spec: Spec, errors: FieldError[]): void {
  const { accessModes, persistentVolumeReclaimPolicy: policy, nodeAffinity, storageClassName, volumeMode } = spec;
  if ((accessModes ?? []).length === 0) errors.push(required('spec.accessModes'));
  validateAccessModes(accessModes, 'spec.accessModes', errors);
  validateCapacity(spec.capacity, errors);
  if (policy) validateChoice(policy, ['Delete', 'Recycle', 'Retain'], 'spec.persistentVolumeReclaimPolicy', errors);
  if (has(nodeAffinity)) {
    if (has(nodeAffinity.required)) validateNodeSelector(nodeAffinity.required, 'spec.nodeAffinity.required', errors);
    else errors.push(required('spec.nodeAffinity.required', 'must specify required node constraints'));
  }
  validateSources(spec, errors);
  if (spec.hostPath?.path === '/' && policy === 'Recycle')
    errors.push(forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  if (storageClassName) validateName(storageClassName, dns1123Subdomain, 'spec.storageClassName', errors);
  if (has(volumeMode)) validateChoice(volumeMode, ['Block', 'Filesystem'], 'spec.volumeMode', errors);
  const attributes = spec.volumeAttributesClassName;
  if (!has(attributes)) return;
  if (attributes === '') errors.push(required('spec.volumeAttributesClassName', 'an empty string is disallowed'));
  else validateName(attributes, dns1123Subdomain, 'spec.volumeAttributesClassName', errors);
  if (!has(spec.csi)) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'));
}
