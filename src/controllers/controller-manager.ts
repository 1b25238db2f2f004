/** kube-controller-manager as a host. */

import type { ClientConfig, LeaderElectionConfig } from '#client';
import { ControllerHost } from '#client';
import { CONTROLLER_NAMES, makeController } from './registry.ts';
import { accountUserOf } from './service-accounts.ts';
import type { ControllerSettings } from './settings.ts';

/** Survives structured clone. */
export interface ControllerManagerConfig {
  /** Upstream's rates: qps 20, burst 30, for each controller by itself. */
  readonly client: ClientConfig;
  /** Names from the registry; all when absent. */
  readonly controllers?: readonly string[];
  readonly settings?: ControllerSettings;
  /** For replicas of the manager: only the holder of the Lease works. */
  readonly leaderElection?: LeaderElectionConfig;
  /** --use-service-account-credentials: each controller writes as its own service account. */
  readonly useServiceAccountCredentials?: boolean;
}

export class ControllerManager extends ControllerHost {
  constructor({
    client,
    controllers = CONTROLLER_NAMES,
    settings = {},
    leaderElection,
    useServiceAccountCredentials,
  }: ControllerManagerConfig) {
    super({
      client,
      leaderElection,
      controllers: () => controllers.map((name) => makeController(name, settings)),
      ...(useServiceAccountCredentials ? { userOf: accountUserOf } : {}),
    });
  }
}
