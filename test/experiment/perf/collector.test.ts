import { describe, expect, it } from 'vitest';
import type { Pod } from '#api';
import type { InformerEvent } from '#client';
import type { Context } from '#sim';
// What samples throughput is an inner matter of the bench's driver.
import { END_MARK, SchedulingCollector } from '../../../src/experiment/perf/collector.ts';

const pod = (namespace: string, labels: Record<string, string>, nodeName?: string): Pod =>
  ({ metadata: { name: 'p', namespace, labels }, spec: nodeName === undefined ? {} : { nodeName } }) as unknown as Pod;

function counted(namespaces: readonly string[], labels: Record<string, string>, pods: readonly Pod[]): number {
  let total = -1;
  const mark = (name: string, detail = ''): void => {
    if (name === END_MARK) total = Number(detail.split(' ')[2]);
  };
  const ctx = { now: 0, record: { mark } } as unknown as Context;
  const collector = new SchedulingCollector();
  collector.start(namespaces, labels, ctx, { wallMs: 0, cpuMs: 0 });
  for (const object of pods) collector.see({ type: 'update', object } as InformerEvent<Pod>, 5);
  collector.stop(ctx, { wallMs: 1, cpuMs: 1 });
  return total;
}

describe('SchedulingCollector', () => {
  const pods = [pod('a', { type: 'unsched' }, 'n'), pod('a', {}, 'n'), pod('b', { type: 'unsched' }, 'n'), pod('a', { type: 'unsched' })];

  it('counts pods that got a node in its namespaces', () => expect(counted(['a'], {}, pods)).toBe(2));
  it('counts those with its labels only', () => expect(counted(['a'], { type: 'unsched' }, pods)).toBe(1));
  it('counts everywhere when no namespace is named', () => expect(counted([], { type: 'unsched' }, pods)).toBe(2));
});
