/** Reserve, Permit and what follows: who waits, for how long, and what everybody is told. Texts are upstream's. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '#api';
import type { CycleState, Handle, PermitPlugin, ReservePlugin, Status } from '#scheduler';
import { registerPlugin } from '#scheduler';
import { SECOND } from '#sim';
import { type Janitor, lab, nodeAt, podAt, type Step } from './lab.ts';

const calls: string[] = [];
const nameOf = (pod: Pod): string => pod.metadata?.name ?? '';

/** Holds pods by their names: wait-* for 4 s, slow-* for an hour, deny-*, error-*; 'key' lets everybody go, 'alarm' sends everybody away. */
class Doorkeeper implements PermitPlugin, ReservePlugin {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }

  reserve(_state: CycleState, pod: Pod): Status | undefined {
    calls.push(`reserve ${this.name} ${nameOf(pod)}`);
    if (nameOf(pod).startsWith('noroom') && this.name === 'Doorkeeper') return { code: 'Unschedulable', reasons: ['no room kept'] };
    if (nameOf(pod).startsWith('broken') && this.name === 'Doorkeeper') return { code: 'Error', reasons: ['kaput'] };
    return undefined;
  }

  unreserve(_state: CycleState, pod: Pod): void {
    calls.push(`unreserve ${this.name} ${nameOf(pod)}`);
  }

  permit(_state: CycleState, pod: Pod, _node: string, handle: Handle): { status?: Status; timeout?: number } {
    const name = nameOf(pod);
    if (this.name !== 'Doorkeeper')
      return name.startsWith('wait-both') ? { status: { code: 'Wait', reasons: [] }, timeout: 6 * SECOND } : {};
    if (name === 'key') for (const waiting of handle.waitingPods) waiting.allow('Doorkeeper');
    if (name === 'alarm') for (const waiting of handle.waitingPods) waiting.reject('Doorkeeper', 'the alarm went off');
    if (name.startsWith('wait')) return { status: { code: 'Wait', reasons: [] }, timeout: 4 * SECOND };
    if (name.startsWith('slow')) return { status: { code: 'Wait', reasons: [] }, timeout: 3600 * SECOND };
    if (name.startsWith('deny')) return { status: { code: 'Unschedulable', reasons: ['not today'] } };
    if (name.startsWith('error')) return { status: { code: 'Error', reasons: ['out of order'] } };
    return {};
  }
}
registerPlugin('Doorkeeper', () => new Doorkeeper('Doorkeeper'));
registerPlugin('Second', () => new Doorkeeper('Second'));

const run = (steps: readonly Step[], seconds = 20): Janitor =>
  lab(steps, { seconds, config: { plugins: ['Doorkeeper', 'Second'] } }).janitor;
const boundAt = (janitor: Janitor, name: string): number | undefined =>
  janitor.seen.find(({ pod }) => pod.metadata?.name === name && (pod.spec?.nodeName ?? '') !== '')?.at;
const failures = (janitor: Janitor, name: string): string[] =>
  janitor.seen
    .filter(({ pod }) => pod.metadata?.name === name)
    .flatMap(({ pod }) => (pod.status?.conditions ?? []).filter((c) => c.status === 'False').map((c) => `${c.reason}: ${c.message}`));

describe('Permit', () => {
  beforeEach(() => {
    calls.length = 0;
  });

  it('holds a pod until another plugin call allows it', () => {
    const janitor = run([nodeAt(1, 'a'), podAt(2, 'wait-1'), podAt(4, 'key')]);
    expect(Math.floor(boundAt(janitor, 'wait-1') ?? 0)).toBe(4);
    expect(failures(janitor, 'wait-1')).toEqual([]);
  });

  it('rejects when the time is up, in the words of the framework, and takes reservations back in reverse order', () => {
    const janitor = run([nodeAt(1, 'a'), podAt(2, 'wait-1')], 7);
    expect(boundAt(janitor, 'wait-1')).toBeUndefined();
    const text = '0/1 nodes are available: 1 rejected due to timeout after waiting 4s at plugin Doorkeeper.';
    expect(failures(janitor, 'wait-1')).toContain(`Unschedulable: ${text}`);
    expect(janitor.events('wait-1')).toContain(`FailedScheduling: ${text}`);
    expect(calls.slice(0, 4)).toEqual([
      'reserve Doorkeeper wait-1',
      'reserve Second wait-1',
      'unreserve Second wait-1',
      'unreserve Doorkeeper wait-1',
    ]);
  });

  it('waits for every plugin that asked for it', () => {
    const janitor = run([nodeAt(1, 'a'), podAt(2, 'wait-both'), podAt(4, 'key')], 9);
    expect(boundAt(janitor, 'wait-both')).toBeUndefined();
    const text = '0/1 nodes are available: 1 rejected due to timeout after waiting 6s at plugin Second.';
    expect(failures(janitor, 'wait-both')).toContain(`Unschedulable: ${text}`);
  });

  it('says why a plugin refused or failed, and leaves the place to others', () => {
    const janitor = run(
      [nodeAt(1, 'a', '1'), podAt(2, 'deny-1'), podAt(3, 'error-1'), podAt(4, 'noroom-1'), podAt(5, 'broken-1'), podAt(6, 'last')],
      8,
    );
    expect(failures(janitor, 'deny-1')[0]).toBe('Unschedulable: 0/1 nodes are available: 1 not today.');
    expect(failures(janitor, 'error-1')[0]).toBe('SchedulerError: running Permit plugin "Doorkeeper": out of order');
    expect(failures(janitor, 'noroom-1')[0]).toBe('Unschedulable: 0/1 nodes are available: 1 no room kept.');
    expect(failures(janitor, 'broken-1')[0]).toBe('SchedulerError: running Reserve plugin "Doorkeeper": kaput');
    expect(boundAt(janitor, 'last')).toBeDefined();
  });

  it('keeps the place of a pod that waits, and gives it back when the pod is rejected or deleted', () => {
    const janitor = run([
      nodeAt(1, 'a', '1'),
      podAt(2, 'slow-1'),
      podAt(3, 'next'),
      [8, { verb: 'delete', resource: 'pods', namespace: 'default', name: 'slow-1' }],
    ]);
    expect(failures(janitor, 'next')[0]).toContain('1 Insufficient cpu.');
    const next = boundAt(janitor, 'next') ?? 0;
    expect(next).toBeGreaterThan(8);
    expect(next).toBeLessThan(10);
    const alarmed = run([nodeAt(1, 'a', '2'), podAt(2, 'slow-1'), podAt(4, 'alarm')], 6);
    expect(failures(alarmed, 'slow-1')).toContain('Unschedulable: 0/1 nodes are available: 1 the alarm went off.');
  });

  it('sends a waiting pod away for one of higher priority instead of deleting it', () => {
    const important = { priorityClassName: 'system-node-critical' };
    const janitor = run([nodeAt(1, 'a', '1'), podAt(2, 'slow-1'), podAt(4, 'high', '1', important)], 12);
    expect(boundAt(janitor, 'high')).toBeDefined();
    expect(janitor.pod('slow-1')).toBeDefined();
    expect(failures(janitor, 'slow-1')).toContain('Unschedulable: 0/1 nodes are available: 1 preempted.');
  });
});
