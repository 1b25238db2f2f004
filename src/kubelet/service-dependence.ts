/** Containers that need another Service: an application server its database. Until every Service that its behaviour names (`dependsOn`) has an endpoint
 *  that the node's kube-proxy sends to, the process waits, or ends with 1 (and meets CrashLoopBackOff); it tries every second. While it waits its probes
 *  fail, it serves nothing, and its run time has not begun. With `always` its readiness goes again as often as an endpoint is missing.
 *  What the node knows of endpoints comes as to a kube-proxy (user system:kube-proxy, pkg/proxy): late by the watch and by the writing of rules.
 *
 *  Departures: one watch a Service and node instead of one of all; nodes on which nothing depends on a Service have none. */

import type { EndpointSlice, KubeObject } from '#api';
import { type Lane, Reflector } from '#client';
import { endpointsInUse, type KnownEndpoint, PROGRAMMING_SECONDS, ServiceProxy } from '#network';
import { type Context, type Duration, type Instant, SECOND, sampleDistribution } from '#sim';
import type { NodeAgent } from './agent.ts';
import type { ContainerBehaviour } from './behaviour.ts';
import { tell } from './container-log.ts';
import { LUCK } from './luck.ts';
import { cutReadiness, restoreReadiness } from './pod-probes.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

/** What a container asks of others. */
export interface Dependence {
  /** Names of Services; those of another namespace as 'namespace/name'. */
  readonly services: readonly string[];
  /** What the process does while one is missing (default: wait). */
  readonly otherwise?: 'wait' | 'exit';
  /** How long it waits before it ends with 1 (default: 1 s). */
  readonly exitAfterSeconds?: number;
  /** Not at its start alone: whenever one is missing later, it is not ready. */
  readonly always?: boolean;
}

/** How often a waiting process tries. assumed. */
const TRY_EVERY = SECOND;
const EXIT_AFTER_SECONDS = 1;
/** kube-proxy's minSyncPeriod. */
const MIN_SYNC: Duration = SECOND;
const SERVICE_NAME = 'kubernetes.io/service-name';

// By what a behaviour says: replicas share it.
const known = new WeakMap<object, Dependence>();

/** 'db', 'db,cache', a list, or the whole. */
export function dependenceOf({ dependsOn }: ContainerBehaviour): Dependence | undefined {
  if (dependsOn === undefined) return undefined;
  if (typeof dependsOn === 'string') {
    const services = dependsOn.split(',').map((name) => name.trim());
    return { services: services.filter((name) => name !== '') };
  }
  if (!Array.isArray(dependsOn)) return dependsOn as Dependence;
  let found = known.get(dependsOn);
  if (found === undefined) known.set(dependsOn, (found = { services: dependsOn as readonly string[] }));
  return found;
}

/** A Service as this node knows it. */
interface Neighbour {
  readonly name: string;
  readonly index: number;
  readonly slices: Map<string, EndpointSlice>;
  readonly proxy: ServiceProxy;
  current: readonly KnownEndpoint[];
  writes: number;
  reachable: boolean;
}

/** One life of a container that depends on Services. */
interface Dependant {
  readonly worker: PodWorker;
  readonly record: ContainerRecord;
  readonly index: number;
  readonly instance: number;
  readonly dependence: Dependence;
  readonly neighbours: readonly Neighbour[];
}

export class ServiceDependence {
  private readonly agent: NodeAgent;
  private readonly neighbours: Neighbour[] = [];
  private dependants: Dependant[] = [];
  private lane: Lane | undefined;
  /** The process goes on with its start: set by the sync loop. */
  resume: (worker: PodWorker, index: number, ctx: Context) => void = () => {};

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  /** A process starts. Whether it must wait; then it runs, but does nothing. */
  holds(worker: PodWorker, record: ContainerRecord, index: number, ctx: Context): boolean {
    const dependence = dependenceOf(record.behaviour);
    if (dependence === undefined || dependence.services.length === 0) return false;
    const neighbours = dependence.services.map((name) => this.neighbour(name.includes('/') ? name : `${worker.namespace}/${name}`, ctx));
    const dependant = { worker, record, index, instance: record.instance, dependence, neighbours };
    this.dependants = this.dependants.filter((one) => one.record !== record && isAlive(one));
    const missing = neighbours.find(({ reachable }) => !reachable);
    if (dependence.always === true || missing !== undefined) this.dependants.push(dependant);
    if (missing === undefined) return false;
    record.awaits = missing.name;
    record.readyAt = Number.POSITIVE_INFINITY;
    tell(record, ctx.now, `waits for Service ${missing.name}`);
    if (dependence.otherwise === 'exit') {
      const wait = Math.round((dependence.exitAfterSeconds ?? EXIT_AFTER_SECONDS) * SECOND);
      record.exitTimer = this.agent.after(ctx, Math.max(1, wait), 'exit', worker.slot, index);
    }
    return true;
  }

  private neighbour(name: string, ctx: Context): Neighbour {
    let neighbour = this.neighbours.find((one) => one.name === name);
    if (neighbour !== undefined) return neighbour;
    const made: Neighbour = {
      name,
      index: this.neighbours.length,
      slices: new Map(),
      proxy: new ServiceProxy(),
      current: [],
      writes: 0,
      reachable: false,
    };
    neighbour = made;
    this.neighbours.push(made);
    const { client } = this.agent;
    this.lane ??= client.lane({ qps: 0, burst: 0, user: 'system:kube-proxy' });
    const set = (object: KubeObject): void => void made.slices.set(object.metadata?.name ?? '', object as EndpointSlice);
    const sink = {
      upsert: (object: KubeObject, at: Context): void => {
        set(object);
        this.changed(made, at);
      },
      remove: (object: KubeObject, at: Context): void => {
        made.slices.delete(object.metadata?.name ?? '');
        this.changed(made, at);
      },
      replace: (objects: readonly KubeObject[], at: Context): void => {
        made.slices.clear();
        for (const object of objects) set(object);
        this.changed(made, at);
      },
    };
    const [namespace = '', service = ''] = name.split('/');
    const options = { namespace, labelSelector: `${SERVICE_NAME}=${service}`, lane: this.lane };
    new Reflector(client as never, 'endpointslices.discovery.k8s.io', sink, options).start(ctx);
    return neighbour;
  }

  private changed(neighbour: Neighbour, ctx: Context): void {
    neighbour.current = endpointsInUse([...neighbour.slices.values()]);
    const wait = neighbour.proxy.hear(ctx.now);
    if (wait !== undefined) this.agent.after(ctx, wait, 'proxy', -1, neighbour.index);
  }

  /** The node's proxy begins to write its rules, or has written them. */
  program(index: number, ctx: Context): void {
    const neighbour = this.neighbours[index] as Neighbour;
    const takes = (): Duration => {
      neighbour.writes += 1;
      const luck = ctx.chance.stream(LUCK.programming, this.agent.luck, index, neighbour.writes);
      return Math.round(sampleDistribution(PROGRAMMING_SECONDS, luck) * SECOND);
    };
    const wait = neighbour.proxy.due(ctx.now, neighbour.current, takes, MIN_SYNC);
    if (wait !== undefined) this.agent.after(ctx, wait, 'proxy', -1, index);
    const reachable = neighbour.proxy.endpoints.length > 0;
    if (reachable === neighbour.reachable) return;
    neighbour.reachable = reachable;
    for (const dependant of [...this.dependants]) if (dependant.neighbours.includes(neighbour)) this.affected(dependant, ctx);
  }

  private affected(dependant: Dependant, ctx: Context): void {
    if (!isAlive(dependant)) return;
    const { worker, record, index, neighbours, dependence } = dependant;
    const missing = neighbours.find(({ reachable }) => !reachable);
    if (record.awaits !== undefined) {
      if (missing === undefined) this.agent.after(ctx, nextTry(record.startedAt, ctx.now), 'depend', worker.slot, index);
    } else if (dependence.always === true && missing !== undefined) {
      tell(record, ctx.now, `lost Service ${missing.name}`);
      cutReadiness(this.agent, worker, record, index, ctx);
    } else if (dependence.always === true) {
      tell(record, ctx.now, 'reaches its Services again');
      restoreReadiness(this.agent, worker, record, index, ctx);
    }
  }

  /** A try that may succeed. */
  tryNow(worker: PodWorker, index: number, ctx: Context): void {
    const dependant = this.dependants.find((one) => one.worker === worker && one.index === index);
    if (dependant === undefined || !isAlive(dependant) || dependant.record.awaits === undefined) return;
    if (dependant.neighbours.some(({ reachable }) => !reachable)) return;
    const { record } = dependant;
    record.awaits = undefined;
    if (record.exitTimer !== undefined) ctx.cancel(record.exitTimer);
    record.exitTimer = undefined;
    if (dependant.dependence.always !== true) this.dependants = this.dependants.filter((one) => one !== dependant);
    tell(record, ctx.now, `reached ${dependant.dependence.services.join(', ')}`);
    this.resume(worker, index, ctx);
  }
}

const isAlive = ({ record, instance, worker }: Dependant): boolean =>
  record.state === 'running' && record.instance === instance && record.stop === undefined && worker.stage !== 'terminated';

const nextTry = (startedAt: Instant, now: Instant): Duration => TRY_EVERY - ((now - startedAt) % TRY_EVERY);
