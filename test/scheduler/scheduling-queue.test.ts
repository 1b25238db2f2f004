/** The queue's life of a pod: active, back-off, unschedulable, gated; hints, in-flight events, the five-minute flush.
 *  Durations from pkg/scheduler/backend/queue v1.34. */

import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '#api';
import { Nominator, Profile } from '#scheduler';
import { type Instant, SECOND } from '#sim';
import { ASSIGNED_POD_ADD, ASSIGNED_POD_DELETE, NODE_ADD } from '../../src/scheduler/cluster-events.ts';
import { DEFAULT_QUEUE_SETTINGS } from '../../src/scheduler/queue/queue-settings.ts';
import { backoffDuration } from '../../src/scheduler/queue/queued-pod-info.ts';
import { SchedulingQueue } from '../../src/scheduler/queue/scheduling-queue.ts';

const pod = (name: string, more: object = {}): Pod =>
  ({
    metadata: { name, namespace: 'ns', uid: name },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }], ...more },
  }) as unknown as Pod;
const node = (cpu: string): Node =>
  ({ metadata: { name: 'n' }, status: { allocatable: { cpu, memory: '1Gi', pods: '9' } } }) as unknown as Node;
const newQueue = (): SchedulingQueue => new SchedulingQueue(new Map([['default-scheduler', new Profile()]]), new Nominator());
/** Seconds into the run. */
const at = (seconds: number): Instant => seconds * 1_000_000;
const FIT = new Set(['NodeResourcesFit']);

describe('SchedulingQueue', () => {
  it('serves the higher priority first, then who came first', () => {
    const queue = newQueue();
    queue.add(pod('low', { priority: 1 }), 0);
    queue.add(pod('first', { priority: 5 }), 1);
    queue.add(pod('second', { priority: 5 }), 2);
    expect([queue.pop()?.uid, queue.pop()?.uid, queue.pop()?.uid, queue.pop()]).toEqual(['first', 'second', 'low', undefined]);
  });

  it('doubles the back-off from 1 s to 10 s', () => {
    expect([0, 1, 2, 3, 4, 5, 9].map((n) => backoffDuration(n, SECOND, 10 * SECOND) / SECOND)).toEqual([0, 1, 2, 4, 8, 10, 10]);
  });

  it('wakes a rejected pod on an event that may help, and not on one that cannot', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    const info = queue.pop();
    queue.putBack(info!, FIT, at(1));
    queue.move(NODE_ADD, undefined, node('500m'), at(3));
    expect(queue.hasWork).toBe(false);
    queue.move(ASSIGNED_POD_ADD, undefined, pod('other', { nodeName: 'n' }), at(3));
    expect(queue.hasWork).toBe(false);
    queue.move(NODE_ADD, undefined, node('2'), at(4));
    expect(queue.activeSize).toBe(1);
  });

  it('asks no hint without the feature gate SchedulerQueueingHints', () => {
    const settings = { ...DEFAULT_QUEUE_SETTINGS, usesHints: false };
    const queue = new SchedulingQueue(new Map([['default-scheduler', new Profile()]]), new Nominator(), settings);
    queue.add(pod('p'), 0);
    queue.putBack(queue.pop()!, FIT, at(1));
    queue.move(ASSIGNED_POD_ADD, undefined, pod('other', { nodeName: 'n' }), at(3));
    expect(queue.hasWork).toBe(false);
    queue.move(NODE_ADD, undefined, node('500m'), at(3));
    expect(queue.activeSize).toBe(1);
  });

  it('keeps a woken pod in back-off, from which an idle scheduler takes it early', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    queue.putBack(queue.pop()!, FIT, at(1));
    queue.move(ASSIGNED_POD_DELETE, pod('gone', { nodeName: 'n' }), undefined, at(1) + 1);
    expect([queue.activeSize, queue.hasWork]).toEqual([0, true]);
    expect(queue.pop()?.attempts).toBe(2);
  });

  it('does not take a pod early that failed with an error', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    queue.putBack(queue.pop()!, new Set(), at(1));
    expect(queue.pop()).toBeUndefined();
    queue.advance(at(2));
    expect(queue.activeSize).toBe(0);
    queue.advance(at(3));
    expect(queue.pop()?.uid).toBe('p');
  });

  it('remembers what happened while the pod was under way', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    const info = queue.pop();
    queue.move(ASSIGNED_POD_DELETE, pod('gone', { nodeName: 'n' }), undefined, 10);
    queue.putBack(info!, FIT, 20);
    expect(queue.hasWork).toBe(true);
  });

  it('tries an unschedulable pod again after five minutes', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    queue.putBack(queue.pop()!, FIT, 0);
    expect(queue.nextWakeup(at(1))).toBe(at(330));
    // Looked at every 30 s: just five minutes are not more than five.
    for (const seconds of [299, 300, 301, 329]) queue.advance(at(seconds));
    expect(queue.hasWork).toBe(false);
    queue.advance(at(330));
    expect(queue.activeSize).toBe(1);
  });

  it('holds a gated pod until its gates are gone', () => {
    const queue = newQueue();
    const gated = pod('p', { schedulingGates: [{ name: 'g' }] });
    queue.add(gated, 0);
    expect([queue.hasWork, queue.size]).toEqual([false, 1]);
    const open = pod('p');
    queue.update(gated, open, at(1));
    expect(queue.pop()?.uid).toBe('p');
  });

  it('asks a gated pod only about what its gate waits for', () => {
    const queue = newQueue();
    const gated = pod('p', { schedulingGates: [{ name: 'g' }, { name: 'h' }] });
    queue.add(gated, 0);
    const labelled = { ...gated, metadata: { ...gated.metadata, labels: { a: 'b' } } } as Pod;
    queue.update(gated, labelled, at(1));
    const oneLeft = pod('p', { schedulingGates: [{ name: 'h' }] });
    queue.update(labelled, oneLeft, at(2));
    queue.move(NODE_ADD, undefined, node('4'), at(3));
    for (let seconds = 30; seconds <= 400; seconds += 30) queue.advance(at(seconds));
    expect([queue.hasWork, queue.size]).toEqual([false, 1]);
  });

  it('lets a back-off end with the second in which it is over', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    queue.putBack(queue.pop()!, FIT, at(1.4));
    // Over at 2.4 s: all of the second counts.
    queue.move(NODE_ADD, undefined, node('2'), at(2.9));
    expect([queue.activeSize, queue.nextWakeup(at(2.9))]).toEqual([0, at(3)]);
    queue.advance(at(3));
    expect(queue.activeSize).toBe(1);
  });

  it('sends back to its back-off who was activated while it was being tried', () => {
    const queue = newQueue();
    queue.add(pod('p'), 0);
    const info = queue.pop();
    queue.activate('p', at(1));
    queue.putBack(info!, FIT, at(1));
    expect([queue.activeSize, queue.hasWork]).toEqual([0, true]);
  });

  it('tells only pods of no higher priority that a nominated pod gave its place up', () => {
    const queue = newQueue();
    queue.add(pod('low', { priority: 1 }), 0);
    queue.add(pod('high', { priority: 9 }), 0);
    for (let i = 0; i < 2; i++) queue.putBack(queue.pop()!, FIT, at(1));
    const nominee = { ...pod('nominee', { priority: 5 }), status: { nominatedNodeName: 'n' } } as unknown as Pod;
    queue.move(ASSIGNED_POD_DELETE, nominee, undefined, at(20), '', 5);
    expect([queue.pop()?.uid, queue.pop()]).toEqual(['low', undefined]);
  });

  it('forgets a deleted pod wherever it waits', () => {
    const queue = newQueue();
    queue.add(pod('a'), 0);
    queue.add(pod('b'), 0);
    queue.putBack(queue.pop()!, FIT, 0);
    queue.delete(pod('a'));
    queue.delete(pod('b'));
    expect(queue.size).toBe(0);
  });
});
