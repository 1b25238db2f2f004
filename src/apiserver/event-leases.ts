/** etcd leases for objects that expire: one lease serves a minute's events or a thousand of them.
 *  Mirrors apiserver v1.34 pkg/storage/etcd3/lease_manager.go (LeaseReuseDurationSeconds, MaxObjectCount). */

import type { EtcdResponse } from '#etcd';
import { type Context, type Instant, SECOND } from '#sim';
import type { Cluster, EtcdClient, EtcdWaiter } from './etcd-client.ts';

const REUSE = 60 * SECOND;
const OBJECTS_MAX = 1000;

/** What to do once there is a lease (0: there is none to be had). */
export interface LeaseTaker {
  leased(lease: number, ctx: Context): void;
}

export class EventLeases implements EtcdWaiter {
  private readonly etcd: EtcdClient;
  private readonly ttlSeconds: number;
  private lease = 0;
  private expiresAt: Instant = -1;
  private objects = 0;
  private waiting: LeaseTaker[] = [];

  constructor(etcd: EtcdClient, ttlSeconds: number) {
    this.etcd = etcd;
    this.ttlSeconds = ttlSeconds;
  }

  take(cluster: Cluster, taker: LeaseTaker, ctx: Context): void {
    if (this.ttlSeconds === 0) return taker.leased(0, ctx);
    if (ctx.now < this.expiresAt && this.objects < OBJECTS_MAX) {
      this.objects++;
      return taker.leased(this.lease, ctx);
    }
    this.waiting.push(taker);
    if (this.waiting.length > 1) return;
    this.etcd.send(cluster, { op: 'leaseGrant', ttlSeconds: this.ttlSeconds + REUSE / SECOND }, this, ctx, 0);
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    const waiting = this.waiting;
    this.waiting = [];
    this.lease = response?.lease ?? 0;
    this.objects = waiting.length;
    this.expiresAt = this.lease === 0 ? -1 : ctx.now + REUSE;
    for (const taker of waiting) taker.leased(this.lease, ctx);
  }
}
