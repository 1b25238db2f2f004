import { describe, expect, it } from 'vitest';
import type { Node } from '#api';
import { createAt, deployment, lab, type Seen } from './lab.ts';

const tolerations = (seconds: number) =>
  ['not-ready', 'unreachable'].map((key) => ({
    key: `node.kubernetes.io/${key}`,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: seconds,
  }));

// biome-ignore lint/suspicious/noExplicitAny: nodes as they come.
const nodesSeen = (seen: readonly Seen[], holds: (node: any) => boolean): Map<string, number> => {
  const first = new Map<string, number>();
  for (const { at, resource, type, object } of seen) {
    const name = object.metadata?.name ?? '';
    if (resource === 'nodes' && type !== 'delete' && !first.has(name) && holds(object)) first.set(name, at);
  }
  return first;
};
// biome-ignore lint/suspicious/noExplicitAny: nodes as they come.
const isUnknown = (node: any): boolean => node.status.conditions.some((c: any) => c.type === 'Ready' && c.status === 'Unknown');
const isEvicting = (node: { spec?: { taints?: { key: string; effect: string }[] } }): boolean =>
  node.spec?.taints?.some((t) => t.key === 'node.kubernetes.io/unreachable' && t.effect === 'NoExecute') === true;

describe('node lifecycle', () => {
  const silent = (node: number) => (node === 0 ? ([100, 1000] as const) : undefined);

  it('notices a silent node after the grace period, taints it, evicts its pods when their toleration ends', () => {
    const web = deployment('web', 6, {}, { spec: { tolerations: tolerations(30) } });
    const { farm, outcome } = lab([createAt(5, 'deployments.apps', web)], {
      silent,
      seconds: 260,
      manager: { settings: { nodeMonitorGracePeriodSeconds: 40 } },
    });
    // Its last heartbeat came at 97.5 s and was seen by the monitor at 100 s: the grace counts from there, to the next pass.
    const noticed = nodesSeen(farm.seen, isUnknown);
    expect([...noticed.keys()]).toEqual(['node-0']);
    expect(noticed.get('node-0')).toBeGreaterThan(140);
    expect(noticed.get('node-0')).toBeLessThan(146);
    const lost = farm.list('nodes').find(({ metadata }) => metadata.name === 'node-0');
    expect(lost.status.conditions.find((c: { type: string }) => c.type === 'Ready')).toMatchObject({ reason: 'NodeStatusUnknown' });
    expect(lost.spec.taints.map((t: { key: string; effect: string }) => `${t.key}:${t.effect}`).sort()).toEqual([
      'node.kubernetes.io/unreachable:NoExecute',
      'node.kubernetes.io/unreachable:NoSchedule',
    ]);
    const marked = farm.seen.filter(
      ({ resource, type, object }) => resource === 'pods' && type === 'update' && object.metadata?.deletionTimestamp !== undefined,
    );
    const tainted = nodesSeen(farm.seen, isEvicting).get('node-0') as number;
    expect(new Set(marked.map(({ object }) => object.metadata?.name)).size).toBe(2);
    for (const { at } of marked) expect(at - tainted).toBeCloseTo(30, 0);
    expect(outcome.recorded.counter('taint_eviction_controller_pod_deletions_total')?.total).toBe(2);
    const latency = outcome.recorded.histogram('taint_eviction_controller_pod_deletion_duration_seconds')?.overall;
    expect(latency?.count).toBe(2);
    expect(latency?.sum).toBeLessThan(1);
    expect(outcome.recorded.counter('node_collector_evictions_total')?.total).toBe(1);
    const nodes = farm.list('nodes').length;
    const last = (metric: string) => outcome.recorded.gauge(`node_collector_${metric}`, { zone: 'r:\u0000:a' })?.values.at(-1);
    expect([last('zone_size'), last('unhealthy_nodes_in_zone')]).toEqual([nodes, 1]);
    expect(last('zone_health')).toBeCloseTo((100 * (nodes - 1)) / nodes, 5);
    // Six are ready again elsewhere; the two that nobody can finish are still there.
    expect(farm.list('deployments.apps')[0].status.availableReplicas).toBe(6);
    expect(farm.list('pods')).toHaveLength(8);
  });

  it('marks the pods of a silent node not ready at once', () => {
    const { farm } = lab([createAt(5, 'deployments.apps', deployment('web', 3))], { silent, seconds: 160 });
    const noticed = nodesSeen(farm.seen, isUnknown).get('node-0') as number;
    expect(noticed).toBeGreaterThan(140);
    expect(farm.list('deployments.apps')[0].status.readyReplicas).toBe(2);
  });

  it('leaves the readiness of pods to their kubelet when the node says itself that it is not ready', () => {
    const body = { status: { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady' }] } };
    const said = { verb: 'patch', resource: 'nodes', subresource: 'status', name: 'node-0', patchType: 'strategic', body } as const;
    const { farm } = lab([createAt(5, 'deployments.apps', deployment('web', 3)), [52, said]], { seconds: 70 });
    const taints = farm.seen.flatMap(({ resource, object }) => (resource === 'nodes' ? ((object as Node).spec?.taints ?? []) : []));
    expect(taints.map(({ key, effect }) => `${key}:${effect}`)).toContain('node.kubernetes.io/not-ready:NoSchedule');
    expect(farm.seen.filter(({ at, resource }) => at > 50 && resource === 'pods')).toEqual([]);
    expect(farm.list('events').filter(({ message }) => message === 'Node is not ready')).toEqual([]);
  });

  it('takes the taints back when the node returns within the toleration', () => {
    const web = deployment('web', 3, {}, { spec: { tolerations: tolerations(300) } });
    const back = (node: number) => (node === 0 ? ([100, 200] as const) : undefined);
    const { farm } = lab([createAt(5, 'deployments.apps', web)], { silent: back, seconds: 320 });
    expect(nodesSeen(farm.seen, isUnknown).size).toBe(1);
    expect(farm.list('nodes').flatMap(({ spec }) => spec?.taints ?? [])).toEqual([]);
    expect(farm.seen.filter(({ resource, type }) => resource === 'pods' && type === 'delete')).toEqual([]);
  });

  it('taints one node in ten seconds in a zone that is well, and none while every zone is down', () => {
    const four = (node: number) => (node < 4 ? ([100, 1000] as const) : undefined);
    const { farm } = lab([], { nodes: 12, silent: four, seconds: 260 });
    const times = [...nodesSeen(farm.seen, isEvicting).values()].sort((a, b) => a - b);
    expect(times).toHaveLength(4);
    for (let i = 1; i < times.length; i++) {
      expect((times[i] as number) - (times[i - 1] as number)).toBeGreaterThan(9.8);
      expect((times[i] as number) - (times[i - 1] as number)).toBeLessThan(11.5);
    }
    const all = lab([], { nodes: 6, silent: () => [100, 1000], zoneOf: (node) => (node % 2 === 0 ? 'a' : 'b'), seconds: 300 });
    expect(nodesSeen(all.farm.seen, isUnknown).size).toBe(6);
    expect(nodesSeen(all.farm.seen, isEvicting).size).toBe(0);
    // When the last zone goes down later, what was tainted before is taken back.
    const later = lab([], {
      nodes: 6,
      silent: (node) => [node < 3 ? 100 : 130, 1000],
      seconds: 300,
      zoneOf: (node) => (node < 3 ? 'a' : 'b'),
    });
    expect(nodesSeen(later.farm.seen, isEvicting).size).toBe(3);
    expect(later.farm.list('nodes').filter(isEvicting)).toEqual([]);
  });

  it('stops evicting in a small zone of which 55 % are ill', () => {
    const seven = (node: number) => (node < 7 ? ([100, 1000] as const) : undefined);
    const { farm } = lab([], { nodes: 12, silent: seven, seconds: 260 });
    expect(nodesSeen(farm.seen, isUnknown).size).toBe(7);
    expect(nodesSeen(farm.seen, isEvicting).size).toBe(0);
  });

  it('says when a node comes and when it goes', () => {
    const { farm } = lab([[30, { verb: 'delete', resource: 'nodes', name: 'node-1' }]], { nodes: 2, seconds: 45 });
    const texts = farm
      .list('events')
      .filter(({ involvedObject }) => involvedObject.name === 'node-1')
      .map(({ reason, message }) => `${reason}: ${message}`);
    expect(texts).toEqual([
      'RegisteredNode: Node node-1 event: Registered Node node-1 in Controller',
      'RemovingNode: Node node-1 event: Removing Node node-1 from Controller',
    ]);
  });
});
