/** CSIDrivers, CSINodes, CSIStorageCapacities, VolumeAttachments, VolumeAttributesClasses. Mirrors Kubernetes v1.34 pkg/registry/storage,
 *  pkg/apis/storage/v1/defaults.go and pkg/apis/storage/validation. */

import {
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  compareQuantities,
  deepEqual,
  type FieldError,
  type VolumeAttachment,
  type VolumeAttributesClass,
} from '#api';
import {
  duplicate,
  type FieldErrors,
  forbiddenField,
  has,
  immutable,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../validation/field-error.ts';
import { frozen } from '../validation/internal-form.ts';
import { dns1123Subdomain, qualifiedName } from '../validation/names.ts';
import { validateVolumeSpec } from '../validation/persistent-volumes.ts';
import { validateLabelSelector } from '../validation/selectors.ts';
import type { ResourceDescriptor } from './descriptor.ts';

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType'];
const LIFECYCLES = ['Persistent', 'Ephemeral'];
const NODE_ID_MAX = 192;
const DRIVER_MAX = 63;
const MESSAGE_MAX = 1024;
const METADATA_MAX = 256 * 1024;
const PARAMETERS_MAX = 512;
const TOKEN_SECONDS_MIN = 600;
const TOKEN_SECONDS_MAX = 4_294_967_296;

/** ValidateCSIDriverName. */
function checkDriverName(name: string, at: string, errors: FieldError[]): void {
  if (name === '') errors.push(required(at));
  if (name.length > DRIVER_MAX) errors.push(tooLong(at, DRIVER_MAX));
  for (const text of dns1123Subdomain(name.toLowerCase())) errors.push(invalidValue(at, name, text));
}

function defaultDriver(driver: CSIDriver): CSIDriver {
  const spec = driver.spec ?? {};
  const lifecycles = spec.volumeLifecycleModes ?? [];
  return {
    ...driver,
    spec: {
      ...spec,
      attachRequired: spec.attachRequired ?? true,
      podInfoOnMount: spec.podInfoOnMount ?? false,
      storageCapacity: spec.storageCapacity ?? false,
      fsGroupPolicy: spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: lifecycles.length === 0 ? ['Persistent'] : lifecycles,
      requiresRepublish: spec.requiresRepublish ?? false,
      seLinuxMount: spec.seLinuxMount ?? false,
    },
  };
}

function validateDriver({ spec }: CSIDriver): FieldErrors {
  const errors: FieldError[] = [];
  const policy = spec?.fsGroupPolicy;
  if (policy !== undefined && !GROUP_POLICIES.includes(policy)) errors.push(notSupported('spec.fsGroupPolicy', policy, GROUP_POLICIES));
  const audiences = new Set<string>();
  (spec?.tokenRequests ?? []).forEach(({ audience, expirationSeconds }, i) => {
    const at = `spec.tokenRequests[${i}]`;
    if (audiences.has(audience)) errors.push(duplicate(`${at}.audience`, audience));
    else if (expirationSeconds !== undefined) {
      const field = `${at}.expirationSeconds`;
      if (expirationSeconds < TOKEN_SECONDS_MIN)
        errors.push(invalidValue(field, expirationSeconds, 'may not specify a duration less than 10 minutes'));
      if (expirationSeconds > TOKEN_SECONDS_MAX)
        errors.push(invalidValue(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
    }
    audiences.add(audience);
  });
  for (const mode of spec?.volumeLifecycleModes ?? [])
    if (!LIFECYCLES.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, LIFECYCLES));
  const period = spec?.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < 10)
    errors.push(invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'));
  return errors;
}

export const drivers: ResourceDescriptor<CSIDriver> = {
  resource: 'csidrivers.storage.k8s.io',
  hasGeneration: true,
  returnsDeletedObject: true,
  // Upstream begins to count with the first change.
  prepareForCreate: (driver) => ({ ...driver, metadata: { ...driver.metadata, generation: undefined } }),
  defaults: defaultDriver,
  validate: validateDriver,
  validateUpdate(next, old) {
    const errors = [...validateDriver(next)];
    if (next.spec?.attachRequired !== old.spec?.attachRequired) errors.push(immutable('spec.attachedRequired', next.spec?.attachRequired));
    if (!deepEqual(next.spec?.volumeLifecycleModes, old.spec?.volumeLifecycleModes))
      errors.push(immutable('spec.volumeLifecycleModes', next.spec?.volumeLifecycleModes));
    return errors;
  },
};

function validateNode({ spec }: CSINode): FieldErrors {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  (spec?.drivers ?? []).forEach(({ name, nodeID, allocatable, topologyKeys }, i) => {
    const at = `spec.drivers[${i}]`;
    checkDriverName(name ?? '', `${at}.name`, errors);
    if (!nodeID) errors.push(required(`${at}.nodeID`));
    else if (nodeID.length > NODE_ID_MAX) errors.push(invalidValue(`${at}.nodeID`, nodeID, `must be ${NODE_ID_MAX} characters or less`));
    const count = allocatable?.count;
    if (count !== undefined && count < 0) errors.push(invalidValue(`${at}.allocatable.count`, count, 'must be greater than or equal to 0'));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    const keys = new Set<string>();
    for (const key of topologyKeys ?? []) {
      if (key === '') errors.push(required(at));
      if (keys.has(key)) errors.push(duplicate(at, key));
      keys.add(key);
      for (const text of qualifiedName(key)) errors.push(invalidValue(at, key, text));
    }
  });
  return errors;
}

export const nodeDrivers: ResourceDescriptor<CSINode> = {
  resource: 'csinodes.storage.k8s.io',
  returnsDeletedObject: true,
  validate: validateNode,
  // What a driver said of itself stays; that how much it can take may change lies behind a gate.
  validateUpdate(next, old) {
    const errors = [...validateNode(next)];
    for (const before of old.spec?.drivers ?? [])
      for (const after of next.spec?.drivers ?? [])
        if (before.name === after.name) errors.push(...frozen('spec.drivers', 'CSINodeDriver', after, before));
    return errors;
  },
};

function validateCapacity({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): FieldErrors {
  const errors: FieldError[] = [...validateLabelSelector(nodeTopology, 'nodeTopology')];
  for (const text of dns1123Subdomain(storageClassName ?? '')) errors.push(invalidValue('storageClassName', storageClassName, text));
  if (capacity !== undefined && compareQuantities(capacity, 0) < 0)
    errors.push(invalidValue('capacity', String(capacity), 'must be greater than or equal to 0'));
  return errors;
}

export const storageCapacities: ResourceDescriptor<CSIStorageCapacity> = {
  resource: 'csistoragecapacities.storage.k8s.io',
  returnsDeletedObject: true,
  validate: validateCapacity,
  validateUpdate(next, old) {
    const errors: FieldError[] = [...validateCapacity(next)];
    errors.push(...frozen('nodeTopology', 'LabelSelector', next.nodeTopology, old.nodeTopology));
    if (next.storageClassName !== old.storageClassName) errors.push(immutable('storageClassName', next.storageClassName));
    return errors;
  },
};

/** `isNew`: names are looked at on creation alone. */
function validateAttachment({ spec, status }: VolumeAttachment, isNew: boolean): FieldErrors {
  const errors: FieldError[] = [];
  const { attacher = '', nodeName = '', source = {} } = spec ?? {};
  const { persistentVolumeName, inlineVolumeSpec } = source;
  if (isNew) checkDriverName(attacher, 'spec.attacher', errors);
  else if (attacher === '') errors.push(required('spec.attacher'));
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!has(persistentVolumeName) && !has(inlineVolumeSpec)) errors.push(required('spec.source', one));
  else if (has(persistentVolumeName) && has(inlineVolumeSpec)) errors.push(forbiddenField('spec.source', one));
  else if (persistentVolumeName === '')
    errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  if (isNew && has(persistentVolumeName))
    for (const text of dns1123Subdomain(persistentVolumeName))
      errors.push(invalidValue('spec.source.persistentVolumeName', persistentVolumeName, text));
  if (has(inlineVolumeSpec) && !has(persistentVolumeName))
    validateVolumeSpec(inlineVolumeSpec, errors, 'spec.source.inlineVolumeSpec', true);
  for (const text of dns1123Subdomain(nodeName)) errors.push(invalidValue('spec.nodeName', nodeName, text));
  for (const name of ['attachError', 'detachError'] as const)
    if ((status?.[name]?.message?.length ?? 0) > MESSAGE_MAX) errors.push(tooLong(`status.${name}.message`, METADATA_MAX));
  let size = 0;
  for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {})) size += key.length + value.length;
  if (size > METADATA_MAX) errors.push(tooLong('status.attachmentMetadata', METADATA_MAX));
  return errors;
}

export const attachments: ResourceDescriptor<VolumeAttachment> = {
  resource: 'volumeattachments.storage.k8s.io',
  hasStatus: true,
  returnsDeletedObject: true,
  validate: (attachment) => validateAttachment(attachment, true),
  validateUpdate(next, old) {
    const errors = validateAttachment(next, false);
    return [...errors, ...frozen('spec', 'VolumeAttachmentSpec', next.spec ?? {}, old.spec ?? {})];
  },
};

function validateAttributes({ driverName, parameters }: VolumeAttributesClass): FieldErrors {
  const errors: FieldError[] = [];
  if (!driverName) errors.push(required('driverName'));
  else for (const text of qualifiedName(driverName.toLowerCase())) errors.push(invalidValue('driverName', driverName, text));
  const names = Object.keys(parameters ?? {});
  if (names.length > PARAMETERS_MAX) errors.push(tooLong('parameters', PARAMETERS_MAX));
  if (names.includes('')) errors.push(invalidValue('parameters', '', 'field can not be empty.'));
  if (names.length === 0) errors.push(required('parameters', 'must contain at least one key/value pair'));
  return errors;
}

export const attributesClasses: ResourceDescriptor<VolumeAttributesClass> = {
  resource: 'volumeattributesclasses.storage.k8s.io',
  hasGeneration: true,
  returnsDeletedObject: true,
  validate: validateAttributes,
  validateUpdate(next, old) {
    const errors: FieldError[] = [];
    if (next.driverName !== old.driverName) errors.push(forbiddenField('driverName', 'updates to driverName are forbidden.'));
    if (!deepEqual(next.parameters, old.parameters)) errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
    return errors;
  },
};
