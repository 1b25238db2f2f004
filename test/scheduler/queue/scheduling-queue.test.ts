/** What the queue tells its instruments and the journal, and the corners of its waits. */

import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '#api';
import { Nominator, Profile } from '#scheduler';
import type { Instant } from '#sim';
import { ASSIGNED_POD_DELETE, NODE_ADD } from '../../../src/scheduler/cluster-events.ts';
import { DEFAULT_QUEUE_SETTINGS, type QueueInstruments, type QueueSettings } from '../../../src/scheduler/queue/queue-settings.ts';
import type { QueuedPodInfo } from '../../../src/scheduler/queue/queued-pod-info.ts';
import { SchedulingQueue } from '../../../src/scheduler/queue/scheduling-queue.ts';

const pod = (name: string, more: object = {}, meta: object = {}): Pod =>
  ({
    metadata: { name, namespace: 'ns', uid: name, ...meta },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }], ...more },
  }) as unknown as Pod;
const gated = (name: string, ...gates: string[]): Pod => pod(name, { schedulingGates: gates.map((gate) => ({ name: gate })) });
const node = (cpu: string): Node =>
  ({ metadata: { name: 'n' }, status: { allocatable: { cpu, memory: '1Gi', pods: '9' } } }) as unknown as Node;
const at = (seconds: number): Instant => seconds * 1_000_000;
const FIT = new Set(['NodeResourcesFit']);
const ERROR = new Set<string>();

interface Bench {
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  /** Levels and counts as they stand, those that are zero left out. */
  shown(): Record<string, number>;
  /** What the journal was told since the last look. */
  told(): string[];
}

function bench(settings: Partial<QueueSettings> = {}, isInstrumented = true): Bench & { instruments: QueueInstruments } {
  const nominator = new Nominator();
  const queue = new SchedulingQueue(new Map([['default-scheduler', new Profile()]]), nominator, { ...DEFAULT_QUEUE_SETTINGS, ...settings });
  const numbers: Record<string, number> = {};
  const story: string[] = [];
  const gauge = (name: string) => ({
    add: (by = 1) => {
      numbers[name] = (numbers[name] ?? 0) + by;
    },
    set: (value: number) => {
      numbers[name] = value;
    },
  });
  const instruments = {
    pending: (room: string) => gauge(room),
    incoming: (room: string, event: string) => gauge(`${event} to ${room}`),
    unschedulable: (plugin: string, profile: string) => gauge(`${plugin} in ${profile}`),
    inFlight: (event: string) => gauge(`under way ${event}`),
    hint: (plugin: string, event: string, hint: string) => gauge(`${plugin} on ${event}: ${hint}`).add(),
    point: (point: string, status: string, profile: string, duration: number) =>
      gauge(`${point} ${status} in ${profile}`).add(duration > 0 ? 1 : 0),
  } as unknown as QueueInstruments;
  if (isInstrumented) queue.instrument(instruments);
  queue.journal = {
    queued: (info: QueuedPodInfo, room: string, event: string, waits: string) =>
      story.push(`${info.uid} ${room} by ${event}${waits === '' ? '' : ` for ${waits}`}`),
    unqueued: (each: Pod) => story.push(`${each.metadata?.name} gone`),
  } as never;
  return {
    queue,
    nominator,
    instruments,
    shown: () => Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== 0)),
    told: () => story.splice(0),
  };
}
const popped = (queue: SchedulingQueue): QueuedPodInfo => {
  const info = queue.pop();
  if (info === undefined) throw new Error('nothing to pop');
  return info;
};
/** The pod has been tried once and was rejected, or failed. */
function rejected(queue: SchedulingQueue, each: Pod, by: ReadonlySet<string>, now: Instant): void {
  queue.add(each, 0);
  queue.putBack(popped(queue), by, now);
}

describe('the instruments of the queue', () => {
  it('show where pods wait, how they came there, and who keeps them out', () => {
    const { queue, shown } = bench();
    queue.add(pod('p'), 0);
    expect(shown()).toEqual({ active: 1, 'UnschedulablePodAdd to active': 1, 'PreEnqueue Success in default-scheduler': 1 });
    const info = popped(queue);
    expect(shown()).toMatchObject({ 'under way PodPopped': 1 });
    expect(shown()['active']).toBeUndefined();
    queue.putBack(info, FIT, at(1));
    expect(shown()).toEqual({
      unschedulable: 1,
      'UnschedulablePodAdd to active': 1,
      'PreEnqueue Success in default-scheduler': 1,
      'ScheduleAttemptFailure to unschedulable': 1,
      'NodeResourcesFit in default-scheduler': 1,
    });
    queue.move(NODE_ADD, undefined, node('500m'), at(1.5));
    queue.move(NODE_ADD, undefined, node('2'), at(1.5));
    expect(shown()).toEqual({
      backoff: 1,
      'UnschedulablePodAdd to active': 1,
      'PreEnqueue Success in default-scheduler': 2,
      'ScheduleAttemptFailure to unschedulable': 1,
      'NodeAdd to backoff': 1,
      'NodeResourcesFit in default-scheduler': 1,
      'NodeResourcesFit on NodeAdd: Queue': 1,
      'NodeResourcesFit on NodeAdd: QueueSkip': 1,
    });
    expect(popped(queue).attempts).toBe(2);
    expect(shown()).toMatchObject({ 'PopFromBackoffQ to active': 1, 'under way PodPopped': 1 });
    expect([shown()['backoff'], shown()['NodeResourcesFit in default-scheduler']]).toEqual([undefined, undefined]);
    queue.done('p');
    expect(shown()['under way PodPopped']).toBeUndefined();
  });

  it('count a gated pod apart, and under its gate', () => {
    const { queue, shown, told } = bench();
    queue.add(gated('p', 'g'), 0);
    expect(shown()).toEqual({
      gated: 1,
      'UnschedulablePodAdd to gated': 1,
      'SchedulingGates in default-scheduler': 1,
      'PreEnqueue UnschedulableAndUnresolvable in default-scheduler': 1,
    });
    expect(told()).toEqual([expect.stringMatching(/^p gated by UnschedulablePodAdd for SchedulingGates: .*g/)]);
    rejected(queue, pod('q'), FIT, 0);
    expect(shown()).toMatchObject({ gated: 1, unschedulable: 1 });
    queue.delete(gated('p', 'g'));
    expect([shown()['gated'], shown()['SchedulingGates in default-scheduler'], shown()['unschedulable']]).toEqual([
      undefined,
      undefined,
      1,
    ]);
    queue.delete(pod('q'));
    expect([shown()['unschedulable'], shown()['NodeResourcesFit in default-scheduler'], queue.size]).toEqual([undefined, undefined, 0]);
    expect(told()).toEqual([
      'q active by UnschedulablePodAdd',
      'q unschedulable by ScheduleAttemptFailure for NodeResourcesFit',
      'p gone',
      'q gone',
    ]);
  });

  it('are brought up to what waits already when they come late', () => {
    const { queue, shown, instruments } = bench({}, false);
    rejected(queue, pod('kept'), FIT, 0);
    rejected(queue, pod('failed'), ERROR, 0);
    queue.add(pod('new'), 0);
    queue.add(gated('gated', 'g'), 0);
    expect(shown()).toEqual({});
    queue.instrument(instruments);
    expect(shown()).toEqual({
      active: 1,
      backoff: 1,
      unschedulable: 1,
      gated: 1,
      'NodeResourcesFit in default-scheduler': 1,
      'SchedulingGates in default-scheduler': 1,
    });
  });

  it('follow a pod out of every room', () => {
    const { queue, shown } = bench();
    queue.add(pod('active'), 0);
    queue.delete(pod('active'));
    rejected(queue, pod('failed'), ERROR, 0);
    expect(shown()).toMatchObject({ backoff: 1, 'ScheduleAttemptFailure to backoff': 1 });
    queue.delete(pod('failed'));
    expect([shown()['active'], shown()['backoff'], queue.size]).toEqual([undefined, undefined, 0]);
    rejected(queue, pod('failed'), ERROR, 0);
    queue.advance(at(2));
    expect(shown()).toMatchObject({ active: 1, 'BackoffComplete to active': 1 });
    expect(shown()['backoff']).toBeUndefined();
  });

  it('ask no hint and follow no event under way without the feature gate', () => {
    const { queue, shown } = bench({ usesHints: false });
    rejected(queue, pod('p'), FIT, 0);
    queue.move(NODE_ADD, undefined, node('500m'), at(5));
    expect(Object.keys(shown()).filter((name) => name.includes(' on ') || name.includes('under way'))).toEqual([]);
    expect(queue.activeSize).toBe(1);
  });

  it('count a pod once under a plugin that rejects it again, with another profile under that', () => {
    const { queue, shown } = bench();
    queue.add(pod('p', { schedulerName: 'default-scheduler' }), 0);
    queue.putBack(popped(queue), new Set(['NodeResourcesFit', 'NodeAffinity']), 0);
    expect(shown()).toMatchObject({ 'NodeResourcesFit in default-scheduler': 1, 'NodeAffinity in default-scheduler': 1 });
    queue.activate('p', at(1));
    expect(shown()).toMatchObject({ 'NodeResourcesFit in default-scheduler': 1, active: 1, 'ForceActivate to active': 1 });
    queue.putBack(popped(queue), FIT, at(2));
    expect(shown()).toMatchObject({ 'NodeResourcesFit in default-scheduler': 1, unschedulable: 1 });
    expect(shown()['NodeAffinity in default-scheduler']).toBeUndefined();
  });
});

describe('the waits of the queue', () => {
  it('grow with each rejection, and with each error on their own', () => {
    const { queue } = bench();
    queue.add(pod('p'), 0);
    const until: number[] = [];
    for (const by of [FIT, FIT, ERROR, ERROR, FIT, ERROR]) {
      const info = popped(queue);
      queue.putBack(info, by, at(100));
      until.push(info.backoffUntil / 1_000_000 - 100);
      queue.activate('p', at(100));
    }
    expect(until).toEqual([1, 2, 1, 2, 4, 1]);
  });

  it('end in the order of whole seconds, and in one second by priority', () => {
    const { queue } = bench();
    for (const [name, priority, now] of [
      ['late', 9, 3.2],
      ['low', 1, 1.1],
      ['high', 5, 1.9],
      ['other', 3, 1.5],
    ] as const) {
      queue.add(pod(name, { priority }), 0);
      queue.putBack(popped(queue), FIT, at(now));
    }
    for (const name of ['late', 'low', 'high', 'other']) queue.move(ASSIGNED_POD_DELETE, pod(name, { nodeName: 'n' }), undefined, at(2));
    expect([queue.activeSize, queue.hasWork, queue.nextWakeup(at(2.5))]).toEqual([0, true, at(3)]);
    expect([popped(queue).uid, popped(queue).uid]).toEqual(['high', 'other']);
    queue.advance(at(2.99));
    expect(queue.activeSize).toBe(0);
    queue.advance(at(3));
    expect(queue.activeSize).toBe(1);
    queue.advance(at(5));
    expect([popped(queue).uid, popped(queue).uid, queue.pop()]).toEqual(['late', 'low', undefined]);
  });

  it('are none where back-off is switched off', () => {
    const { queue } = bench({ maxBackoff: 0, initialBackoff: 0 });
    queue.add(pod('p'), 0);
    queue.putBack(popped(queue), ERROR, at(1));
    expect(queue.activeSize).toBe(1);
  });

  it('wake the scheduler at the next end of a back-off or flush, and never when nothing waits', () => {
    const { queue } = bench();
    expect(queue.nextWakeup(at(1))).toBeUndefined();
    queue.add(gated('gated', 'g'), 0);
    queue.add(pod('active'), 0);
    expect(queue.nextWakeup(at(1))).toBeUndefined();
    queue.putBack(popped(queue), FIT, at(10));
    expect(queue.nextWakeup(at(11))).toBe(at(330));
    expect(queue.nextWakeup(at(400))).toBe(at(400) + 1);
    rejected(queue, pod('failed'), ERROR, at(20));
    expect([queue.nextWakeup(at(20)), queue.nextWakeup(at(30.5))]).toEqual([at(22), at(31)]);
    queue.run(at(7));
    expect(queue.nextWakeup(at(330))).toBe(at(331));
    queue.delete(pod('failed'));
    expect(queue.nextWakeup(at(20))).toBe(at(337));
  });

  it('are looked through every 30 s from when the scheduler runs', () => {
    const { queue, told } = bench();
    rejected(queue, pod('p'), FIT, at(1));
    queue.run(at(7));
    told();
    for (const seconds of [7, 36, 301, 307, 308, 336.9]) queue.advance(at(seconds));
    expect(told()).toEqual(['p active by UnschedulableTimeout']);
    expect(popped(queue).uid).toBe('p');
    rejected(queue, pod('q'), FIT, at(307));
    for (const seconds of [577, 607, 609, 636.9]) queue.advance(at(seconds));
    expect(queue.activeSize).toBe(0);
    queue.advance(at(637));
    expect(queue.activeSize).toBe(1);
  });

  it('end at once for who is activated, wherever he waits', () => {
    const { queue, told } = bench();
    rejected(queue, pod('kept'), FIT, 0);
    rejected(queue, pod('failed'), ERROR, 0);
    rejected(queue, pod('backing'), FIT, 0);
    queue.move(ASSIGNED_POD_DELETE, pod('x', { nodeName: 'n' }), undefined, 1, 'kept');
    told();
    for (const name of ['kept', 'failed', 'backing', 'nobody']) queue.activate(name, at(1));
    expect(told()).toEqual(['kept active by ForceActivate', 'failed active by ForceActivate', 'backing active by ForceActivate']);
    expect([queue.activeSize, queue.size]).toEqual([3, 3]);
  });
});

describe('an update of a waiting pod', () => {
  it('is kept wherever it waits, and wakes it only where that may help', () => {
    const { queue, told } = bench();
    queue.add(pod('p'), 0);
    const labelled = pod('p', {}, { labels: { a: 'b' } });
    queue.update(pod('p'), labelled, 1);
    const info = popped(queue);
    expect(info.pod).toBe(labelled);
    queue.putBack(info, FIT, at(1));
    told();
    const other = pod('p', {}, { labels: { a: 'c' } });
    queue.update(labelled, { ...other, spec: labelled.spec } as Pod, at(5));
    expect([told(), queue.activeSize]).toEqual([[], 0]);
    const smaller = pod('p', { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] });
    queue.update(labelled, smaller, at(5));
    expect([told(), queue.activeSize, queue.pop()?.pod]).toEqual([['p active by UnschedulablePodUpdatePodScaleDown'], 1, smaller]);
    queue.update(pod('nobody'), pod('nobody'), at(6));
    expect(queue.size).toBe(0);
  });

  it('of a pod under way is judged when it comes back', () => {
    const { queue } = bench();
    queue.add(pod('p'), 0);
    const info = popped(queue);
    const smaller = pod('p', { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] });
    queue.update(pod('p'), smaller, 5);
    queue.putBack(info, FIT, at(1));
    expect([queue.hasWork, queue.size]).toEqual([true, 1]);
  });

  it('follows a nomination', () => {
    const { queue, nominator } = bench();
    rejected(queue, pod('p'), FIT, 0);
    const nominated = { ...pod('p'), status: { nominatedNodeName: 'n' } } as unknown as Pod;
    queue.update(pod('p'), nominated, 1);
    expect(nominator.nodeOf('p')).toBe('n');
    queue.delete(nominated);
    expect([nominator.nodeOf('p'), queue.size]).toEqual(['', 0]);
  });

  it('opens gates one by one', () => {
    const { queue, told } = bench();
    const [two, one, none] = [gated('p', 'g', 'h'), gated('p', 'h'), pod('p')];
    queue.add(two, 0);
    told();
    queue.update(two, one, 1);
    expect(told()).toEqual([expect.stringMatching(/^p gated by .* for SchedulingGates: .*h/)]);
    queue.activate('p', 2);
    expect([queue.hasWork, queue.size, told().length]).toEqual([false, 1, 1]);
    queue.update(one, none, 3);
    expect([queue.activeSize, popped(queue).initialAttemptTimestamp]).toEqual([1, 3]);
  });

  it('without hints wakes the pod whose spec changed, and no other', () => {
    const { queue } = bench({ usesHints: false });
    rejected(queue, pod('p'), FIT, 0);
    const before = pod('p');
    queue.update(before, { ...before, metadata: { ...before.metadata, labels: { a: 'b' } } } as Pod, at(5));
    expect(queue.activeSize).toBe(0);
    queue.update(before, pod('p', { containers: [{ name: 'c', resources: { requests: { cpu: '100m' } } }] }), at(5));
    expect(queue.activeSize).toBe(1);
  });
});

describe('an event', () => {
  it('wakes whom nobody in particular keeps out, and not him who caused it', () => {
    const { queue } = bench();
    queue.registerForAll('Extender');
    for (const name of ['a', 'b']) rejected(queue, pod(name), new Set(['Extender']), 0);
    queue.move(NODE_ADD, undefined, node('1m'), at(5), 'a');
    expect([queue.activeSize, popped(queue).uid, queue.size]).toEqual([1, 'b', 1]);
  });

  it('does not put a pod back twice', () => {
    const { queue } = bench();
    queue.add(pod('p'), 0);
    const info = popped(queue);
    queue.add(pod('p'), 1);
    queue.putBack(info, FIT, at(1));
    expect([queue.size, queue.activeSize]).toEqual([1, 1]);
  });

  it('that came before a pod was taken does not help it', () => {
    const { queue } = bench();
    queue.add(pod('other'), 0);
    popped(queue);
    queue.move(NODE_ADD, undefined, node('2'), 1);
    queue.add(pod('p'), 2);
    const info = popped(queue);
    queue.putBack(info, FIT, 3);
    expect([queue.hasWork, queue.size]).toEqual([false, 1]);
  });
});
