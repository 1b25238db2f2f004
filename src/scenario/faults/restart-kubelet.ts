/** `restartKubelet`: the kubelet's process is gone for a moment while containers run on; then it lists and watches anew. Modelled as a pause after which its
 *  connections are reset: its back-offs outlive it, which a real kubelet's do not. */

import { CONNECTION_RESET, type WorldChange } from '#sim';
import { atField, type FaultKind } from '../fault.ts';
import { duration, fields } from '../schema-pieces.ts';
import { parseDuration } from '../units.ts';
import { type NodeSelection, nodeFaultFields, nodeSelectionMistake, selectNodes } from './node-selection.ts';

interface RestartKubeletSpec extends NodeSelection {
  readonly at: string;
  readonly for?: string;
}

export const restartKubelet: FaultKind<RestartKubeletSpec> = {
  name: 'restartKubelet',
  schema: fields(
    'kubelets restart while containers run on',
    { at: atField, for: duration('until it is back (default 5s)'), ...nodeFaultFields },
    ['at'],
  ),
  mistake: nodeSelectionMistake,
  changes(spec, { ordinal, topology, stream }): readonly WorldChange[] {
    const struck = selectNodes(spec, topology, stream(`fault/${ordinal}`));
    const hosts = { hosts: struck.map((node) => node.id) };
    const at = parseDuration(spec.at) ?? 0;
    const up = at + (parseDuration(spec.for ?? '5s') ?? 0);
    return [
      { at, change: 'pause', hosts, label: `${struck.length} kubelets restart` },
      { at: up, change: 'resume', hosts, label: 'kubelets back' },
      { at: up, change: 'tell', hosts: { hosts: topology.apiServers }, to: hosts, message: CONNECTION_RESET },
    ];
  },
};
