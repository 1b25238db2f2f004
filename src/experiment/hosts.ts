/** Makes hosts from their specs: the table of programs. The same on every thread. */

import { ApiServer, type ApiServerConfig } from '#apiserver';
import { type OwnControllerConfig, OwnControllerHost } from '#client';
import { type AutoscalerConfig, AutoscalerHost, type CloudConfig, CloudHost } from '#cloud';
import { ControllerManager, type ControllerManagerConfig, MetricsServer, type MetricsServerConfig } from '#controllers';
import { EtcdMember, type EtcdMemberConfig } from '#etcd';
import { Kubelet, type KubeletConfig } from '#kubelet';
import { TrafficClients, type TrafficConfig } from '#network';
import { ExtenderHost, type ExtenderHostConfig, type SchedulerConfig, schedulerHost } from '#scheduler';
import type { CreateHost, Host } from '#sim';
import { Auditor, type AuditorConfig } from './auditor.ts';
import type { Program } from './build-world.ts';
import { type ControllerFiles, registerControllers } from './controller-files.ts';
import { cpuClock } from './cpu-clock.ts';
import { DrainClient, type DrainClientConfig } from './drain-client.ts';
import { EtcdOperator, type EtcdOperatorConfig } from './etcd-operator.ts';
import { type ExtenderFile, registerExtenders } from './extender-files.ts';
import { LoadClient, type LoadClientConfig } from './load-client.ts';
import { type MachineConfig, MachineHost } from './machine-host.ts';
import { Observer, type ObserverConfig } from './observer.ts';
import { BenchDriver, type BenchDriverConfig } from './perf/bench-driver.ts';
import { type PluginFiles, registerPlugins } from './plugin-files.ts';
import { stampResourceVersion } from './stamp.ts';
import { WebhookHost, type WebhookHostConfig } from './webhook-host.ts';
import { WorkloadClient, type WorkloadClientConfig } from './workload-client.ts';

const PROGRAMS: Readonly<Record<Program, (config: unknown, previous: Host | undefined) => Host>> = {
  etcd: (config, previous) =>
    new EtcdMember(config as EtcdMemberConfig, {
      stamp: stampResourceVersion,
      previous: previous instanceof EtcdMember ? previous : undefined,
    }),
  apiserver: (config) => new ApiServer(config as ApiServerConfig),
  scheduler: (config) => schedulerHost(config as SchedulerConfig, cpuClock),
  extender: (config) => new ExtenderHost(config as ExtenderHostConfig),
  'controller-manager': (config) => new ControllerManager(config as ControllerManagerConfig),
  'workload-client': (config) => new WorkloadClient(config as WorkloadClientConfig),
  observer: (config) => new Observer(config as ObserverConfig),
  'metrics-server': (config) => new MetricsServer(config as MetricsServerConfig),
  webhook: (config) => new WebhookHost(config as WebhookHostConfig),
  kubelet: (config, previous) => new Kubelet(config as KubeletConfig, previous instanceof Kubelet ? previous : undefined),
  machine: (config, previous) => new MachineHost(config as MachineConfig, previous instanceof MachineHost ? previous : undefined),
  autoscaler: (config, previous) =>
    new AutoscalerHost(config as AutoscalerConfig, previous instanceof AutoscalerHost ? previous : undefined),
  'own-controller': (config) => new OwnControllerHost(config as OwnControllerConfig),
  auditor: (config) => new Auditor(config as AuditorConfig),
  cloud: (config, previous) => new CloudHost(config as CloudConfig, previous instanceof CloudHost ? previous : undefined),
  'load-client': (config) => new LoadClient(config as LoadClientConfig),
  'etcd-operator': (config) => new EtcdOperator(config as EtcdOperatorConfig),
  drain: (config) => new DrainClient(config as DrainClientConfig),
  traffic: (config) => new TrafficClients(config as TrafficConfig),
  'bench-driver': (config) => new BenchDriver(config as BenchDriverConfig),
};

export const createHost: CreateHost = (spec, _id, previous) => {
  const make = PROGRAMS[spec.program as Program];
  if (make === undefined) throw new Error(`host '${spec.name}': no program is called '${spec.program}'`);
  return make(spec.config, previous);
};

/** Files of the user's own. */
export interface OwnFiles {
  readonly plugins?: PluginFiles;
  readonly extenders?: readonly ExtenderFile[];
  readonly controllers?: ControllerFiles;
}

/** What a thread imports to make its hosts (workers/shard.ts); it loads the user's own files for itself. */
export async function hostFactory({ plugins = [], extenders = [], controllers = [] }: OwnFiles = {}): Promise<CreateHost> {
  await registerPlugins(plugins);
  await registerExtenders(extenders);
  await registerControllers(controllers);
  return createHost;
}
