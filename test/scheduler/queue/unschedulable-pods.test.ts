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

/** Each test has its own. */
function four(): UnschedulablePods {
  const pods = new UnschedulablePods();
  for (const info of [
    waiting('a', ['NodeAffinity']),
    waiting('b', ['NodeResourcesFit', 'NodeAffinity'], '', 20),
    waiting('c', [], 'SchedulingGates', 0),
    waiting('d', ['NodeAffinity'], '', 30),
  ])
    pods.add(info);
  return pods;
}

describe('UnschedulablePods', () => {
  it('finds those that a plugin keeps out, in the order in which they came', () => {
    const pods = four();
    expect(names(pods.keptBy(new Set(['NodeAffinity'])))).toEqual(['a', 'b', 'd']);
    expect(names(pods.keptBy(new Set(['SchedulingGates'])))).toEqual(['c']);
    expect(names(pods.keptBy(new Set(['NodePorts'])))).toEqual([]);
  });
  it('leaves out none where several plugins may help', () =>
    expect(names(four().keptBy(new Set(['NodeResourcesFit', 'NodeAffinity'])))).toEqual(expect.arrayContaining(['a', 'b', 'd'])));
  it('finds those that nobody keeps out, whatever happens', () => {
    const pods = four();
    pods.add(waiting('e', []));
    expect(names(pods.keptBy(new Set(['NodePorts'])))).toEqual(['e']);
  });
  it('finds those that waited long enough, gated ones aside', () => {
    const pods = four();
    expect(names(pods.waitingSinceBefore(0))).toEqual([]);
    expect(names(pods.waitingSinceBefore(25))).toEqual(['a', 'b']);
    pods.delete('a');
    expect(names(pods.waitingSinceBefore(25))).toEqual(['b']);
  });
  it('forgets', () => {
    const pods = four();
    pods.delete('a');
    expect(pods.delete('b')).toBe(true);
    expect(pods.delete('b')).toBe(false);
    expect(names(pods.keptBy(new Set(['NodeAffinity'])))).toEqual(['d']);
    expect({ size: pods.size, b: pods.has('b'), c: pods.get('c')?.uid }).toEqual({ size: 2, b: false, c: 'c' });
  });
  it('knows since when none of them has waited, gated ones aside, and who waited before an instant, not since it', () => {
    const pods = new UnschedulablePods();
    expect(pods.oldest).toBe(Number.POSITIVE_INFINITY);
    pods.add(waiting('gated', [], 'SchedulingGates', 5));
    expect(pods.oldest).toBe(Number.POSITIVE_INFINITY);
    for (const [name, since] of [
      ['x', 20],
      ['y', 30],
    ] as const)
      pods.add(waiting(name, ['NodeAffinity'], '', since));
    expect([pods.oldest, names(pods.waitingSinceBefore(20)), names(pods.waitingSinceBefore(30))]).toEqual([20, [], ['x']]);
  });
  it('has each pod once, under those that keep it out now', () => {
    const pods = four();
    pods.add(waiting('a', ['NodePorts']));
    expect(names([...pods.values()])).toEqual(['b', 'c', 'd', 'a']);
    expect([names(pods.keptBy(new Set(['NodeAffinity']))), names(pods.keptBy(new Set(['NodePorts']))), pods.get('x')]).toEqual([
      ['b', 'd'],
      ['a'],
      undefined,
    ]);
  });
});
