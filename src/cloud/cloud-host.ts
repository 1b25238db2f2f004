/** The provider's disks as a host, with the drivers' side-cars that call it: provisioner, attacher, resizer and snapshotter, and the cluster's snapshot controller. The disks outlive a crash of the side-cars. */

import type { KubeObject } from '#api';
import { SNAPSHOT_CLASSES, SNAPSHOT_DEFINITIONS } from '#api';
import type { ClientConfig, Controller, Plan, View } from '#client';
import { ControllerHost } from '#client';
import { type Context, type Incident, type Message, MINUTE } from '#sim';
import { CsiAttacher } from './csi-attacher.ts';
import { CsiProvisioner } from './csi-provisioner.ts';
import { CsiResizer } from './csi-resizer.ts';
import { CsiSnapshotter } from './csi-snapshotter.ts';
import { CloudDisks, type DiskCall, type DriverPlan } from './disks.ts';
import { SnapshotController } from './snapshot-controller.ts';

/** Survives structured clone. */
export interface CloudConfig {
  /** Of each side-car by itself (--kube-api-qps 5, --kube-api-burst 10). */
  readonly client: ClientConfig;
  readonly drivers: readonly DriverPlan[];
  /** StorageClasses that come with them. */
  readonly classes?: readonly KubeObject[];
  readonly snapshotClasses?: readonly KubeObject[];
}

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const DRIVERS = 'csidrivers.storage.k8s.io';
const CLASSES = 'storageclasses.storage.k8s.io';

export class CloudHost extends ControllerHost {
  readonly disks: CloudDisks;

  /** `previous`: the host before a crash. */
  constructor({ client, drivers, classes = [], snapshotClasses = [] }: CloudConfig, previous?: CloudHost) {
    const disks = previous?.disks ?? new CloudDisks();
    const shared = { disks, plans: new Map(drivers.map((plan) => [plan.name, plan])) };
    super({
      client,
      controllers: () => [
        new Installer('csi-installer', [
          [DEFINITIONS, SNAPSHOT_DEFINITIONS],
          [DRIVERS, drivers.map(driverObject)],
          [CLASSES, classes],
        ]),
        // Waits until the definitions are served.
        new Installer('csi-snapshot-installer', [[SNAPSHOT_CLASSES, snapshotClasses]]),
        new CsiProvisioner(shared),
        new CsiAttacher(shared),
        new CsiResizer(shared),
        new CsiSnapshotter(shared),
        new SnapshotController(),
      ],
    });
    this.disks = disks;
  }

  override receive(message: Message, ctx: Context): void {
    if (message.kind === 'Incident') {
      const { what, share } = message as Incident;
      if (what.startsWith(ERRORS)) this.disks.ail(what.slice(ERRORS.length) as DiskCall | '', share);
      return;
    }
    super.receive(message, ctx);
  }
}

/** What a fault says, followed by the calls that it means. */
const ERRORS = 'cloud-errors/';

const driverObject = ({ name, attachRequired }: DriverPlan): KubeObject =>
  ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name }, spec: { attachRequired } }) as KubeObject;

type Objects = readonly (readonly [resource: string, objects: readonly KubeObject[]])[];

/** Writes what is missing of objects that have to be there, as the drivers' manifests would. */
class Installer implements Controller {
  readonly name: string;
  readonly workers = 1;
  readonly period = 10 * MINUTE;
  readonly watches: Controller['watches'];
  readonly #objects: Objects;

  constructor(name: string, objects: Objects) {
    this.name = name;
    this.#objects = objects;
    this.watches = objects.map(([resource]) => ({ resource, keys: (): readonly string[] => [] }));
  }

  tick(view: View): Plan {
    return {
      requests: this.#objects.flatMap(([resource, objects]) =>
        objects
          .filter(({ metadata }) => view.lister(resource).get(metadata?.name ?? '') === undefined)
          .map((body) => ({ verb: 'create' as const, resource, body, discardBody: true })),
      ),
    };
  }

  reconcile(): Plan {
    return {};
  }
}
