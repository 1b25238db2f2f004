/** How many objects an uncached resource has: etcd is asked once a minute, as upstream's storage does (apiserver_storage_objects). */

import type { EtcdResponse } from '#etcd';
import type { Context } from '#sim';
import type { ResourceState } from './core.ts';
import type { EtcdClient, EtcdWaiter } from './etcd-client.ts';
import type { ApiServerMetrics } from './metrics.ts';
import { rangeEndOf } from './verbs/list.ts';

export class ObjectCount implements EtcdWaiter {
  private readonly resource: ResourceState;
  private readonly etcd: EtcdClient;
  private readonly metrics: ApiServerMetrics;

  constructor(resource: ResourceState, etcd: EtcdClient, metrics: ApiServerMetrics) {
    this.resource = resource;
    this.etcd = etcd;
    this.metrics = metrics;
  }

  ask(ctx: Context): void {
    const { prefix, cluster } = this.resource;
    this.etcd.send(cluster, { op: 'range', key: prefix, rangeEnd: rangeEndOf(prefix), countOnly: true }, this, ctx, 0);
  }

  answered(response: EtcdResponse | undefined): void {
    if (response?.count !== undefined) this.metrics.stored(this.resource, response.count);
  }
}
