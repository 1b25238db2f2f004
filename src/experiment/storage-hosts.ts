/** The provider of disks as a host, where the scenario has storage drivers; and the objects that are there from the start. */

import { SNAPSHOT_API_VERSION } from '#api';
import type { ClientConfig } from '#client';
import type { CloudConfig } from '#cloud';
import { DISK_DEFAULTS } from '#cloud';
import type { ClientLimits, Scenario, StorageClassPlan, StoragePlan } from '#scenario';
import type { HostSpec } from '#sim';

/** external-provisioner's and its kin's --kube-api-qps and --kube-api-burst. */
const SIDE_CAR: ClientLimits = { qps: 5, burst: 10 };

export function cloudHost({ cluster }: Scenario, client: (user: string, limits: ClientLimits) => ClientConfig): HostSpec | undefined {
  const { storage } = cluster;
  if (storage === undefined) return undefined;
  const config: CloudConfig = {
    client: client('system:serviceaccount:kube-system:csi-driver', SIDE_CAR),
    drivers: storage.drivers.map(({ seconds, failures, ...driver }) => ({
      ...DISK_DEFAULTS,
      ...driver,
      seconds: { ...DISK_DEFAULTS.seconds, ...seconds },
      failures,
    })),
    classes: storage.classes.map(storageClass),
    snapshotClasses: storage.snapshotClasses.map(snapshotClass),
  };
  return { name: 'csi-driver', program: 'cloud', config, group: 'control-plane', zone: 'control-plane', cores: 2 };
}

function snapshotClass({ name, driver, deletionPolicy, default: isDefault }: StoragePlan['snapshotClasses'][number]) {
  const annotations = { 'snapshot.storage.kubernetes.io/is-default-class': 'true' };
  const metadata = { name, ...(isDefault ? { annotations } : {}) };
  return { apiVersion: SNAPSHOT_API_VERSION, kind: 'VolumeSnapshotClass', metadata, driver, deletionPolicy };
}

function storageClass(plan: StorageClassPlan) {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const { name, provisioner, volumeBindingMode, reclaimPolicy, allowVolumeExpansion } = plan;
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name, ...(plan.default ? { annotations } : {}) },
    provisioner,
    volumeBindingMode,
    reclaimPolicy,
    allowVolumeExpansion,
  };
}
