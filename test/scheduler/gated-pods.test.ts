/** Pods with scheduling gates that go one by one, in the profile that they name among several of one file. */

import { describe, expect, it } from 'vitest';
import { JOURNAL, type Journal, JournalReplay, pendingStory, pluginPoints, readKubeSchedulerConfiguration } from '#scheduler';
import { type LabOptions, lab, nodeAt, podAt, type Step } from './lab.ts';

const GATES = [{ name: 'example.com/quota' }, { name: 'example.com/review' }];
const gatesAt = (second: number, name: string, schedulingGates: object | null): Step => [
  second,
  { verb: 'patch', resource: 'pods', namespace: 'default', name, patchType: 'merge', body: { spec: { schedulingGates } } },
];
const READING = readKubeSchedulerConfiguration(
  {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    profiles: [
      { schedulerName: 'default-scheduler' },
      {
        schedulerName: 'packer',
        pluginConfig: [
          { name: 'NodeResourcesFit', args: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }] } } },
        ],
        plugins: { score: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
      },
    ],
  },
  pluginPoints(),
);
if ('errors' in READING) throw new Error(JSON.stringify(READING.errors));
const { configuration } = READING;
const packer = { schedulerName: 'packer' };

function run(steps: readonly Step[], options: LabOptions = {}) {
  const { janitor, outcome } = lab(steps, { ...options, config: { configuration, explain: 'all' } });
  const replay = new JournalReplay(outcome.recorded.kept.find(({ name }) => name === JOURNAL)?.data as Journal);
  const story = (name: string) => replay.explain(replay.pods.find(({ key }) => key === `default/${name}`)?.index as number);
  return { janitor, replay, story };
}

describe('a gated pod', () => {
  const steps = [
    nodeAt(1, 'a'),
    nodeAt(1, 'b'),
    podAt(2, 'one', '1', { ...packer, schedulingGates: GATES }),
    gatesAt(5, 'one', [GATES[1]]),
  ];

  it('is scheduled once the last gate is gone, by the profile that it names', () => {
    const { janitor, story } = run([...steps, gatesAt(8, 'one', null), podAt(10, 'two', '1', packer), podAt(12, 'three')], { seconds: 15 });
    const one = story('one');
    expect(one.scheduler).toBe('packer');
    expect(one.placedAt).toBeGreaterThan(8e6);
    expect(one.placedAt).toBeLessThan(8.1e6);
    expect(one.queue.map(({ queue, event }) => [queue, event])).toEqual([
      ['gated', 'UnschedulablePodAdd'],
      ['gated', 'UnschedulablePodUpdate'],
      ['active', 'UnschedulablePodUpdatePodSchedulingGatesEliminated'],
    ]);
    // The packing profile fills a node, the other one spreads.
    const nodeOf = (name: string): string | undefined => janitor.pod(name)?.spec?.nodeName;
    expect(nodeOf('two')).toBe(nodeOf('one'));
    expect(nodeOf('three')).not.toBe(nodeOf('one'));
    expect([story('two').scheduler, story('three').scheduler]).toEqual(['packer', 'default-scheduler']);
    expect(janitor.writers('two')).toEqual(['packer']);
  });

  it('is told with the gates that are left', () => {
    const { replay, story } = run(steps, { seconds: 10 });
    const told = pendingStory(story('one'), replay.profile('packer'), replay.maxUnschedulable, 10e6);
    expect(told.gate).toEqual({ plugin: 'SchedulingGates', reason: 'waiting for scheduling gates: [example.com/review]' });
    expect(told.state).toBe('gated');
  });
});
