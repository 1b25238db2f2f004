/** The devices of a node, published as a driver beside its kubelet publishes them: one pool of ResourceSlices a driver, owned by the Node.
 *  Mirrors dynamic-resource-allocation v1.34 resourceslice/resourceslicecontroller.go for devices that never change; names are fixed instead of generated,
 *  so that a restarted node finds its own. */

import type { Device, ResourceSlice } from '#api';
import type { Outcome } from '#client';
import type { Context } from '#sim';
import type { Continuation, NodeAgent } from './agent.ts';

/** What one driver offers on this node. */
export interface NodeDevices {
  readonly driver: string;
  readonly devices: readonly Device[];
}

const RESOURCE = 'resourceslices.resource.k8s.io';
/** resourceapi.ResourceSliceMaxDevices. */
const DEVICES_MAX = 128;

function slicesOf(node: string, uid: string, { driver, devices }: NodeDevices): ResourceSlice[] {
  const resourceSliceCount = Math.max(1, Math.ceil(devices.length / DEVICES_MAX));
  return Array.from({ length: resourceSliceCount }, (_, index) => ({
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceSlice',
    metadata: {
      name: `${node}-${driver}-${index}`,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid, controller: true }],
    },
    spec: {
      driver,
      nodeName: node,
      pool: { name: node, generation: 1, resourceSliceCount },
      devices: devices.slice(index * DEVICES_MAX, (index + 1) * DEVICES_MAX),
    },
  }));
}

/** Once, when the node has registered. */
export function publishDevices(agent: NodeAgent, ctx: Context): void {
  const { nodeName, devices = [] } = agent.config;
  const uid = agent.node?.metadata?.uid ?? '';
  for (const body of devices.flatMap((driver) => slicesOf(nodeName, uid, driver)))
    agent.client.request(ctx, { verb: 'create', resource: RESOURCE, body, discardBody: true }, { of: 'devices' }, agent.egress);
}

/** What is there already was published before a restart; a lost answer is asked for again. */
export function devicesPublished(agent: NodeAgent, { code, request }: Outcome<Continuation>, ctx: Context): void {
  if (code === 0 || code >= 500) agent.client.request(ctx, request, { of: 'devices' }, agent.egress);
}
