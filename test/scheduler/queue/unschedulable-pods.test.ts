import { describe, expect, it } from 'vitest';
import type { Pod } from '#api';
// The queue's rooms are an inner matter of the scheduler's.
import { newQueuedPodInfo, type QueuedPodInfo } from '../../../src/scheduler/queue/queued-pod-info.ts';
import { UnschedulablePods } from '../../../src/scheduler/queue/unschedulable-pods.ts';

function waiting(name: string, plugins: readonly string[], gatedBy = '', since = 0): QueuedPodInfo {
  const info = newQueuedPodInfo({ metadata: { name, namespace: 'one', uid: name } } as unknown as Pod, since);
  info.unschedulablePlugins = new Set(plugins);
  info.gatedBy = gatedBy;
  return info;
}
const names = (infos: readonly QueuedPodInfo[]): (string | undefined)[] => infos.map((info) => info.pod.metadata?.name);

describe('UnschedulablePods', () => {
  const pods = new UnschedulablePods();
  for (const info of [
    waiting('a', ['NodeAffinity']),
    waiting('b', ['NodeResourcesFit', 'NodeAffinity'], '', 20),
    waiting('c', [], 'SchedulingGates', 0),
    waiting('d', ['NodeAffinity'], '', 30),
  ])
    pods.add(info);

  it('finds those that a plugin keeps out, in the order in which they came', () => {
    expect(names(pods.keptBy(new Set(['NodeAffinity'])))).toEqual(['a', 'b', 'd']);
    expect(names(pods.keptBy(new Set(['SchedulingGates'])))).toEqual(['c']);
    expect(names(pods.keptBy(new Set(['NodePorts'])))).toEqual([]);
  });
  it('leaves out none where several plugins may help', () =>
    expect(names(pods.keptBy(new Set(['NodeResourcesFit', 'NodeAffinity'])))).toEqual(expect.arrayContaining(['a', 'b', 'd'])));
  it('finds those that nobody keeps out, whatever happens', () => {
    pods.add(waiting('e', []));
    expect(names(pods.keptBy(new Set(['NodePorts'])))).toEqual(['e']);
    pods.delete('e');
  });
  it('finds those that waited long enough, gated ones aside', () => {
    expect(names(pods.waitingSinceBefore(0))).toEqual([]);
    expect(names(pods.waitingSinceBefore(25))).toEqual(['a', 'b']);
    pods.delete('a');
    expect(names(pods.waitingSinceBefore(25))).toEqual(['b']);
  });
  it('forgets', () => {
    expect(pods.delete('b')).toBe(true);
    expect(pods.delete('b')).toBe(false);
    expect(names(pods.keptBy(new Set(['NodeAffinity'])))).toEqual(['d']);
    expect({ size: pods.size, b: pods.has('b'), c: pods.get('c')?.uid }).toEqual({ size: 2, b: false, c: 'c' });
  });
});
