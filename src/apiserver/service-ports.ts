/** Node ports of services: one object in etcd says which are given out, and whoever gives one out moves it by compare-and-swap, so that two servers
 *  cannot give out the same. Mirrors Kubernetes v1.34 pkg/registry/core/service/portallocator and storage/alloc.go; the object lists ports where
 *  upstream keeps a bitmap, and nothing repairs what a lost server has leaked. */

import { deepEqual, internalError, invalid, type KubeObject, type Service, type StatusObject } from '#api';
import type { EtcdOperation, EtcdResponse } from '#etcd';
import { type Context, purpose } from '#sim';
import type { Core, Operation } from './core.ts';
import type { EtcdWaiter } from './etcd-client.ts';
import { storageFailure } from './failures.ts';
import { hashUser } from './identity.ts';
import { freshMeta } from './object-meta.ts';
import { invalidValue } from './validation/field-error.ts';

type Spec = NonNullable<Service['spec']>;
type Port = NonNullable<Spec['ports']>[number];

/** --service-node-port-range. */
const FIRST = 30_000;
const LAST = 32_767;
/** The lower ones are for those who ask for a port by hand (ServiceNodePortStaticSubrange). */
const STATIC = 86;
const KEY = '/registry/ranges/servicenodeports';
const ATTEMPTS_MAX = 64;
const DRAW = purpose('apiserver/node-port');
const RANGE_TEXT = `provided port is not in the valid range. The range of valid ports is ${FIRST}-${LAST}`;

interface Allocation extends KubeObject {
  readonly ports: readonly number[];
}

export interface PortTaker {
  /** The operation's candidate has its ports, or why not. */
  portsGranted(refused: StatusObject | undefined, ctx: Context): void;
}

const hasNodePorts = (spec: Spec | undefined): boolean => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';
const drawsPorts = (spec: Spec): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
const needsHealthPort = (spec: Spec): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/** Every node port that a service holds. */
function portsOf(object: KubeObject | undefined): readonly number[] {
  const spec = (object as Service | undefined)?.spec;
  if (!hasNodePorts(spec)) return [];
  const held = (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort || []);
  return spec?.healthCheckNodePort ? [...held, spec.healthCheckNodePort] : held;
}

/** Whether ports are to be given out before this is written. */
export function needsPorts({ resource, request, candidate }: Operation, old: KubeObject | undefined): boolean {
  if (resource.info.resource !== 'services' || request.options?.dryRun) return false;
  const spec = (candidate as Service).spec;
  if (spec === undefined || !hasNodePorts(spec)) return false;
  const held = portsOf(old);
  if (needsHealthPort(spec) && !spec.healthCheckNodePort) return true;
  if (spec.healthCheckNodePort && !held.includes(spec.healthCheckNodePort)) return true;
  return (spec.ports ?? []).some(({ nodePort }) => (nodePort ? !held.includes(nodePort) : drawsPorts(spec)));
}

/** What a server last saw of the object. */
interface Known {
  modRevision: number;
  ports: readonly number[];
}
const seen = new WeakMap<Core, Known>();

function knownOf(core: Core): Known {
  let known = seen.get(core);
  if (known === undefined) seen.set(core, (known = { modRevision: 0, ports: [] }));
  return known;
}

function writeOf(known: Known, ports: readonly number[]): EtcdOperation {
  const value: Allocation = { apiVersion: 'v1', kind: 'RangeAllocation', metadata: freshMeta(undefined), ports };
  return { op: 'guarded', key: KEY, modRevision: known.modRevision, put: { key: KEY, value, bytes: 400 } };
}

/** Learns from an answer what the object is now; true: the write was the one that made it so. */
function learned(known: Known, response: EtcdResponse | undefined, written: readonly number[]): boolean {
  if (response?.succeeded) {
    known.modRevision = response.revision;
    known.ports = written;
    return true;
  }
  const kv = response?.kvs?.[0];
  known.modRevision = kv?.modRevision ?? 0;
  known.ports = (kv?.value as Allocation | undefined)?.ports ?? [];
  return false;
}

/** Takes the ports that a service wishes for, and any for those without a wish. */
export class PortGrant implements EtcdWaiter {
  private readonly core: Core;
  private readonly operation: Operation;
  private readonly held: readonly number[];
  private readonly taker: PortTaker;
  private attempt = 0;
  private taken: readonly number[] = [];
  private spec: Spec | undefined;

  constructor(core: Core, operation: Operation, old: KubeObject | undefined, taker: PortTaker) {
    this.core = core;
    this.operation = operation;
    this.held = portsOf(old);
    this.taker = taker;
  }

  start(ctx: Context): void {
    const { core, operation } = this;
    const known = knownOf(core);
    const taken = new Set(known.ports);
    const refused = this.choose((operation.candidate as Service).spec as Spec, taken, ctx);
    // What this server remembers may be old: only etcd's word refuses.
    if (refused !== undefined && this.attempt > 0) return this.taker.portsGranted(refused, ctx);
    this.taken = refused === undefined ? [...taken].sort((a, b) => a - b) : known.ports;
    core.etcd.send(core.etcd.clusterOf('services'), writeOf(known, this.taken), this, ctx, core.charge(ctx, core.costs.write));
    if (refused !== undefined) this.spec = undefined;
  }

  /** Marks the service's ports as taken; sets what the service is to become. */
  private choose(spec: Spec, taken: Set<number>, ctx: Context): StatusObject | undefined {
    const mine = new Set(this.held);
    const ports: Port[] = [];
    for (const [i, port] of (spec.ports ?? []).entries()) {
      const sibling = ports.find((one) => one.port === port.port && one.protocol !== port.protocol && one.nodePort);
      const wanted = port.nodePort || (drawsPorts(spec) ? sibling?.nodePort : undefined);
      if (!wanted && !drawsPorts(spec)) ports.push(port);
      else {
        const nodePort = wanted ?? this.draw(taken, i, ctx);
        if (nodePort === undefined) return internalError('failed to allocate a nodePort: range is full');
        const why = mine.has(nodePort) ? undefined : unfit(nodePort, taken);
        if (why !== undefined) return this.invalid(`spec.ports[${i}].nodePort`, nodePort, why);
        taken.add(nodePort);
        mine.add(nodePort);
        ports.push({ ...port, nodePort });
      }
    }
    const healthCheckNodePort = spec.healthCheckNodePort || (needsHealthPort(spec) ? this.draw(taken, ports.length, ctx) : undefined);
    if (healthCheckNodePort !== undefined && !mine.has(healthCheckNodePort)) {
      const why = unfit(healthCheckNodePort, taken);
      if (why !== undefined) return internalError(`failed to allocate requested HealthCheck NodePort ${healthCheckNodePort}: ${why}`);
      taken.add(healthCheckNodePort);
    }
    this.spec = { ...spec, ports, ...(healthCheckNodePort === undefined ? {} : { healthCheckNodePort }) };
    return undefined;
  }

  private invalid(field: string, value: number, why: string): StatusObject {
    return invalid('Service', '', this.operation.candidate?.metadata?.name ?? '', [invalidValue(field, value, why)]);
  }

  /** A draw from the upper part, then the first free one from there on. */
  private draw(taken: ReadonlySet<number>, place: number, ctx: Context): number | undefined {
    const { request } = this.operation;
    const size = LAST - FIRST + 1;
    const span = size - STATIC;
    const first = STATIC + Math.floor(ctx.chance.uniform(DRAW, hashUser(request.user), request.id, place) * span);
    for (let i = 0; i < span; i++) {
      const port = FIRST + STATIC + ((first - STATIC + i) % span);
      if (!taken.has(port)) return port;
    }
    for (let port = FIRST; port < FIRST + STATIC; port++) if (!taken.has(port)) return port;
    return undefined;
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const failure = storageFailure(response);
    if (failure !== undefined) return this.taker.portsGranted(failure, ctx);
    const isWritten = learned(knownOf(this.core), response, this.taken);
    if (!isWritten || this.spec === undefined) {
      if (++this.attempt < ATTEMPTS_MAX) return this.start(ctx);
      return this.taker.portsGranted(internalError('failed to allocate a nodePort: too many conflicting writes'), ctx);
    }
    this.operation.candidate = { ...this.operation.candidate, spec: this.spec } as KubeObject;
    this.taker.portsGranted(undefined, ctx);
  }
}

const unfit = (port: number, taken: ReadonlySet<number>): string | undefined =>
  port < FIRST || port > LAST ? RANGE_TEXT : taken.has(port) ? 'provided port is already allocated' : undefined;

/** Gives ports back, over and over until nobody else has moved the object meanwhile. */
class PortRelease implements EtcdWaiter {
  private readonly core: Core;
  private readonly ports: ReadonlySet<number>;
  private attempt = 0;
  private left: readonly number[] = [];

  constructor(core: Core, ports: readonly number[]) {
    this.core = core;
    this.ports = new Set(ports);
  }

  start(ctx: Context): void {
    const known = knownOf(this.core);
    this.left = known.ports.filter((port) => !this.ports.has(port));
    this.core.etcd.send(this.core.etcd.clusterOf('services'), writeOf(known, this.left), this, ctx, 0);
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    if (storageFailure(response) !== undefined || learned(knownOf(this.core), response, this.left)) return;
    if (++this.attempt < ATTEMPTS_MAX) this.start(ctx);
  }
}

/** Node ports that `old` had and `next` (undefined: nobody) has not. */
export function releasePorts(core: Core, old: KubeObject | undefined, next: KubeObject | undefined, ctx: Context): void {
  if (old?.kind !== 'Service') return;
  const kept = portsOf(next);
  const ports = portsOf(old).filter((port) => !kept.includes(port));
  if (ports.length > 0) new PortRelease(core, ports).start(ctx);
}

/** A port that was given out stays when an update does not name it (patchAllocatedValues). */
export function withKeptPorts(spec: Spec, old: Spec): Spec {
  if (!hasNodePorts(spec) || !hasNodePorts(old) || deepEqual(spec.ports, old.ports)) return spec;
  const used = new Set((spec.ports ?? []).flatMap(({ nodePort }) => nodePort || []));
  const ports = spec.ports?.map((port) => {
    if (port.nodePort) return port;
    const before = old.ports?.find((one) => one.port === port.port && one.protocol === port.protocol)?.nodePort;
    return before === undefined || used.has(before) ? port : { ...port, nodePort: before };
  });
  return { ...spec, ...(ports === undefined ? {} : { ports }) };
}
