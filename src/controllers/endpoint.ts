/** One pod as an endpoint of a Service. Mirrors kubernetes v1.34 staging/src/k8s.io/endpointslice/utils.go (podToEndpoint, getEndpointPorts). */

import type { Node, Pod, Service } from '#api';
import { isPodReady, isPodTerminal } from './pod-state.ts';

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly targetRef: {
    readonly kind: 'Pod';
    readonly namespace: string | undefined;
    readonly name: string | undefined;
    readonly uid: string | undefined;
  };
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hostname?: string;
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[]; readonly forNodes?: readonly { readonly name: string }[] };
}

/** undefined for pods that have ended or have no address. A terminating pod may serve, but is not ready. */
export function endpointOf(pod: Pod, node: Node | undefined, publishesNotReady: boolean): Endpoint | undefined {
  const address = pod.status?.podIP;
  if (address === undefined || address === '' || isPodTerminal(pod)) return undefined;
  const serving = publishesNotReady || isPodReady(pod);
  const terminating = pod.metadata?.deletionTimestamp !== undefined;
  const zone = node?.metadata?.labels?.['topology.kubernetes.io/zone'];
  const { hostname, nodeName } = pod.spec ?? {};
  return {
    addresses: [address],
    conditions: { ready: publishesNotReady || (serving && !terminating), serving, terminating },
    targetRef: { kind: 'Pod', namespace: pod.metadata?.namespace, name: pod.metadata?.name, uid: pod.metadata?.uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    ...(hostname === undefined ? {} : { hostname }),
  };
}

export function isSameEndpoint(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [left, right] = [a.conditions, b.conditions];
  return (
    a.addresses[0] === b.addresses[0] &&
    left.ready === right.ready &&
    left.serving === right.serving &&
    left.terminating === right.terminating &&
    a.targetRef.uid === b.targetRef.uid &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    a.hostname === b.hostname
  );
}

export interface EndpointPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly appProtocol?: string;
}

/** FindPort: a number as it is, a name by the pod's containers. Ports that a pod does not have are left out. */
export function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const { name = '', port, targetPort = port, protocol = 'TCP', appProtocol } of service.spec?.ports ?? []) {
    const number = typeof targetPort === 'number' ? targetPort : namedPort(pod, targetPort, protocol);
    if (number !== undefined)
      ports.push({
        name,
        port: number,
        protocol: protocol as EndpointPort['protocol'],
        ...(appProtocol === undefined ? {} : { appProtocol }),
      });
  }
  return ports;
}

function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  for (const container of pod.spec?.containers ?? []) {
    for (const port of container.ports ?? []) if (port.name === name && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
  }
  return undefined;
}

/** Tells one combination of ports from another. */
export function portsText(
  ports: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | undefined,
): string {
  return (ports ?? [])
    .map(({ name = '', port = 0, protocol = 'TCP' }) => `${name}:${port}:${protocol}`)
    .sort()
    .join(' ');
}
