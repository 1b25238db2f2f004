/** The server's door to etcd: one cluster for most resources, others for those that have their own; answers find whoever waits for them.
 *  Requests go round the members and each watch lives on one, as clientv3's round-robin balancer has it. A member that is lost (a connection reset, or
 *  10 s without a sign of life for what was sent: gRPC's keep-alive timeout, which is TCP_USER_TIMEOUT too) is left out until it answers again:
 *  reads are asked again elsewhere, the outcome of writes is unknown, watches are opened elsewhere (etcd client/v3 retry_interceptor.go). */

import type { Resource } from '#api';
import type { EtcdOperation, EtcdRequest, EtcdResponse } from '#etcd';
import { type Context, type Duration, type HostId, type Instant, MILLISECOND, SECOND } from '#sim';
import type { EtcdEndpoints } from './config.ts';
import { ETCD_HISTORY, EtcdHistory } from './etcd-history.ts';

/** Whoever waits for an answer. `response` is undefined when none came in time. */
export interface EtcdWaiter {
  answered(response: EtcdResponse | undefined, ctx: Context): void;
  /** The member on which a watch lived is gone. */
  watchLost?(watch: number, ctx: Context): void;
}

/** One etcd cluster as seen from here. */
export interface Cluster {
  /** Its place among the clusters. */
  readonly index: number;
  readonly members: readonly Member[];
  /** Whose turn it is. */
  turn: number;
}

interface Member {
  readonly host: HostId;
  isLost: boolean;
  connectedAt: Instant;
  /** The first thing sent since it was last heard; -1: nothing is. */
  askedAt: Instant;
}

interface Pending {
  readonly id: number;
  readonly waiter: EtcdWaiter;
  readonly cluster: Cluster;
  readonly operation: EtcdOperation;
  readonly sentAt: Instant;
  readonly deadline: Instant;
  /** Absent while all are lost: it goes to the first that comes back. */
  member: Member | undefined;
}

interface Watch {
  readonly waiter: EtcdWaiter;
  readonly member: Member;
}

/** apiserver's etcd client: keepaliveTimeout. */
const KEEP_ALIVE_TIMEOUT: Duration = 10 * SECOND;
const UNAVAILABLE = 14;
/** What gRPC says of a call whose connection broke. */
const CONNECTION_LOST = 'rpc error: code = Unavailable desc = error reading from server: EOF';

export class EtcdClient {
  private readonly main: Cluster;
  private readonly overrides = new Map<Resource, Cluster>();
  private readonly pending = new Map<number, Pending>();
  private readonly watches = new Map<number, Watch>();
  private readonly distinct: Cluster[] = [];
  private readonly members = new Map<HostId, Member>();
  private firstId = 1;
  private nextId = 1;
  private readonly timeout: Duration;
  /** What was called and answered, when the run records it. */
  private history: EtcdHistory | undefined;

  constructor(endpoints: EtcdEndpoints, timeout: Duration) {
    this.timeout = timeout;
    this.main = this.cluster(endpoints.default);
    for (const resource of Object.keys(endpoints.overrides ?? {}).sort()) {
      this.overrides.set(resource, this.cluster(endpoints.overrides?.[resource] as readonly HostId[]));
    }
  }

  /** A server that starts again must not take for its own what members still tell its former life (a broken connection that they have not noticed): its
   *  ids begin elsewhere. */
  begin(ctx: Context, records = false): void {
    if (ctx.now > 0) this.firstId = this.nextId = beginning(ctx.now);
    if (records) this.record(ctx);
  }

  private record(ctx: Context): void {
    const history = new EtcdHistory();
    this.history = history;
    ctx.record.keep(ETCD_HISTORY, () => history.take());
  }

  private cluster(hosts: readonly HostId[]): Cluster {
    const name = hosts.join();
    const known = this.distinct.find(({ members }) => members.map(({ host }) => host).join() === name);
    if (known !== undefined) return known;
    const members = hosts.map((host): Member => ({ host, isLost: false, connectedAt: 0, askedAt: -1 }));
    const cluster: Cluster = { index: this.distinct.length, members, turn: 0 };
    for (const member of members) this.members.set(member.host, member);
    this.distinct.push(cluster);
    return cluster;
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
    const member = next(cluster);
    this.pending.set(id, { id, waiter, cluster, operation, sentAt: ctx.now, deadline: ctx.now + this.timeout, member });
    this.history?.called(id, cluster.index, operation, ctx.now + processing);
    if (member === undefined) return id;
    if (operation.op === 'watch') this.watches.set(id, { waiter, member });
    ask(member, id, operation, ctx, processing);
    return id;
  }

  /** Ends a watch; what its member still sends is nobody's. */
  cancelWatch(id: number, ctx: Context): void {
    const watch = this.watches.get(id);
    if (watch === undefined) {
      // It has found no member yet, and need not find one any more.
      this.pending.delete(id);
      return;
    }
    this.watches.delete(id);
    if (!watch.member.isLost) ask(watch.member, this.nextId++, { op: 'watchCancel', watch: id }, ctx, 0);
  }

  /** Events for nobody. Those of a former life come over a connection that is no more: the machine answers with a reset, and the member ends the watch. */
  refuse(id: number, ctx: Context): void {
    if (id >= this.firstId && id < this.nextId) return;
    const member = this.members.get(ctx.source);
    if (member !== undefined) ask(member, this.nextId++, { op: 'watchCancel', watch: id }, ctx, 0);
  }

  /** Asks every member that has watches of this server how far it is. */
  progress(cluster: Cluster, ctx: Context): void {
    for (const member of cluster.members) if (!member.isLost) ask(member, this.nextId++, { op: 'watchProgress' }, ctx, 0);
  }

  /** A sign of life. */
  heard(from: HostId, ctx: Context): void {
    const member = this.members.get(from);
    if (member === undefined) return;
    member.askedAt = -1;
    if (!member.isLost) return;
    member.isLost = false;
    for (const pending of this.pending.values()) {
      if (pending.member !== undefined || !pending.cluster.members.includes(member)) continue;
      pending.member = member;
      if (pending.operation.op === 'watch') this.watches.set(pending.id, { waiter: pending.waiter, member });
      ask(member, pending.id, pending.operation, ctx, 0);
    }
  }

  receive(response: EtcdResponse, ctx: Context): { readonly took: Duration; readonly op: string } | undefined {
    this.heard(ctx.source, ctx);
    const pending = this.pending.get(response.id);
    if (pending === undefined) return undefined;
    this.pending.delete(response.id);
    this.history?.answered(response.id, response, ctx.now);
    pending.waiter.answered(response, ctx);
    return { took: ctx.now - pending.sentAt, op: pending.operation.op };
  }

  /** The connection to a member broke. */
  lost(host: HostId, ctx: Context): void {
    const member = this.members.get(host);
    if (member === undefined) return;
    this.lose(member, ctx);
    this.connect(member, ctx);
  }

  /** Gives up on what has waited too long, and on members that keep silent. Requests are in the order of their deadlines. */
  sweep(ctx: Context): void {
    for (const [id, pending] of this.pending) {
      if (pending.deadline > ctx.now) break;
      this.pending.delete(id);
      this.history?.answered(id, undefined, ctx.now);
      pending.waiter.answered(undefined, ctx);
    }
    for (const { members } of this.distinct) for (const member of members) this.look(member, members.length, ctx);
  }

  /** A busy member answers a ping at once, as its kernel would; where there is only one, nobody else could be asked. */
  private look(member: Member, members: number, ctx: Context): void {
    const silence = member.askedAt < 0 ? 0 : ctx.now - member.askedAt;
    if (!member.isLost && members > 1 && silence >= KEEP_ALIVE_TIMEOUT) return this.lose(member, ctx);
    if (member.isLost) this.connect(member, ctx);
    else if (members > 1 && silence >= SECOND) ask(member, this.nextId++, { op: 'status' }, ctx, 0);
  }

  private connect(member: Member, ctx: Context): void {
    member.connectedAt = ctx.now;
    ask(member, this.nextId++, { op: 'status' }, ctx, 0);
  }

  private lose(member: Member, ctx: Context): void {
    if (member.isLost) return;
    member.isLost = true;
    member.askedAt = -1;
    const struck: Pending[] = [];
    for (const pending of this.pending.values()) if (pending.member === member && pending.operation.op !== 'watch') struck.push(pending);
    for (const pending of struck) this.retry(pending, ctx);
    for (const [id, watch] of [...this.watches]) {
      if (watch.member !== member) continue;
      this.watches.delete(id);
      this.pending.delete(id);
      watch.waiter.watchLost?.(id, ctx);
    }
  }

  private retry(pending: Pending, ctx: Context): void {
    const { id, operation, cluster } = pending;
    if (operation.op === 'range') {
      pending.member = next(cluster);
      if (pending.member !== undefined) ask(pending.member, id, operation, ctx, 0);
      return;
    }
    this.pending.delete(id);
    this.history?.answered(id, undefined, ctx.now);
    const error = { code: UNAVAILABLE, message: CONNECTION_LOST };
    pending.waiter.answered({ kind: 'EtcdResponse', id, revision: 0, error }, ctx);
  }
}

/** Murmur3's finalizer over the milliseconds, in 30 bits. */
function beginning(now: Instant): number {
  let h = Math.imul(Math.floor(now / MILLISECOND) + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) & 0x3fffffff;
}

/** The next member in turn that is not lost. */
function next(cluster: Cluster): Member | undefined {
  const { members } = cluster;
  const count = members.length;
  for (let tried = 0; tried < count; tried += 1) {
    const member = members[(cluster.turn + tried) % count] as Member;
    if (member.isLost) continue;
    cluster.turn = (cluster.turn + tried + 1) % count;
    return member;
  }
  return undefined;
}

function ask(member: Member, id: number, operation: EtcdOperation, ctx: Context, processing: Duration): void {
  if (member.askedAt < 0) member.askedAt = ctx.now;
  ctx.send(member.host, { kind: 'EtcdRequest', id, connectedAt: member.connectedAt, operation } as EtcdRequest, processing);
}
