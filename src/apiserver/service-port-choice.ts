/** Which node ports a service gets: those it wishes for, those of its other ports, or any. Mirrors Kubernetes v1.34
 *  pkg/registry/core/service/storage/alloc.go (initNodePorts, updateNodePorts, allocHealthCheckNodePort). */

import { internalError, invalid, type Service, type StatusObject } from '#api';
import { unknownFailure } from './failures.ts';
import { invalidValue } from './validation/field-error.ts';

export type Spec = NonNullable<Service['spec']>;
export type Port = NonNullable<Spec['ports']>[number];

/** --service-node-port-range. */
export const FIRST_PORT = 30_000;
export const LAST_PORT = 32_767;
const OUTSIDE = `provided port is not in the valid range. The range of valid ports is ${FIRST_PORT}-${LAST_PORT}`;
const TAKEN = 'provided port is already allocated';

/** Where ports come from. */
export interface PortPool {
  /** Takes this one, or says why not. */
  claim(port: number): string | undefined;
  /** Takes any; none left: undefined. `place` tells draws of one service apart. */
  draw(place: number): number | undefined;
}

export const isNodePort = (port: number): boolean => port >= FIRST_PORT && port <= LAST_PORT;

/** Takes `port` out of what is free. */
export function claimFrom(taken: Set<number>, port: number): string | undefined {
  if (!isNodePort(port)) return OUTSIDE;
  if (taken.has(port)) return TAKEN;
  taken.add(port);
  return undefined;
}

export const hasNodePorts = (spec: Spec | undefined): boolean => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';
export const drawsPorts = (spec: Spec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
export const needsHealthPort = (spec: Spec | undefined): boolean => spec?.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

const isRefusal = (choice: readonly Port[] | StatusObject): choice is StatusObject => !Array.isArray(choice);
const FULL = (): StatusObject => internalError('failed to allocate a nodePort: range is full');

function refusal(name: string, i: number, port: number, why: string): StatusObject {
  return invalid('Service', '', name, [invalidValue(`spec.ports[${i}].nodePort`, port, why)]);
}

/** Ports of the same number share a node port, whatever their protocols; a wish of any of them counts for all. */
function portsOfNew(name: string, spec: Spec, pool: PortPool): readonly Port[] | StatusObject {
  const ports = [...(spec.ports ?? [])];
  const given = new Map<number, number>();
  for (const [i, port] of ports.entries()) {
    if (!port.nodePort && !drawsPorts(spec)) continue;
    const shared = given.get(port.port);
    const wished = shared === undefined ? ports.find((one) => one.port === port.port && one.nodePort)?.nodePort : port.nodePort || shared;
    if (wished !== undefined && wished !== shared) {
      const why = pool.claim(wished);
      if (why !== undefined) return refusal(name, i, wished, why);
    }
    const nodePort = wished ?? pool.draw(i);
    if (nodePort === undefined) return FULL();
    if (shared === undefined) given.set(port.port, nodePort);
    ports[i] = { ...port, nodePort };
  }
  return ports;
}

/** What the service held stays its own. */
function portsOfChanged(name: string, spec: Spec, held: readonly number[], pool: PortPool): readonly Port[] | StatusObject {
  const ports = [...(spec.ports ?? [])];
  const claimed = new Set(held);
  const seen = new Set<string>();
  for (const [i, port] of ports.entries()) {
    if (!port.nodePort && !drawsPorts(spec)) continue;
    const wished = port.nodePort || undefined;
    const why = wished === undefined || claimed.has(wished) ? undefined : pool.claim(wished);
    if (wished !== undefined && why !== undefined) return refusal(name, i, wished, why);
    const nodePort = wished ?? pool.draw(i);
    if (nodePort === undefined) return FULL();
    if (wished !== undefined) claimed.add(wished);
    const shown = `${port.protocol} ${nodePort}`;
    if (seen.has(shown)) return unknownFailure(`duplicate nodePort: {${shown}}`);
    seen.add(shown);
    ports[i] = { ...port, nodePort };
  }
  return ports;
}

/** `spec` with its node ports, or why not; `held` are the node ports of the service that it replaces. */
export function withChosenPorts(
  name: string,
  spec: Spec,
  old: Spec | undefined,
  pool: PortPool,
): { readonly spec: Spec } | { readonly refused: StatusObject } {
  let next = spec;
  if (hasNodePorts(spec)) {
    const held = (old?.ports ?? []).flatMap(({ nodePort }) => nodePort || []);
    const ports = old === undefined ? portsOfNew(name, spec, pool) : portsOfChanged(name, spec, held, pool);
    if (isRefusal(ports)) return { refused: ports };
    next = { ...spec, ports: ports as Port[] };
  }
  if (!needsHealthPort(spec) || needsHealthPort(old)) return { spec: next };
  const wished = spec.healthCheckNodePort || undefined;
  const why = wished === undefined ? undefined : pool.claim(wished);
  if (why !== undefined) return { refused: internalError(`failed to allocate requested HealthCheck NodePort ${wished}: ${why}`) };
  const healthCheckNodePort = wished ?? pool.draw((spec.ports ?? []).length);
  if (healthCheckNodePort === undefined) return { refused: internalError('failed to allocate a HealthCheck NodePort 0: range is full') };
  return { spec: { ...next, healthCheckNodePort } };
}

/** What stands against a service's wishes whoever else has which ports: outside the range, or twice its own. */
export function hopelessPorts(name: string, spec: Spec, old: Spec | undefined): StatusObject | undefined {
  const taken = new Set<number>();
  let drawn = LAST_PORT;
  const choice = withChosenPorts(name, spec, old, { claim: (port) => claimFrom(taken, port), draw: () => ++drawn });
  return 'refused' in choice ? choice.refused : undefined;
}

/** On a dry run nothing is taken: the range is not looked at, and numbers beyond it stand for what would be drawn. */
export function dryPool(taken: ReadonlySet<number>): PortPool {
  const own = new Set<number>();
  let last = 0;
  const take = (port: number): number => {
    own.add(port);
    last = Math.max(last, port);
    return port;
  };
  return {
    claim: (port) => (taken.has(port) || own.has(port) ? TAKEN : void take(port)),
    draw: () => take((own.size === 0 ? 32_768 : last) + 1),
  };
}

/** A port that was given out stays under its name when an update does not say its number (patchAllocatedValues). */
export function withKeptPorts(spec: Spec, old: Spec): Spec {
  if (!hasNodePorts(spec) || !hasNodePorts(old) || !drawsPorts(spec) || !drawsPorts(old)) return spec;
  if ((spec.ports ?? []).every(({ nodePort }) => nodePort)) return spec;
  const numbers = new Set((spec.ports ?? []).flatMap(({ nodePort }) => nodePort || []));
  const byName = new Map((old.ports ?? []).map(({ name, nodePort }) => [name ?? '', nodePort || undefined]));
  const ports = spec.ports?.map((port) => {
    const before = port.nodePort ? undefined : byName.get(port.name ?? '');
    return before === undefined || numbers.has(before) ? port : { ...port, nodePort: before };
  });
  return { ...spec, ports };
}
