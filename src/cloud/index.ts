/** What lies outside the cluster and is paid by the hour: disks so far, with the CSI drivers that ask for them. */
export type { CloudConfig } from './cloud-host.ts';
export { CloudHost } from './cloud-host.ts';
export type { DiskCall, DriverPlan } from './disks.ts';
export { DISK_DEFAULTS } from './disks.ts';
