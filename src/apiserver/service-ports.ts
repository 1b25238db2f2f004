/** Node ports of services: one object in etcd says which are given out, and whoever gives one out moves it by compare-and-swap, so that two servers
 *  cannot give out the same. Mirrors Kubernetes v1.34 pkg/registry/core/service/portallocator and storage/alloc.go; the object lists ports where
 *  upstream keeps a bitmap, and nothing repairs what a lost server has leaked. */

import { internalError, type KubeObject, type Service, type StatusObject } from '#api';
import type { EtcdOperation, EtcdResponse } from '#etcd';
import { type Context, purpose } from '#sim';
import type { Core, Operation } from './core.ts';
import type { EtcdWaiter } from './etcd-client.ts';
import { storageFailure } from './failures.ts';
import { hashUser } from './identity.ts';
import { freshMeta } from './object-meta.ts';
import {
  claimFrom,
  drawsPorts,
  dryPool,
  FIRST_PORT as FIRST,
  hasNodePorts,
  LAST_PORT as LAST,
  needsHealthPort,
  type PortPool,
  type Spec,
  withChosenPorts,
} from './service-port-choice.ts';

/** The lower ones are for those who ask for a port by hand (ServiceNodePortStaticSubrange). */
const STATIC = 86;
const KEY = '/registry/ranges/servicenodeports';
const ATTEMPTS_MAX = 64;
const DRAW = purpose('apiserver/node-port');

interface Allocation extends KubeObject {
  readonly ports: readonly number[];
}

export interface PortTaker {
  /** The operation's candidate has its ports, or why not. */
  portsGranted(refused: StatusObject | undefined, ctx: Context): void;
}

/** Every node port that a service holds. */
function portsOf(object: KubeObject | undefined): readonly number[] {
  const spec = (object as Service | undefined)?.spec;
  if (!hasNodePorts(spec)) return [];
  const held = (spec?.ports ?? []).flatMap(({ nodePort }) => nodePort || []);
  return spec?.healthCheckNodePort ? [...held, spec.healthCheckNodePort] : held;
}

/** Whether ports are to be given out before this is written. */
export function needsPorts({ resource, candidate }: Operation, old: KubeObject | undefined): boolean {
  if (resource.info.resource !== 'services') return false;
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
  private readonly old: Spec | undefined;
  private readonly taker: PortTaker;
  private attempt = 0;
  private taken: readonly number[] = [];
  private spec: Spec | undefined;

  constructor(core: Core, operation: Operation, old: KubeObject | undefined, taker: PortTaker) {
    this.core = core;
    this.operation = operation;
    this.old = old === undefined ? undefined : ((old as Service).spec ?? {});
    this.taker = taker;
  }

  start(ctx: Context): void {
    const { core, operation } = this;
    const cluster = core.etcd.clusterOf('services');
    if (operation.request.options?.dryRun) {
      core.etcd.send(cluster, { op: 'range', key: KEY }, this, ctx, core.charge(ctx, core.costs.get));
      return;
    }
    const known = knownOf(core);
    const taken = new Set(known.ports);
    const refused = this.choose({ claim: (port) => claimFrom(taken, port), draw: (place) => this.draw(taken, place, ctx) });
    // What this server remembers may be old: only etcd's word refuses.
    if (refused !== undefined && this.attempt > 0) return this.taker.portsGranted(refused, ctx);
    this.taken = refused === undefined ? [...taken].sort((a, b) => a - b) : known.ports;
    core.etcd.send(cluster, writeOf(known, this.taken), this, ctx, core.charge(ctx, core.costs.write));
    if (refused !== undefined) this.spec = undefined;
  }

  /** Marks the service's ports as taken; sets what the service is to become. */
  private choose(pool: PortPool): StatusObject | undefined {
    const { candidate } = this.operation;
    const choice = withChosenPorts(candidate?.metadata?.name ?? '', (candidate as Service).spec ?? {}, this.old, pool);
    if ('refused' in choice) return choice.refused;
    this.spec = choice.spec;
    return undefined;
  }

  /** A draw from the upper part, then the first free one from there on. */
  private draw(taken: Set<number>, place: number, ctx: Context): number | undefined {
    const port = this.free(taken, place, ctx);
    if (port !== undefined) taken.add(port);
    return port;
  }

  private free(taken: ReadonlySet<number>, place: number, ctx: Context): number | undefined {
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
    if (this.operation.request.options?.dryRun) return this.answeredDry(response, ctx);
    const isWritten = learned(knownOf(this.core), response, this.taken);
    if (!isWritten || this.spec === undefined) {
      if (++this.attempt < ATTEMPTS_MAX) return this.start(ctx);
      return this.taker.portsGranted(internalError('failed to allocate a nodePort: too many conflicting writes'), ctx);
    }
    this.grant(ctx);
  }

  private answeredDry(response: EtcdResponse | undefined, ctx: Context): void {
    const known = knownOf(this.core);
    learned(known, { ...response, succeeded: false } as EtcdResponse, []);
    const refused = this.choose(dryPool(new Set(known.ports)));
    if (refused === undefined) this.grant(ctx);
    else this.taker.portsGranted(refused, ctx);
  }

  private grant(ctx: Context): void {
    this.operation.candidate = { ...this.operation.candidate, spec: this.spec } as KubeObject;
    this.taker.portsGranted(undefined, ctx);
  }
}

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
