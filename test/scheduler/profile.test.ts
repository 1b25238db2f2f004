/** Profiles from configuration files, plugins of one's own, and what happens when those misbehave. */

import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '#api';
import {
  Cache,
  LiveHandle,
  Nominator,
  PluginError,
  type PluginFactory,
  PodScheduler,
  Profile,
  pluginPoints,
  profilesOf,
  readKubeSchedulerConfiguration,
  registeredPlugins,
  standardProfile,
} from '#scheduler';

const node = (name: string, cpu: string, used: object = {}): Node =>
  ({ metadata: { name, labels: used }, status: { allocatable: { cpu, memory: '8Gi', pods: '110' } } }) as unknown as Node;
const pod = (name: string, cpu = '1'): Pod =>
  ({
    metadata: { name, namespace: 'ns', uid: name, labels: {} },
    spec: { containers: [{ name: 'c', resources: { requests: { cpu, memory: '1Gi' } } }] },
  }) as unknown as Pod;

function schedulerOf(profile: Profile, nodes: readonly Node[]): PodScheduler {
  const cache = new Cache();
  for (const each of nodes) cache.addNode(each);
  const nominator = new Nominator();
  return new PodScheduler(profile, cache, nominator, new LiveHandle(profile, cache, nominator, new Map()), 100);
}

function profilesFrom(profiles: object[]): Profile[] {
  const file = { apiVersion: 'kubescheduler.config.k8s.io/v1', kind: 'KubeSchedulerConfiguration', profiles };
  const reading = readKubeSchedulerConfiguration(file, pluginPoints());
  if (!('configuration' in reading)) throw new Error(JSON.stringify(reading.errors));
  const client = { user: 'u', servers: [1], qps: 50, burst: 100 };
  return profilesOf({ client, configuration: reading.configuration }).map((spec) => new Profile(spec));
}

const big = node('big', '32');
const small = node('small', '4');

describe('profiles of a KubeSchedulerConfiguration', () => {
  it("run upstream's plugins in upstream's order when the file says nothing", () => {
    const [fromFile] = profilesFrom([{ schedulerName: 'default-scheduler' }]);
    const standard = new Profile();
    const names = (plugins: readonly { readonly name: string }[]): string[] => plugins.map((plugin) => plugin.name);
    expect(names(fromFile!.filter)).toEqual(names(standard.filter));
    expect(fromFile!.score.map(({ plugin, weight }) => [plugin.name, weight])).toEqual(
      standard.score.map(({ plugin, weight }) => [plugin.name, weight]),
    );
  });

  it('spread by default, pack with MostAllocated, aim with RequestedToCapacityRatio', () => {
    const fit = (scoringStrategy: object) => [{ name: 'NodeResourcesFit', args: { scoringStrategy } }];
    const resources = [{ name: 'cpu', weight: 1 }];
    const shape = [
      { utilization: 0, score: 0 },
      { utilization: 100, score: 10 },
    ];
    const plugins = { score: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } };
    const [spread, pack, aim] = profilesFrom([
      { schedulerName: 'spread', plugins },
      { schedulerName: 'pack', plugins, pluginConfig: fit({ type: 'MostAllocated', resources }) },
      {
        schedulerName: 'aim',
        plugins,
        pluginConfig: fit({ type: 'RequestedToCapacityRatio', resources, requestedToCapacityRatio: { shape } }),
      },
    ]);
    const choice = (profile: Profile | undefined): string => schedulerOf(profile!, [big, small]).schedule(pod('p'), 0).nodeName;
    expect([choice(spread), choice(pack), choice(aim)]).toEqual(['big', 'small', 'small']);
  });

  it('add the affinity of the profile to every pod', () => {
    const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['gold'] }] }] };
    const args = { addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
    const [profile] = profilesFrom([{ schedulerName: 'gold', pluginConfig: [{ name: 'NodeAffinity', args }] }]);
    const scheduler = schedulerOf(profile!, [node('plain', '32'), node('golden', '4', { tier: 'gold' })]);
    expect(scheduler.schedule(pod('p'), 0).nodeName).toBe('golden');
    expect(schedulerOf(profile!, [node('plain', '32')]).schedule(pod('p'), 0).failure?.message).toContain(
      "1 node(s) didn't match scheduler-enforced node affinity.",
    );
  });

  it('leave out what the file disables', () => {
    const [profile] = profilesFrom([{ schedulerName: 'bare', plugins: { filter: { disabled: [{ name: 'NodeResourcesFit' }] } } }]);
    expect(schedulerOf(profile!, [small]).schedule(pod('p', '64'), 0).nodeName).toBe('small');
  });
});

describe("a plugin of one's own", () => {
  const withPlugin = (factory: PluginFactory): PodScheduler => {
    const registry = new Map([...registeredPlugins(), ['Mine', factory] as const]);
    const standard = standardProfile('default-scheduler', registry, ['Mine']);
    const score = standard.plugins.score.map((plugin) => (plugin.name === 'Mine' ? { ...plugin, weight: 100 } : plugin));
    return schedulerOf(new Profile({ ...standard, plugins: { ...standard.plugins, score } }, registry), [big, small]);
  };

  it("filters and scores beside upstream's", () => {
    const scoring = withPlugin(() => ({ name: 'Mine', score: (_state, _pod, { name }) => (name === 'small' ? 100 : 0) }));
    expect(scoring.schedule(pod('p'), 0).nodeName).toBe('small');
    const filtering = withPlugin(() => ({
      name: 'Mine',
      filter: (_state, _pod, { name }) => (name === 'big' ? { code: 'Unschedulable', reasons: ['not that one'] } : undefined),
    }));
    expect(filtering.schedule(pod('p'), 0).nodeName).toBe('small');
    expect(filtering.schedule(pod('q', '8'), 0).failure?.message).toContain('1 Insufficient cpu, 1 not that one.');
  });

  it('is named with pod and node when it throws, or scores what is no score', () => {
    const throwing = withPlugin(() => ({
      name: 'Mine',
      filter: () => {
        throw new Error('oops');
      },
    }));
    expect(() => throwing.schedule(pod('p'), 0)).toThrow(new PluginError('plugin Mine threw in Filter for pod ns/p and node big: oops'));
    const text = (score: number): string => `plugin Mine gave pod ns/p and node big the score ${score}, outside 0..100 or not whole`;
    for (const score of [Number.NaN, 101, -1, 0.5]) {
      expect(() => withPlugin(() => ({ name: 'Mine', score: () => score })).schedule(pod('p'), 0)).toThrow(new PluginError(text(score)));
    }
  });
});
