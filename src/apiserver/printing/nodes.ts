/** Nodes. Mirrors Kubernetes v1.34 pkg/printers/internalversion/printers.go (printNode). */

import type { Node } from '#api';
import { NONE } from './label-text.ts';
import { AGE, ageOf, NAME, nameOf, type Printer, text, wide } from './printer.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function statusOf(node: Node): string {
  const ready = node.status?.conditions?.findLast(({ type }) => type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable ? `${status},SchedulingDisabled` : status;
}

function rolesOf(node: Node): string {
  const roles = new Set<string>();
  const labels = node.metadata?.labels ?? {};
  for (const key in labels) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && labels[key]) roles.add(labels[key] as string);
  }
  return roles.size === 0 ? NONE : [...roles].sort().join(',');
}

const addressOf = (node: Node, type: string): string => node.status?.addresses?.find((address) => address.type === type)?.address ?? NONE;

export const nodes: Printer<Node> = {
  columns: [
    NAME,
    text('Status'),
    text('Roles'),
    AGE,
    text('Version'),
    wide('Internal-IP'),
    wide('External-IP'),
    wide('OS-Image'),
    wide('Kernel-Version'),
    wide('Container-Runtime'),
  ],
  cells(node, now) {
    const info = node.status?.nodeInfo;
    return [
      nameOf(node),
      statusOf(node),
      rolesOf(node),
      ageOf(node, now),
      info?.kubeletVersion ?? '',
      addressOf(node, 'InternalIP'),
      addressOf(node, 'ExternalIP'),
      info?.osImage || '<unknown>',
      info?.kernelVersion || '<unknown>',
      info?.containerRuntimeVersion || '<unknown>',
    ];
  },
};
