/** Scenarios that name etcd clusters, API server flags, loads and faults of etcd: what they become, and how a mistake is told. */

import { describe, expect, test } from 'vitest';
import { parseSource, type Scenario, scenarioFrom, UserError } from '#scenario';

const read = (cluster: string, rest = ''): Scenario =>
  scenarioFrom(parseSource(`duration: 1m\ncluster:\n  nodes: 1\n${cluster}\n${rest}`, 'etcd.yaml'));

function mistake(cluster: string, rest = ''): string {
  try {
    read(cluster, rest);
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  return '';
}

describe('cluster.etcd', () => {
  test('is one member unless it says more; clusters by resource take over what they do not say', () => {
    expect(read('').cluster.etcd.map(({ name, members }) => [name, members])).toEqual([['', 1]]);
    const clusters = read(`  etcd:
    members: 3
    quota: 4GiB
    events: separate
    overrides:
      - { name: leases, resources: [leases.coordination.k8s.io], members: 1 }
      - { name: config, resources: [configmaps, secrets], quota: 1GiB }`).cluster.etcd;
    const GIB = 1024 ** 3;
    expect(clusters.map(({ name, members, quotaBytes }) => [name, members, quotaBytes / GIB])).toEqual([
      ['', 3, 4],
      ['events', 3, 4],
      ['leases', 1, 4],
      ['config', 3, 1],
    ]);
    expect(clusters.flatMap(({ resources }) => resources)).toEqual([
      'events',
      'events.events.k8s.io',
      'leases.coordination.k8s.io',
      'configmaps',
      'secrets',
    ]);
  });

  test.each([
    [
      'no member',
      '  etcd: { members: 0 }',
      "etcd.yaml:4:20: 'cluster.etcd.members': expected 1, 3 or 5 members, found 0; without a member there is no quorum",
    ],
    ['two', '  etcd: { members: 2 }', 'found 2; 2 need a quorum of 2 and so bear no more losses than 1'],
    ['four', '  etcd: { members: 4 }', 'found 4; 4 need a quorum of 3'],
    ['seven', '  etcd: { members: 7 }', 'expected 1, 3 or 5 members, found 7'],
    ['a number that is none', '  etcd: { members: many }', "'cluster.etcd.members': expected a whole number"],
    [
      'two in a cluster of its own',
      '  etcd: { overrides: [{ name: a, resources: [pods], members: 2 }] }',
      "'cluster.etcd.overrides[0].members'",
    ],
    ['a resource that is none', '  etcd: { overrides: [{ name: a, resources: [podz] }] }', "no resource is called 'podz'"],
    [
      'a resource twice',
      '  etcd: { events: separate, overrides: [{ name: a, resources: [events] }] }',
      "'events' already lies in 'events: separate'",
    ],
    [
      'a name twice',
      '  etcd: { overrides: [{ name: a, resources: [pods] }, { name: a, resources: [nodes] }] }',
      "two etcd clusters are named 'a'",
    ],
  ])('refuses %s', (_, cluster, says) => {
    expect(mistake(cluster)).toContain(says);
    expect(mistake(cluster).split('\n').length).toBe(1);
  });
});

describe('apiLoad and etcdctl', () => {
  test.each([
    ['a load that does nothing', '- apiLoad: {}', "says neither 'requestsPerSecond' nor 'watchers'"],
    ['a kind that is none', '- apiLoad: { resource: podz, watchers: 1 }', "no resource is called 'podz'"],
    ['reads of nothing', '- apiLoad: { objects: 0, requestsPerSecond: { get: 1 } }', "'get' needs objects, and 'objects' is 0"],
    ['a misspelt request', '- apiLoad: { requestsPerSecond: { gets: 1 } }', "did you mean 'get'?"],
    [
      'a member that is none',
      '- etcdctl: { at: 1s, do: status, member: 1 }',
      "etcd.yaml:6:5: 'workload[0].etcdctl': wants etcd member 1, the last one is 0",
    ],
    ['a command that is none', '- etcdctl: { at: 1s, do: defrag }', "did you mean 'defragment'?"],
  ])('refuse %s', (_, entry, says) => {
    expect(mistake('', `workload:\n  ${entry}`)).toContain(says);
  });

  test('name their phases, so that expect can ask for them', () => {
    const load = '- apiLoad: { name: a, watchers: 1, start: 5s, phases: [{ name: calm, for: 2s }, { for: 3s, times: 4 }] }';
    const { phases } = read('', `workload:\n  ${load}`);
    expect(phases.map(({ name, from, to }) => [name, from / 1e6, to / 1e6])).toEqual([
      ['calm', 5, 7],
      ['a-2', 7, 10],
    ]);
    expect(mistake('', `workload:\n  ${load}\nexpect:\n  loadLatencyP95: { below: 1s, during: storm }`)).toContain(
      "no phase is named 'storm'",
    );
  });
});

describe('corruptMember', () => {
  const three =
    '  etcd: { members: 3, corruptCheckTime: 10s, initialCorruptCheck: true, overrides: [{ name: e, resources: [events], members: 1 }] }';
  const strike = (fault: string): string => `faults:\n  - corruptMember: ${fault}`;

  test('tells one member, member 0 by default', () => {
    const scenario = read(three, strike('{ at: 5s, role: follower, prefix: /registry/pods/ }'));
    expect(scenario.cluster.etcd.map(({ corruptChecks }) => corruptChecks)).toEqual([
      { corruptCheckTime: 10_000_000, initialCorruptCheck: true },
      { corruptCheckTime: 10_000_000, initialCorruptCheck: true },
    ]);
    expect(read('').cluster.etcd[0]?.corruptChecks).toBeUndefined();
    expect(scenario.faults.length).toBe(1);
  });
  test('refuses what it does not know, in one line', () => {
    expect(mistake(three, strike('{ at: 5s, key: /a }'))).toContain("unknown key 'key'");
    expect(mistake(three.replace('10s', 'soon'), '')).toContain("'cluster.etcd.corruptCheckTime'");
  });
});
