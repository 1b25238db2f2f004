import { describe, expect, it } from 'vitest';
import { MetricsStorage } from '../../src/controllers/metrics-storage.ts';

const SECOND = 1_000_000;
const at = (second: number) => second * SECOND;
const use = (cpu: number, startedAt = 0) => [
  { pod: 'default/web', container: 'main', startedAt: at(startedAt), cpu: cpu * SECOND, memory: 1024 },
];

describe('the metrics server', () => {
  it('knows a rate from two points, in micro-cores', () => {
    const storage = new MetricsStorage(15 * SECOND);
    storage.storeUse('node-0', at(100), use(10));
    expect(storage.pod('default/web')).toBeUndefined();
    storage.storeUse('node-0', at(115), use(16));
    expect(storage.pod('default/web')).toEqual({
      at: at(115),
      window: 15 * SECOND,
      containers: [{ name: 'main', cpu: 400_000, memory: 1024 }],
    });
  });

  it('takes a young container by its start, and a restarted one anew', () => {
    const storage = new MetricsStorage(15 * SECOND);
    storage.storeUse('node-0', at(112), use(6, 100));
    expect(storage.pod('default/web')?.containers[0]?.cpu).toBe(500_000);
    storage.storeUse('node-0', at(127), use(1, 125));
    expect(storage.pod('default/web')).toBeUndefined();
  });

  it('forgets pods that their node tells no more, and nodes that are gone', () => {
    const storage = new MetricsStorage(15 * SECOND);
    storage.storeUse('node-0', at(112), use(6, 100));
    storage.storeUse('node-0', at(127), []);
    expect(storage.pod('default/web')).toBeUndefined();
    expect(storage.node('node-0')?.containers[0]?.cpu).toBe(0);
    storage.forgetNode('node-0');
    expect(storage.node('node-0')).toBeUndefined();
  });

  it('tells requests of one version from those of all', () => {
    const storage = new MetricsStorage(15 * SECOND);
    const told = (sent: number, failed: number) =>
      ['a', 'b'].map((address) => ({ namespace: 'n', service: 's', address, sent, failed: address === 'b' ? failed : 0, seconds: sent }));
    storage.storeRequests(at(0), told(0, 0));
    storage.storeRequests(at(10), told(100, 50));
    expect(storage.requests('n', 's', new Set(['b']))).toMatchObject({ perSecond: 10, failedPerSecond: 5 });
    expect(storage.requests('n', 's', undefined)).toMatchObject({ perSecond: 20, failedPerSecond: 5 });
    expect(storage.requests('n', 'other', undefined)).toBeUndefined();
  });
});
