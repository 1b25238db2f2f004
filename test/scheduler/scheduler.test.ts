/** The scheduler as a host, against a real API server: what it writes, and when. */

import { describe, expect, it } from 'vitest';
import { pluginPoints, readKubeSchedulerConfiguration } from '#scheduler';
import { lab, nodeAt, podAt } from './lab.ts';

describe('Scheduler', () => {
  it('binds pods, says so, and leaves those of another scheduler alone', () => {
    const { janitor } = lab([
      nodeAt(1, 'a'),
      nodeAt(1, 'b'),
      podAt(2, 'one'),
      podAt(2, 'two'),
      podAt(2, 'foreign', '1', { schedulerName: 'other' }),
    ]);
    const placed = ['one', 'two'].map((name) => janitor.pod(name)?.spec?.nodeName).sort();
    expect(placed).toEqual(['a', 'b']);
    expect(janitor.pod('foreign')?.spec?.nodeName).toBeUndefined();
    expect(janitor.events('one')).toEqual([`Scheduled: Successfully assigned default/one to ${janitor.pod('one')?.spec?.nodeName}`]);
  });

  it('writes events under the name of the profile that decided', () => {
    const profile = (schedulerName: string): object => ({ schedulerName });
    const file = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', profiles: ['a', 'b'].map(profile) };
    const reading = readKubeSchedulerConfiguration(file, pluginPoints());
    if ('errors' in reading) throw new Error(JSON.stringify(reading.errors));
    const pods = ['a', 'b'].map((schedulerName) => podAt(2, `of-${schedulerName}`, '1', { schedulerName }));
    const { janitor } = lab([nodeAt(1, 'n'), ...pods], { config: { configuration: reading.configuration } });
    expect([janitor.writers('of-a'), janitor.writers('of-b')]).toEqual([['a'], ['b']]);
  });

  it('says why a pod does not fit, once, and places it when a node comes that helps', () => {
    const { janitor, outcome } = lab([nodeAt(1, 'small', '1'), podAt(2, 'big', '3'), nodeAt(9, 'useless', '2'), nodeAt(12, 'large', '8')]);
    const waiting = janitor.seen.filter(({ pod }) => pod.metadata?.name === 'big' && (pod.status?.conditions ?? []).length > 0)[0]?.pod;
    expect(waiting?.status?.conditions?.[0]).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message:
        '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    });
    const bound = janitor.seen.find(({ pod }) => pod.metadata?.name === 'big' && pod.spec?.nodeName === 'large');
    expect(Math.floor(bound?.at ?? 0)).toBe(12);
    // The node that was too small, too, did not wake it when it came, but when its taint was taken off: who waits for new nodes hears of all changed
    // taints, upstream's mend of a node that it had overlooked.
    const moved = (event: string) => outcome.recorded.counter('scheduler_queue_incoming_pods_total', { event, queue: 'active' })?.total;
    expect([moved('NodeAdd'), moved('NodeUpdateNodeTaint')]).toEqual([1, 1]);
  });

  it('has words of their own for a cluster without nodes', () => {
    const { janitor } = lab([podAt(2, 'early'), nodeAt(5, 'a')], { seconds: 12 });
    const waiting = janitor.seen.find(({ pod }) => pod.metadata?.name === 'early' && (pod.status?.conditions ?? []).length > 0)?.pod;
    const message = 'no nodes available to schedule pods';
    expect(waiting?.status?.conditions?.[0]).toMatchObject({ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message });
    expect(janitor.events('early')).toContain(`FailedScheduling: ${message}`);
    expect(janitor.pod('early')?.spec?.nodeName).toBe('a');
  });

  it('evicts for a pod of higher priority, promises it the node and keeps the promise', () => {
    const important = { priorityClassName: 'system-node-critical' };
    const { janitor } = lab([nodeAt(1, 'only', '2'), podAt(2, 'low', '2'), podAt(4, 'high', '2', important)]);
    expect(janitor.pod('low')).toBeUndefined();
    expect(janitor.pod('high')?.spec?.nodeName).toBe('only');
    const promised = janitor.seen.some(({ pod }) => pod.metadata?.name === 'high' && pod.status?.nominatedNodeName === 'only');
    const marked = janitor.seen.find(({ pod }) => pod.metadata?.name === 'low' && pod.metadata.deletionTimestamp !== undefined)?.pod;
    expect(promised).toBe(true);
    expect(marked?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }),
    );
    expect(janitor.events('low').some((event) => event.startsWith('Preempted: Preempted by pod'))).toBe(true);
  });

  it('waits for the one that frees the place', () => {
    const { janitor } = lab([
      nodeAt(1, 'only', '2'),
      podAt(2, 'first', '2'),
      podAt(3, 'second', '2'),
      [10, { verb: 'delete', resource: 'pods', namespace: 'default', name: 'first' }],
    ]);
    const bound = janitor.seen.find(({ pod }) => pod.metadata?.name === 'second' && pod.spec?.nodeName === 'only');
    expect(Math.floor(bound?.at ?? 0)).toBe(10);
  });

  it('takes as long over an attempt as it is told', () => {
    const pods = Array.from({ length: 5 }, (_, i) => podAt(2, `p${i}`, '100m'));
    const { janitor } = lab([nodeAt(1, 'a'), nodeAt(1, 'b'), ...pods], { config: { cost: 1_000_000 } });
    const times = janitor.seen
      .filter(({ pod }) => pod.spec?.nodeName !== undefined && pod.metadata?.deletionTimestamp === undefined)
      .map(({ at }) => Math.floor(at));
    expect(times).toEqual([3, 4, 5, 6, 7]);
  });
});
