/** Lets etcd forget what is older than an interval. The servers agree on who does it by a compare-and-swap on one key: whoever moves it, compacts
 *  at the revision of its last move. Mirrors apiserver v1.34 pkg/storage/etcd3/compact.go. */

import type { EtcdResponse } from '#etcd';
import type { Context } from '#sim';
import type { Cluster, EtcdClient, EtcdWaiter } from './etcd-client.ts';

const KEY = 'compact_rev_key';

interface Mark {
  readonly metadata: { resourceVersion: string };
  readonly compactRevision: number;
}

export class Compactor implements EtcdWaiter {
  private readonly etcd: EtcdClient;
  private readonly cluster: Cluster;
  /** modRevision of the key as last seen. */
  private version = 0;
  /** etcd's revision one interval ago. */
  private revision = 0;
  private stage: 'mark' | 'compact' = 'mark';

  constructor(etcd: EtcdClient, cluster: Cluster) {
    this.etcd = etcd;
    this.cluster = cluster;
  }

  run(ctx: Context): void {
    this.stage = 'mark';
    const value: Mark = { metadata: { resourceVersion: '' }, compactRevision: this.revision };
    this.etcd.send(this.cluster, { op: 'guarded', key: KEY, modRevision: this.version, put: { key: KEY, value, bytes: 20 } }, this, ctx, 0);
  }

  answered(response: EtcdResponse | undefined, ctx: Context): void {
    if (response === undefined || response.error !== undefined || this.stage === 'compact') return;
    const target = this.revision;
    this.revision = response.revision;
    if (!response.succeeded) {
      // Another server was faster; it compacts.
      this.version = response.kvs?.[0]?.modRevision ?? 0;
      return;
    }
    this.version = response.revision;
    if (target === 0) return;
    this.stage = 'compact';
    this.etcd.send(this.cluster, { op: 'compact', revision: target }, this, ctx, 0);
  }
}
