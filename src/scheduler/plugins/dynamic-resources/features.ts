/** Which of the gates of dynamic resource allocation are on. Defaults of Kubernetes v1.34 (pkg/features/kube_features.go): administrators' access and
 *  prioritized lists are beta and on; taints and partitionable devices are alpha and off. What is behind the other gates is not modelled. */

export interface DeviceFeatures {
  /** DRAAdminAccess. */
  readonly adminAccess: boolean;
  /** DRAPrioritizedList. */
  readonly prioritizedList: boolean;
  /** DRADeviceTaints. */
  readonly deviceTaints: boolean;
  /** DRAPartitionableDevices. */
  readonly partitionableDevices: boolean;
}

export const DEFAULT_FEATURES: DeviceFeatures = {
  adminAccess: true,
  prioritizedList: true,
  deviceTaints: false,
  partitionableDevices: false,
};

/** The defaults, changed by gates as --feature-gates names them. */
export function deviceFeatures(gates: Readonly<Record<string, boolean>> | undefined): DeviceFeatures {
  if (gates === undefined) return DEFAULT_FEATURES;
  return {
    adminAccess: gates['DRAAdminAccess'] ?? DEFAULT_FEATURES.adminAccess,
    prioritizedList: gates['DRAPrioritizedList'] ?? DEFAULT_FEATURES.prioritizedList,
    deviceTaints: gates['DRADeviceTaints'] ?? DEFAULT_FEATURES.deviceTaints,
    partitionableDevices: gates['DRAPartitionableDevices'] ?? DEFAULT_FEATURES.partitionableDevices,
  };
}
