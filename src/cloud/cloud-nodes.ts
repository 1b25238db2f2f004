/** Takes Node objects away whose machine the provider no longer knows. Mirrors kubernetes v1.34
 *  staging/src/k8s.io/cloud-provider/controllers/nodelifecycle/node_lifecycle_controller.go: a node that is ready is believed. */

import type { Node } from '#api';
import type { Controller, Plan, View } from '#client';
import { SECOND } from '#sim';
import { providerIdOf } from './machine-template.ts';
import type { CloudMachines } from './machines.ts';

const isReady = ({ status }: Node): boolean => status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';

export class CloudNodeLifecycle implements Controller {
  readonly name = 'cloud-node-lifecycle';
  readonly workers = 1;
  /** --node-monitor-period. */
  readonly period = 5 * SECOND;
  readonly watches: Controller['watches'] = [{ resource: 'nodes', keys: (): readonly string[] => [] }];
  readonly #machines: CloudMachines;

  constructor(machines: CloudMachines) {
    this.#machines = machines;
  }

  tick(view: View): Plan {
    const requests = [];
    for (const node of view.lister<Node>('nodes').list()) {
      const name = node.metadata?.name ?? '';
      if (node.spec?.providerID !== providerIdOf(name) || isReady(node) || this.#machines.get(name) !== undefined) continue;
      view.event(node, 'Normal', 'DeletingNode', `Deleting node ${name} because it does not exist in the cloud provider`);
      requests.push({ verb: 'delete' as const, resource: 'nodes', name });
    }
    return { requests };
  }

  reconcile(): Plan {
    return {};
  }
}
