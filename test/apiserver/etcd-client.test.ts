import { describe, expect, it } from 'vitest';
import type { EtcdRequest } from '#etcd';
import type { Context } from '#sim';
import { EtcdClient } from '../../src/apiserver/etcd-client.ts';

const ETCD = 7;
const MINUTE = 60_000_000;

/** A life that begins at an instant, and what it sends. */
function life(now: number) {
  const sent: EtcdRequest[] = [];
  const ctx = { now, self: 1, source: ETCD, send: (_to: number, message: EtcdRequest) => sent.push(message) } as unknown as Context;
  const etcd = new EtcdClient({ default: [ETCD] }, MINUTE);
  etcd.begin(ctx, false);
  const watch = () =>
    etcd.send(etcd.clusterOf('pods'), { op: 'watch', key: '/', rangeEnd: '0', startRevision: 1 }, { answered() {} }, ctx, 0);
  return { etcd, ctx, sent, watch };
}

describe("an API server's second life", () => {
  it('takes nothing for its own that was said to its first', () => {
    const first = life(0);
    const second = life(103 * 1_000_000);
    const known = new Set(Array.from({ length: 1000 }, first.watch));
    for (let i = 0; i < 1000; i++) expect(known).not.toContain(second.watch());
  });

  it('ends watches of its first, and none of its own', () => {
    const { etcd, ctx, sent, watch } = life(103 * 1_000_000);
    const own = watch();
    etcd.cancelWatch(own, ctx);
    sent.length = 0;
    etcd.refuse(own, ctx);
    expect(sent).toEqual([]);
    etcd.refuse(98, ctx);
    expect(sent.map(({ operation }) => operation)).toEqual([{ op: 'watchCancel', watch: 98 }]);
  });
});
