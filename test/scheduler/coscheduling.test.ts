/** Gangs of pods in a live scheduler, with PodGroups at a real API server: together or not at all. */

import { describe, expect, it } from 'vitest';
import type { ExtensionPoint, SchedulerConfig } from '#scheduler';
import { pluginPoints, readKubeSchedulerConfiguration } from '#scheduler';
import { Coscheduling } from '../../src/scheduler/plugins/coscheduling.ts';
import { type Janitor, lab, nodeAt, podAt, type Step } from './lab.ts';

function gangConfig(args: object = {}): Partial<SchedulerConfig> {
  const only = { enabled: [{ name: 'Coscheduling' }], disabled: [{ name: '*' }] };
  const plugins: Partial<Record<ExtensionPoint | 'multiPoint', object>> = {
    multiPoint: { enabled: [{ name: 'Coscheduling' }] },
    queueSort: only,
  };
  const file = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    profiles: [{ plugins, pluginConfig: [{ name: 'Coscheduling', args }] }],
  };
  const reading = readKubeSchedulerConfiguration(file, pluginPoints());
  if ('errors' in reading) throw new Error(JSON.stringify(reading.errors));
  return { configuration: reading.configuration };
}

const groupAt = (second: number, name: string, minMember: number, more: object = {}): Step => [
  second,
  {
    verb: 'create',
    resource: 'podgroups.scheduling.x-k8s.io',
    namespace: 'default',
    body: {
      apiVersion: 'scheduling.x-k8s.io/v1alpha1',
      kind: 'PodGroup',
      metadata: { name, namespace: 'default' },
      spec: { minMember, ...more },
    },
  },
];
const memberAt = (second: number, name: string, group: string, cpu = '1', spec: object = {}): Step => {
  const [at, call] = podAt(second, name, cpu, spec);
  const pod = call.body as { metadata: { labels: object } };
  const labels = { ...pod.metadata.labels, 'scheduling.x-k8s.io/pod-group': group };
  return [at, { ...call, body: { ...pod, metadata: { ...pod.metadata, labels } } }];
};
const membersAt = (second: number, group: string, count: number, cpu = '1'): Step[] =>
  Array.from({ length: count }, (_, i) => memberAt(second + i / 100, `${group}-${i}`, group, cpu));

const run = (steps: readonly Step[], seconds = 20, args: object = {}): Janitor => lab(steps, { seconds, config: gangConfig(args) }).janitor;
const boundAt = (janitor: Janitor, name: string): number | undefined =>
  janitor.seen.find(({ pod }) => pod.metadata?.name === name && (pod.spec?.nodeName ?? '') !== '')?.at;
// Without it a group that fits nowhere is tried again without pause, as upstream: its first member wakes the others every time.
const BACK_OFF = { podGroupBackoffSeconds: 5 };

const bound = (janitor: Janitor, group: string, count: number): (number | undefined)[] =>
  Array.from({ length: count }, (_, i) => boundAt(janitor, `${group}-${i}`)).filter((at) => at !== undefined);
const complaints = (janitor: Janitor, name: string): string[] =>
  janitor.events(name).filter((event) => event.startsWith('FailedScheduling'));

describe('Coscheduling', () => {
  it('keeps a group that is too small out, and binds it at once when the last member comes', () => {
    const steps = [nodeAt(1, 'a'), groupAt(1, 'gang', 3), ...membersAt(2, 'gang', 2), memberAt(8, 'gang-2', 'gang')];
    const janitor = run(steps);
    const times = bound(janitor, 'gang', 3) as number[];
    expect(times.length).toBe(3);
    expect(Math.min(...times)).toBeGreaterThan(8);
    expect(Math.max(...times)).toBeLessThan(8.5);
    expect(complaints(janitor, 'gang-0')[0]).toMatch(
      /^FailedScheduling: 0\/1 nodes are available: pre-filter pod gang-0 cannot find enough sibling pods, current pods number: [12], minMember of group: 3\./,
    );
  });

  it('binds nobody when not all fit: who waits is sent back when one fits nowhere', () => {
    const janitor = run([nodeAt(1, 'a', '2'), groupAt(1, 'gang', 3), ...membersAt(2, 'gang', 3)], 12, BACK_OFF);
    expect(bound(janitor, 'gang', 3)).toEqual([]);
    const all = [0, 1, 2].flatMap((i) => complaints(janitor, `gang-${i}`));
    expect(all.some((text) => text.includes('0/1 nodes are available: 1 optimistic rejection in PostFilter.'))).toBe(true);
    expect(
      all.some((text) => /PodGroup default\/gang gets rejected due to Pod gang-\d is unschedulable even after PostFilter/.test(text)),
    ).toBe(true);
  });

  it('takes the whole group when a node comes that helps', () => {
    const janitor = run([nodeAt(1, 'a', '2'), groupAt(1, 'gang', 3), ...membersAt(2, 'gang', 3), nodeAt(2.5, 'b', '2')], 4);
    expect(bound(janitor, 'gang', 3).length).toBe(3);
    expect(Math.min(...(bound(janitor, 'gang', 3) as number[]))).toBeGreaterThan(2.5);
  });

  it('rejects all when one waited for too long', () => {
    // The third member exists and never enters the queue: its scheduling gate is never lifted.
    const gated = memberAt(2, 'gang-2', 'gang', '1', { schedulingGates: [{ name: 'example.com/never' }] });
    const janitor = run([nodeAt(1, 'a'), groupAt(1, 'gang', 3, { scheduleTimeoutSeconds: 5 }), ...membersAt(2, 'gang', 2), gated], 9);
    expect(bound(janitor, 'gang', 3)).toEqual([]);
    const texts = [...complaints(janitor, 'gang-0'), ...complaints(janitor, 'gang-1')];
    expect(texts).toContain(
      'FailedScheduling: 0/1 nodes are available: 1 rejected due to timeout after waiting 5s at plugin Coscheduling.',
    );
    expect(texts).toContain('FailedScheduling: 0/1 nodes are available: 1 rejection in Unreserve.');
  });

  it('waits as long as its arguments say where the group says nothing', () => {
    const gated = memberAt(2, 'gang-1', 'gang', '1', { schedulingGates: [{ name: 'example.com/never' }] });
    const janitor = run([nodeAt(1, 'a'), groupAt(1, 'gang', 2), memberAt(2, 'gang-0', 'gang'), gated], 8, { permitWaitingTimeSeconds: 3 });
    expect(complaints(janitor, 'gang-0')).toContain(
      'FailedScheduling: 0/1 nodes are available: 1 rejected due to timeout after waiting 3s at plugin Coscheduling.',
    );
  });

  it('lets one of two groups through that need the same room, and the other after it', () => {
    const both = [0, 1, 2].flatMap((i) => [memberAt(2 + i / 100, `red-${i}`, 'red'), memberAt(2 + i / 100, `blue-${i}`, 'blue')]);
    const free = Array.from(
      { length: 3 },
      (_, i): Step => [30 + 10 * i, { verb: 'delete', resource: 'pods', namespace: 'default', name: `red-${i}` }],
    );
    const janitor = run([nodeAt(1, 'a', '4'), groupAt(0.1, 'red', 3), groupAt(1.1, 'blue', 3), ...both, ...free], 60, {
      podGroupBackoffSeconds: 5,
    });
    expect(bound(janitor, 'red', 3).length).toBe(3);
    expect(Math.max(...(bound(janitor, 'red', 3) as number[]))).toBeLessThan(25);
    const blue = bound(janitor, 'blue', 3) as number[];
    expect(blue.length).toBe(3);
    // One pod of red less is not enough, two are.
    expect(Math.min(...blue)).toBeGreaterThan(40);
    expect(Math.max(...blue)).toBeLessThan(42);
  });

  it('leaves a group that failed alone for a while, when told so', () => {
    const steps = [nodeAt(1, 'a', '2'), groupAt(1, 'gang', 3), ...membersAt(2, 'gang', 3), nodeAt(5, 'b', '2')];
    const janitor = run(steps, 10, { podGroupBackoffSeconds: 20 });
    const all = [0, 1, 2].flatMap((i) => complaints(janitor, `gang-${i}`));
    expect(all.some((text) => text.includes('podGroup default/gang failed recently'))).toBe(true);
    // There is room from the fifth second on.
    expect(bound(janitor, 'gang', 3)).toEqual([]);
  });

  it('looks at the resources that the group needs at least before it places the first pod', () => {
    const minResources = { cpu: '3', memory: '1Gi' };
    const janitor = run([nodeAt(1, 'a', '2'), groupAt(1, 'gang', 2, { minResources }), ...membersAt(2, 'gang', 2)], 6);
    expect(bound(janitor, 'gang', 2)).toEqual([]);
    expect(complaints(janitor, 'gang-1')[0]).toContain('0/1 nodes are available: resource gap: map[cpu:1000m].');
    const fitting = run([nodeAt(1, 'a', '2'), nodeAt(1, 'b', '2'), groupAt(1, 'gang', 2, { minResources }), ...membersAt(2, 'gang', 2)], 6);
    expect(bound(fitting, 'gang', 2).length).toBe(2);
  });

  it('refuses a pod whose group does not exist, and minds no other pods', () => {
    const janitor = run([nodeAt(1, 'a'), memberAt(2, 'lost-0', 'lost'), podAt(2, 'plain')], 5);
    expect(bound(janitor, 'lost', 1)).toEqual([]);
    expect(complaints(janitor, 'lost-0')).toEqual(['FailedScheduling: 0/1 nodes are available: 1 PodGroup not found.']);
    expect(boundAt(janitor, 'plain')).toBeDefined();
  });

  it('says what is wrong with its arguments', () => {
    expect(() => new Coscheduling({ permitWaitingTimeSeconds: -1 })).toThrow('permitWaitingTimeSeconds: Invalid value: -1');
    expect(() => new Coscheduling({ podGroupBackoff: 1 } as object)).toThrow('unknown field "podGroupBackoff"');
  });
});
