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
function validateCapacity(capacity: Spec['capacity'], at: string, errors: FieldError[]): void {
  const names = Object.keys(capacity ?? {}).sort();
  const shown = capacity ? Object.fromEntries(names.map((name) => [name, capacity[name]])) : null;
  if (names.length === 0) errors.push(required(at));
  if (capacity?.['storage'] === undefined || names.length > 1) errors.push(notSupported(at, shown, ['storage']));
  for (const name of names) {
    const amount = parseQuantity(capacity?.[name] as string);
    if (amount === undefined) continue;
    const field = `${at}[${name}]`;
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

function validateSource(name: string, spec: Spec, at: string, errors: FieldError[]): void {
  if (name === 'csi') return validateCsi(spec.csi as Csi, `${at}.csi`, errors);
  if (name === 'local') {
    const path = spec.local?.path;
    if (!path) errors.push(required(`${at}.local.path`));
    else validateNoBacksteps(path, `${at}.local.path`, errors);
    if (!has(spec.nodeAffinity)) errors.push(required(`${at}.nodeAffinity`, 'Local volume requires node affinity'));
    return;
  }
  const kind = KINDS.get(name);
  kind?.check((spec as unknown as Readonly<Record<string, unknown>>)[name], `${at}.${kind.checked ?? name}`, errors);
}

function validateSources(spec: Spec, at: string, errors: FieldError[]): void {
  let given = 0;
  for (const name of SOURCES) {
    if (!has((spec as unknown as Readonly<Record<string, unknown>>)[name])) continue;
    // Upstream lets flexVolume stand beside another.
    if (given++ > 0 && name !== 'flexVolume')
      errors.push(forbiddenField(`${at}.${KINDS.get(name)?.told ?? name}`, 'may not specify more than 1 volume type'));
    else validateSource(name, spec, at, errors);
  }
  if (given === 0) errors.push(required(at, 'must specify a volume type'));
}

const INLINE = 'may not be specified in the context of inline volumes';

/** What only a volume of its own may say. */
function validateInline(spec: Spec, at: string, errors: FieldError[]): void {
  const { claimRef, capacity, csi, persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec;
  if (has(claimRef)) errors.push(forbiddenField(`${at}.claimRef`, INLINE));
  if (Object.keys(capacity ?? {}).length > 0) errors.push(forbiddenField(`${at}.capacity`, INLINE));
  if (!has(csi)) errors.push(required(`${at}.csi`, 'has to be specified in the context of inline volumes'));
  if (policy && policy !== 'Retain')
    errors.push(forbiddenField(`${at}.persistentVolumeReclaimPolicy`, 'may only be Retain in the context of inline volumes'));
  if (has(nodeAffinity)) errors.push(forbiddenField(`${at}.nodeAffinity`, INLINE));
}

function validatePlacement(spec: Spec, at: string, errors: FieldError[]): void {
  const { nodeAffinity, persistentVolumeReclaimPolicy: policy } = spec;
  validateCapacity(spec.capacity, `${at}.capacity`, errors);
  if (policy) validateChoice(policy, ['Delete', 'Recycle', 'Retain'], `${at}.persistentVolumeReclaimPolicy`, errors);
  if (!has(nodeAffinity)) return;
  if (has(nodeAffinity.required)) validateNodeSelector(nodeAffinity.required, `${at}.nodeAffinity.required`, errors);
  else errors.push(required(`${at}.nodeAffinity.required`, 'must specify required node constraints'));
}

/** `isInline`: of an attachment's source, not a volume of its own. */
export function validateVolumeSpec(spec: Spec, errors: FieldError[], at = 'spec', isInline = false): void {
  const { accessModes, storageClassName, volumeMode } = spec;
  if ((accessModes ?? []).length === 0) errors.push(required(`${at}.accessModes`));
  validateAccessModes(accessModes, `${at}.accessModes`, errors);
  if (isInline) validateInline(spec, at, errors);
  else validatePlacement(spec, at, errors);
  validateSources(spec, at, errors);
  if (spec.hostPath?.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle')
    errors.push(forbiddenField(`${at}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'"));
  if (storageClassName && isInline) errors.push(forbiddenField(`${at}.storageClassName`, INLINE));
  else if (storageClassName) validateName(storageClassName, dns1123Subdomain, `${at}.storageClassName`, errors);
  if (has(volumeMode) && isInline && volumeMode !== 'Filesystem')
    errors.push(forbiddenField(`${at}.volumeMode`, 'may not specify volumeMode other than Filesystem in the context of inline volumes'));
  else if (has(volumeMode)) validateChoice(volumeMode, ['Block', 'Filesystem'], `${at}.volumeMode`, errors);
  const attributes = spec.volumeAttributesClassName;
  if (!has(attributes)) return;
  if (attributes === '') errors.push(required(`${at}.volumeAttributesClassName`, 'an empty string is disallowed'));
  else validateName(attributes, dns1123Subdomain, `${at}.volumeAttributesClassName`, errors);
  if (!has(spec.csi)) errors.push(required(`${at}.csi`, 'has to be specified when using volumeAttributesClassName'));
  if (isInline) errors.push(forbiddenField(`${at}.volumeAttributesClassName`, INLINE));
}
