/** The provider's disks as a host, with the drivers' side-cars that call it: provisioner, attacher and resizer. The disks outlive a crash of the side-cars. */

import type { KubeObject } from '#api';
import type { ClientConfig, Controller, Plan, View } from '#client';
import { ControllerHost } from '#client';
import { MINUTE } from '#sim';
import { CsiAttacher } from './csi-attacher.ts';
import { CsiProvisioner } from './csi-provisioner.ts';
import { CsiResizer } from './csi-resizer.ts';
import { CloudDisks, type DriverPlan } from './disks.ts';

/** Survives structured clone. */
export interface CloudConfig {
  /** Of each side-car by itself (--kube-api-qps 5, --kube-api-burst 10). */
  readonly client: ClientConfig;
  readonly drivers: readonly DriverPlan[];
  /** StorageClasses that come with them. */
  readonly classes?: readonly KubeObject[];
}

const DRIVERS = 'csidrivers.storage.k8s.io';
const CLASSES = 'storageclasses.storage.k8s.io';

export class CloudHost extends ControllerHost {
  readonly disks: CloudDisks;

  /** `previous`: the host before a crash. */
  constructor({ client, drivers, classes = [] }: CloudConfig, previous?: CloudHost) {
    const disks = previous?.disks ?? new CloudDisks();
    const shared = { disks, plans: new Map(drivers.map((plan) => [plan.name, plan])) };
    super({
      client,
      controllers: () => [new Installer(drivers, classes), new CsiProvisioner(shared), new CsiAttacher(shared), new CsiResizer(shared)],
    });
    this.disks = disks;
  }
}

/** Writes the drivers' CSIDriver objects and their classes, as their manifests would. */
class Installer implements Controller {
  readonly name = 'csi-installer';
  readonly workers = 1;
  readonly period = 10 * MINUTE;
  readonly watches = [DRIVERS, CLASSES].map((resource) => ({ resource, keys: (): readonly string[] => [] }));
  readonly #drivers: readonly DriverPlan[];
  readonly #classes: readonly KubeObject[];

  constructor(drivers: readonly DriverPlan[], classes: readonly KubeObject[]) {
    this.#drivers = drivers;
    this.#classes = classes;
  }

  tick(view: View): Plan {
    const missing = (resource: string, objects: readonly KubeObject[]) =>
      objects
        .filter(({ metadata }) => view.lister(resource).get(metadata?.name ?? '') === undefined)
        .map((body) => ({ verb: 'create' as const, resource, body, discardBody: true }));
    const drivers = this.#drivers.map(({ name, attachRequired }) => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSIDriver',
      metadata: { name },
      spec: { attachRequired },
    }));
    return { requests: [...missing(DRIVERS, drivers), ...missing(CLASSES, this.#classes)] };
  }

  reconcile(): Plan {
    return {};
  }
}
