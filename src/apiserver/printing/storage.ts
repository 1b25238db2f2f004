/** Volumes, claims, classes, drivers. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go and pkg/apis/core/helper. */

import {
  type CSIDriver,
  type CSINode,
  type CSIStorageCapacity,
  formatQuantity,
  type KubeObject,
  type PersistentVolume,
  type PersistentVolumeClaim,
  parseQuantity,
  type QuantityText,
  type StorageClass,
  type VolumeAttachment,
  type VolumeAttributesClass,
} from '#api';
import { NONE } from './label-text.ts';
import { AGE, ageOf, flag, integer, NAME, nameOf, type Printer, text, wide } from './printer.ts';

const UNSET = '<unset>';
const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** A quantity in its canonical form; '0' when there is none, as Go's zero value prints. */
export function quantityText(quantity: QuantityText | undefined): string {
  const parsed = parseQuantity(quantity ?? 0);
  return parsed === undefined ? '0' : formatQuantity(parsed);
}

const modesText = (modes: readonly string[] | undefined): string =>
  MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');

const classOf = (object: KubeObject, name: string | undefined): string => object.metadata?.annotations?.[BETA_CLASS] ?? name ?? '';

const phaseOf = (object: KubeObject, phase: string | undefined): string =>
  object.metadata?.deletionTimestamp === undefined ? (phase ?? '') : 'Terminating';

export const persistentVolumes: Printer<PersistentVolume> = {
  columns: [
    NAME,
    text('Capacity'),
    text('Access Modes'),
    text('Reclaim Policy'),
    text('Status'),
    text('Claim'),
    text('StorageClass'),
    text('VolumeAttributesClass'),
    text('Reason'),
    AGE,
    wide('VolumeMode'),
  ],
  cells(volume, now) {
    const { spec, status } = volume;
    return [
      nameOf(volume),
      quantityText(spec?.capacity?.storage),
      modesText(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? '',
      phaseOf(volume, status?.phase),
      spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
      classOf(volume, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? UNSET,
      status?.reason ?? '',
      ageOf(volume, now),
      spec?.volumeMode ?? UNSET,
    ];
  },
};

export const persistentVolumeClaims: Printer<PersistentVolumeClaim> = {
  columns: [
    NAME,
    text('Status'),
    text('Volume'),
    text('Capacity'),
    text('Access Modes'),
    text('StorageClass'),
    text('VolumeAttributesClass'),
    AGE,
    wide('VolumeMode'),
  ],
  cells(claim, now) {
    const { spec, status } = claim;
    const isBound = Boolean(spec?.volumeName);
    return [
      nameOf(claim),
      phaseOf(claim, status?.phase),
      spec?.volumeName ?? '',
      isBound ? quantityText(status?.capacity?.storage) : '',
      isBound ? modesText(status?.accessModes) : '',
      classOf(claim, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? UNSET,
      ageOf(claim, now),
      spec?.volumeMode ?? UNSET,
    ];
  },
};

export const storageClasses: Printer<StorageClass> = {
  columns: [NAME, text('Provisioner'), text('ReclaimPolicy'), text('VolumeBindingMode'), text('AllowVolumeExpansion'), AGE],
  cells(object, now) {
    const isDefault = DEFAULT_CLASS.some((key) => object.metadata?.annotations?.[key] === 'true');
    return [
      isDefault ? `${nameOf(object)} (default)` : nameOf(object),
      object.provisioner,
      object.reclaimPolicy ?? 'Delete',
      object.volumeBindingMode ?? 'Immediate',
      object.allowVolumeExpansion ?? false,
      ageOf(object, now),
    ];
  },
};

export const attributesClasses: Printer<VolumeAttributesClass> = {
  columns: [NAME, text('DriverName'), AGE],
  cells: (object, now) => [nameOf(object), object.driverName, ageOf(object, now)],
};

export const attachments: Printer<VolumeAttachment> = {
  columns: [NAME, { ...text('Attacher'), format: 'name' }, text('PV'), text('Node'), flag('Attached'), AGE],
  cells: (object, now) => [
    nameOf(object),
    object.spec?.attacher ?? '',
    object.spec?.source?.persistentVolumeName ?? '',
    object.spec?.nodeName ?? '',
    object.status?.attached ?? false,
    ageOf(object, now),
  ],
};

export const nodeDrivers: Printer<CSINode> = {
  columns: [NAME, integer('Drivers'), AGE],
  cells: (object, now) => [nameOf(object), object.spec?.drivers?.length ?? 0, ageOf(object, now)],
};

export const drivers: Printer<CSIDriver> = {
  columns: [
    NAME,
    flag('AttachRequired'),
    flag('PodInfoOnMount'),
    flag('StorageCapacity'),
    text('TokenRequests'),
    flag('RequiresRepublish'),
    text('Modes'),
    AGE,
  ],
  cells: (object, now) => [
    nameOf(object),
    object.spec?.attachRequired ?? true,
    object.spec?.podInfoOnMount ?? false,
    object.spec?.storageCapacity ?? false,
    object.spec?.tokenRequests?.map(({ audience }) => audience).join(',') ?? UNSET,
    object.spec?.requiresRepublish ?? false,
    (object.spec?.volumeLifecycleModes ?? []).join(',') || NONE,
    ageOf(object, now),
  ],
};

export const storageCapacities: Printer<CSIStorageCapacity> = {
  columns: [NAME, text('StorageClassName'), text('Capacity')],
  cells: (object) => [nameOf(object), object.storageClassName, object.capacity === undefined ? UNSET : quantityText(object.capacity)],
};
