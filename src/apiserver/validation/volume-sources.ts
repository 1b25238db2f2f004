/** Kinds of volumes, each with its rules. Mirrors Kubernetes v1.34 pkg/apis/core/validation/validation.go (validateVolumeSource); those of drivers
 *  that have left the tree are a table of what they need. */

import { type FieldError, parseQuantity } from '#api';
import { type ClaimSpec, validateClaimSpec } from './claim-spec.ts';
import { validateFieldRef, validateResourceRef } from './downward-fields.ts';
import { forbiddenField, has, invalidValue, required, tooLong, validateChoice } from './field-error.ts';
import { validateFileMode, validateLocalPath, validateNoBacksteps } from './file-paths.ts';
import { validateName } from './lists.ts';
import { dns1123Label, dns1123Subdomain } from './names.ts';
import { validateAnnotations, validateLabels } from './object-meta.ts';

// What a source says is as varied as the kinds are.
// biome-ignore lint/suspicious/noExplicitAny: each function below knows its own kind.
type Source = any;
type Check = (source: Source, field: string, errors: FieldError[]) => void;

const BYTE_RANGE = 'must be between 0 and 255, inclusive';
const HOST_PATH_TYPES = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];
const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const DRIVER_MAX = 63;
const TOKEN_MIN = 600;
const TOKEN_MAX = 4_294_967_296;

const needs =
  (...names: readonly string[]): Check =>
  (source, field, errors) => {
    for (const name of names) if (!source[name] || source[name].length === 0) errors.push(required(`${field}.${name}`));
  };

function validateItem(item: Source, field: string, errors: FieldError[]): void {
  if (!item.key) errors.push(required(`${field}.key`));
  if (!item.path) errors.push(required(`${field}.path`));
  validateLocalPath(item.path ?? '', `${field}.path`, errors);
  validateFileMode(item.mode, `${field}.mode`, errors);
}

const files =
  (name: string): Check =>
  (source, field, errors) => {
    if (!source[name]) errors.push(required(`${field}.${name}`));
    validateFileMode(source.defaultMode, `${field}.defaultMode`, errors);
    (source.items ?? []).forEach((item: Source, i: number) => validateItem(item, `${field}.items[${i}]`, errors));
  };

function validateDownwardFile(file: Source, field: string, errors: FieldError[]): void {
  if (!file.path) errors.push(required(`${field}.path`));
  validateLocalPath(file.path ?? '', `${field}.path`, errors);
  if (has(file.fieldRef)) {
    validateFieldRef(file.fieldRef, FILE_FIELDS, `${field}.fieldRef`, errors);
    if (has(file.resourceFieldRef))
      errors.push(invalidValue(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (has(file.resourceFieldRef)) validateResourceRef(file.resourceFieldRef, true, `${field}.resourceFieldRef`, errors);
  else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
  validateFileMode(file.mode, `${field}.mode`, errors);
}

function validateToken(token: Source, field: string, at: string, errors: FieldError[]): void {
  const seconds = token.expirationSeconds ?? 0;
  if (seconds < TOKEN_MIN) errors.push(invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > TOKEN_MAX)
    errors.push(invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!token.path) errors.push(required(`${field}.path`));
  else validateLocalPath(token.path, `${field}.path`, errors);
}

/** One source of a projected volume; `take` refuses a path that is written twice. */
function validateProjection(
  source: Source,
  field: string,
  at: string,
  take: (path: string, told: string) => void,
  errors: FieldError[],
): void {
  for (const kind of ['secret', 'configMap']) {
    const one = source[kind];
    if (!has(one)) continue;
    if (!one.name) errors.push(required(`${at}.${kind}.name`));
    (one.items ?? []).forEach((item: Source, i: number) => {
      validateItem(item, `${at}.${kind}.items[${i}]`, errors);
      if (item.path) take(item.path, one.name ?? '');
    });
  }
  if (has(source.downwardAPI))
    (source.downwardAPI.items ?? []).forEach((file: Source) => {
      validateDownwardFile(file, `${at}.downwardAPI`, errors);
      if (file.path) take(file.path, file.path);
    });
  if (has(source.serviceAccountToken)) validateToken(source.serviceAccountToken, field, `${at}.serviceAccountToken`, errors);
  const given = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'].filter((kind) => has(source[kind])).length;
  if (given > 1) errors.push(forbiddenField(at, 'may not specify more than 1 volume type per source'));
}

const projected: Check = (source, field, errors) => {
  validateFileMode(source.defaultMode, `${field}.defaultMode`, errors);
  const paths = new Set<string>();
  (source.sources ?? []).forEach((one: Source, i: number) => {
    const take = (path: string, told: string): void => {
      if (paths.has(path)) errors.push(invalidValue(field, told, 'conflicting duplicate paths'));
      paths.add(path);
    };
    validateProjection(one, field, `${field}.sources[${i}]`, take, errors);
  });
};

/** ValidateCSIDriverName. */
export function validateCsiDriver(name: string | undefined, field: string, errors: FieldError[]): void {
  if (!name) errors.push(required(field));
  if ((name ?? '').length > DRIVER_MAX) errors.push(tooLong(field, DRIVER_MAX));
  for (const text of dns1123Subdomain((name ?? '').toLowerCase())) errors.push(invalidValue(field, name ?? '', text));
}

const csi: Check = (source, field, errors) => {
  validateCsiDriver(source.driver, `${field}.driver`, errors);
  if (!has(source.nodePublishSecretRef)) return;
  const { name } = source.nodePublishSecretRef;
  if (!name) errors.push(required(`${field}.nodePublishSecretRef.name`));
  else validateName(name, dns1123Subdomain, `${field}.name`, errors);
};

/** What a claim template's metadata may not have. */
const UNKNOWN_TO_TEMPLATES = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

const ephemeral: Check = (source, field, errors) => {
  const template = source.volumeClaimTemplate;
  const at = `${field}.volumeClaimTemplate`;
  if (!has(template)) return void errors.push(required(at));
  const metadata = template.metadata ?? {};
  errors.push(...validateAnnotations(metadata.annotations, `${at}.metadata.annotations`));
  errors.push(...validateLabels(metadata.labels, `${at}.metadata.labels`));
  for (const name of UNKNOWN_TO_TEMPLATES)
    if (has(metadata[name]) && metadata[name] !== '') errors.push(forbiddenField(`${at}.metadata.${name}`, 'cannot be set'));
  validateClaimSpec((template.spec ?? {}) as ClaimSpec, `${at}.spec`, errors);
};

const partitioned =
  (name: string): Check =>
  (source, field, errors) => {
    needs(name)(source, field, errors);
    const partition = source.partition ?? 0;
    if (partition < 0 || partition > 255)
      errors.push(invalidValue(`${field}.partition`, partition, 'must be between 1 and 255, inclusive'));
  };

const IQN = /iqn\.\d{4}-\d{2}\.([0-9A-Za-z\-.]+)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[0-9A-Za-z]{16}$/;
const NAA = /^naa.[0-9A-Za-z]{32}$/;

function validateInitiator(name: string, field: string, errors: FieldError[]): void {
  if (!/^(?:iqn|eui|naa)/.test(name)) errors.push(invalidValue(field, name, 'must be valid format starting with iqn, eui, or naa'));
  else if (!(name.startsWith('iqn') ? IQN : name.startsWith('eui') ? EUI : NAA).test(name))
    errors.push(invalidValue(field, name, 'must be valid format'));
}

const iscsi: Check = (source, field, errors) => {
  needs('targetPortal', 'iqn')(source, field, errors);
  if (source.iqn) validateInitiator(source.iqn, `${field}.iqn`, errors);
  const lun = source.lun ?? 0;
  if (lun < 0 || lun > 255) errors.push(invalidValue(`${field}.lun`, lun, BYTE_RANGE));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !has(source.secretRef)) errors.push(required(`${field}.secretRef`));
  if (has(source.initiatorName)) validateInitiator(source.initiatorName, `${field}.initiatorname`, errors);
};

const fc: Check = (source, field, errors) => {
  const targets = (source.targetWWNs ?? []).length;
  const ids = (source.wwids ?? []).length;
  if (targets === 0 && ids === 0) errors.push(required(`${field}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'));
  if (targets > 0 && ids > 0)
    errors.push(invalidValue(`${field}.targetWWNs`, source.targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'));
  if (targets === 0) return;
  if (!has(source.lun)) errors.push(required(`${field}.lun`, 'lun is required if targetWWNs is specified'));
  else if (source.lun < 0 || source.lun > 255) errors.push(invalidValue(`${field}.lun`, source.lun, BYTE_RANGE));
};

const nfs: Check = (source, field, errors) => {
  needs('server', 'path')(source, field, errors);
  if (!source.path?.startsWith('/')) errors.push(invalidValue(`${field}.path`, source.path ?? '', 'must be an absolute path'));
};

const flocker: Check = (source, field, errors) => {
  const { datasetName, datasetUUID } = source;
  if (!datasetName && !datasetUUID) errors.push(required(field, 'one of datasetName and datasetUUID is required'));
  if (datasetName && datasetUUID)
    errors.push(invalidValue(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'));
  if (datasetName?.includes('/')) errors.push(invalidValue(`${field}.datasetName`, datasetName, "must not contain '/'"));
};

const flexVolume: Check = (source, field, errors) => {
  needs('driver')(source, field, errors);
  for (const key in source.options)
    if (/\.(?:kubernetes|k8s)\.io$/.test(`.${(key.split('/', 1)[0] as string).toLowerCase()}`))
      errors.push(invalidValue(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'));
};

const PAIRS = 'must be a host:port pair or multiple pairs separated by commas';
const quobyte: Check = (source, field, errors) => {
  if (!source.registry) errors.push(required(`${field}.registry`, PAIRS));
  else if ((source.tenant ?? '').length >= 65)
    errors.push(required(`${field}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'));
  else
    for (const pair of source.registry.split(','))
      if (!/^(?:[^:[\]]*|\[[^[\]]*\]):[^:[\]]*$/.test(pair)) errors.push(invalidValue(`${field}.registry`, source.registry, PAIRS));
  needs('volume')(source, field, errors);
};

const azureDisk: Check = (source, field, errors) => {
  needs('diskName', 'diskURI')(source, field, errors);
  const { cachingMode, kind, diskURI } = source;
  if (has(cachingMode)) validateChoice(cachingMode, ['None', 'ReadOnly', 'ReadWrite'], `${field}.cachingMode`, errors);
  if (!has(kind)) return;
  validateChoice(kind, ['Dedicated', 'Managed', 'Shared'], `${field}.kind`, errors);
  const [start, form] =
    kind === 'Managed'
      ? ['/subscriptions/', '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}']
      : ['https://', 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'];
  if (!diskURI?.startsWith(start)) validateChoice(diskURI, [form], `${field}.diskURI`, errors);
};

const storageos: Check = (source, field, errors) => {
  if (!source.volumeName) errors.push(required(`${field}.volumeName`));
  else validateName(source.volumeName, dns1123Label, `${field}.volumeName`, errors);
  if (source.volumeNamespace) validateName(source.volumeNamespace, dns1123Label, `${field}.volumeNamespace`, errors);
  if (has(source.secretRef) && !source.secretRef.name) errors.push(required(`${field}.secretRef.name`));
};

const hostPath: Check = (source, field, errors) => {
  if (!source.path) return void errors.push(required(`${field}.path`));
  validateNoBacksteps(source.path, `${field}.path`, errors);
  if (has(source.type)) validateChoice(source.type, HOST_PATH_TYPES, `${field}.type`, errors);
};

const emptyDir: Check = (source, field, errors) => {
  const limit = has(source.sizeLimit) ? parseQuantity(source.sizeLimit) : undefined;
  if (limit !== undefined && limit.nano < 0n)
    errors.push(forbiddenField(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
};

const cinder: Check = (source, field, errors) => {
  needs('volumeID')(source, field, errors);
  if (has(source.secretRef) && !source.secretRef.name) errors.push(required(`${field}.secretRef.name`));
};

interface Kind {
  readonly name: string;
  /** As errors name it, where that is not its name. */
  readonly told?: string;
  /** The same for what is inside. */
  readonly checked?: string;
  readonly check: Check;
}

/** In the order in which upstream asks. */
export const VOLUME_KINDS: readonly Kind[] = [
  { name: 'emptyDir', check: emptyDir },
  { name: 'hostPath', check: hostPath },
  {
    name: 'gitRepo',
    check(source, field, errors) {
      needs('repository')(source, field, errors);
      if (source.directory) validateLocalPath(source.directory, `${field}.directory`, errors);
    },
  },
  { name: 'gcePersistentDisk', checked: 'persistentDisk', check: partitioned('pdName') },
  { name: 'awsElasticBlockStore', check: partitioned('volumeID') },
  { name: 'secret', check: files('secretName') },
  { name: 'nfs', check: nfs },
  { name: 'iscsi', check: iscsi },
  { name: 'glusterfs', check: needs('endpoints', 'path') },
  { name: 'flocker', check: flocker },
  { name: 'persistentVolumeClaim', check: needs('claimName') },
  { name: 'rbd', check: needs('monitors', 'image') },
  { name: 'cinder', check: cinder },
  { name: 'cephfs', told: 'cephFS', check: needs('monitors') },
  { name: 'quobyte', check: quobyte },
  {
    name: 'downwardAPI',
    told: 'downwarAPI',
    check(source, field, errors) {
      validateFileMode(source.defaultMode, `${field}.defaultMode`, errors);
      for (const file of source.items ?? []) validateDownwardFile(file, field, errors);
    },
  },
  { name: 'fc', check: fc },
  { name: 'flexVolume', check: flexVolume },
  { name: 'configMap', check: files('name') },
  { name: 'azureFile', check: needs('secretName', 'shareName') },
  { name: 'vsphereVolume', check: needs('volumePath') },
  { name: 'photonPersistentDisk', check: needs('pdID') },
  { name: 'portworxVolume', check: needs('volumeID') },
  { name: 'azureDisk', check: azureDisk },
  { name: 'storageos', check: storageos },
  { name: 'projected', check: projected },
  { name: 'scaleIO', check: needs('gateway', 'system', 'volumeName') },
  { name: 'csi', check: csi },
  { name: 'ephemeral', check: ephemeral },
];
