/** The server's door to etcd: one cluster for most resources, others for those that have their own; answers find whoever waits for them. */

import type { Resource } from '#api';
import type { EtcdOperation, EtcdRequest, EtcdResponse } from '#etcd';
import type { Context, Duration, HostId, Instant } from '#sim';
import type { EtcdEndpoints } from './config.ts';

/** Whoever waits for an answer. `response` is undefined when none came in time. */
export interface EtcdWaiter {
  answered(response: EtcdResponse | undefined, ctx: Context): void;
}

/** One etcd cluster as seen from here. */
export interface Cluster {
  readonly members: readonly HostId[];
  /** The member asked first: the leader, as far as known. */
  current: number;
}

interface Pending {
  readonly waiter: EtcdWaiter;
  readonly cluster: Cluster;
  readonly operation: EtcdOperation;
  readonly sentAt: Instant;
  readonly deadline: Instant;
  redirects: number;
}

const REDIRECTS_MAX = 20;

export class EtcdClient {
  private readonly main: Cluster;
  private readonly overrides = new Map<Resource, Cluster>();
  private readonly pending = new Map<number, Pending>();
  private readonly distinct: Cluster[] = [];
  private nextId = 1;
  private readonly timeout: Duration;

  constructor(endpoints: EtcdEndpoints, timeout: Duration) {
    this.main = { members: endpoints.default, current: 0 };
    this.timeout = timeout;
    this.distinct.push(this.main);
    for (const resource of Object.keys(endpoints.overrides ?? {}).sort()) {
      const members = endpoints.overrides?.[resource] as readonly HostId[];
      let cluster = this.distinct.find((known) => known.members.join() === members.join());
      if (cluster === undefined) {
        cluster = { members, current: 0 };
        this.distinct.push(cluster);
      }
      this.overrides.set(resource, cluster);
    }
  }

  clusterOf(resource: Resource): Cluster {
    return this.overrides.get(resource) ?? this.main;
  }

  /** Every cluster once, the main one first. */
  get clusters(): readonly Cluster[] {
    return this.distinct;
  }

  /** Sends after `processing` and remembers who waits. Returns the request's id, which is also a watch's. */
  send(cluster: Cluster, operation: EtcdOperation, waiter: EtcdWaiter, ctx: Context, processing: Duration): number {
    const id = this.nextId++;
    const request: EtcdRequest = { kind: 'EtcdRequest', id, operation };
    this.pending.set(id, { waiter, cluster, operation, sentAt: ctx.now, deadline: ctx.now + this.timeout, redirects: 0 });
    ctx.send(cluster.members[cluster.current] as HostId, request, processing);
    return id;
  }

  /** Sends what needs no answer. */
  tell(cluster: Cluster, operation: EtcdOperation, ctx: Context): void {
    ctx.send(cluster.members[cluster.current] as HostId, { kind: 'EtcdRequest', id: this.nextId++, operation } as EtcdRequest, 0);
  }

  receive(response: EtcdResponse, ctx: Context): { readonly took: Duration; readonly op: string } | undefined {
    const pending = this.pending.get(response.id);
    if (pending === undefined) return undefined;
    if (response.leader !== undefined && response.error !== undefined && pending.redirects < REDIRECTS_MAX) {
      const at = pending.cluster.members.indexOf(response.leader);
      pending.cluster.current = at >= 0 ? at : (pending.cluster.current + 1) % pending.cluster.members.length;
      pending.redirects++;
      ctx.send(
        pending.cluster.members[pending.cluster.current] as HostId,
        { kind: 'EtcdRequest', id: response.id, operation: pending.operation } as EtcdRequest,
      );
      return undefined;
    }
    this.pending.delete(response.id);
    pending.waiter.answered(response, ctx);
    return { took: ctx.now - pending.sentAt, op: pending.operation.op };
  }

  /** Gives up on what has waited too long. Requests are in the order of their deadlines. */
  sweep(ctx: Context): void {
    for (const [id, pending] of this.pending) {
      if (pending.deadline > ctx.now) break;
      this.pending.delete(id);
      // The member may be gone: let others be asked.
      pending.cluster.current = (pending.cluster.current + 1) % pending.cluster.members.length;
      pending.waiter.answered(undefined, ctx);
    }
  }
}
