/** What lies outside the cluster and is paid by the hour: disks with the CSI drivers that ask for them, machines with the cluster autoscaler. */
export type { AutoscalerConfig, MachinePower } from './autoscaler-host.ts';
export { AutoscalerHost } from './autoscaler-host.ts';
export { AUTOSCALER_FLAGS, type AutoscalerSettings } from './autoscaler-settings.ts';
export type { CloudConfig } from './cloud-host.ts';
export { CloudHost } from './cloud-host.ts';
export type { DiskCall, DriverPlan } from './disks.ts';
export { DISK_DEFAULTS } from './disks.ts';
export { EXPANDERS, type Expander } from './expanders.ts';
export { machineLabels, providerIdOf } from './machine-template.ts';
export type { NodeGroupPlan } from './machines.ts';
