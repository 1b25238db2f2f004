/** The controllers of kube-controller-manager, one file each. */
export type { ControllerManagerConfig } from './controller-manager.ts';
export { ControllerManager } from './controller-manager.ts';
export { COLLECTED_BESIDES } from './garbage-collector.ts';
export type { MetricsServerConfig } from './metrics-server.ts';
export { MetricsServer } from './metrics-server.ts';
export { CONTROLLER_NAMES, makeController } from './registry.ts';
export type { ControllerSettings } from './settings.ts';
