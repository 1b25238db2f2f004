import { describe, expect, it } from 'vitest';
import { createAt, deleteAt, lab, patchAt, podTemplate, type Step } from './lab.ts';

const set = (spec: object = {}, template: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'agent' } }, template: podTemplate('agent', template), ...spec },
});
const patchNode = (second: number, name: string, body: object): Step => [
  second,
  { verb: 'patch', resource: 'nodes', name, patchType: 'merge', body },
];
const nodesOf = (pods: { spec: { nodeName: string } }[]): string[] => pods.map(({ spec }) => spec.nodeName).sort();

describe('DaemonSet', () => {
  it('runs one pod on every node, also on one that joins later', () => {
    const late = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-9' } };
    const { farm } = lab([createAt(1, 'daemonsets.apps', set()), [20, { verb: 'create', resource: 'nodes', body: late }]], { nodes: 4 });
    expect(nodesOf(farm.list('pods'))).toEqual(['node-0', 'node-1', 'node-2', 'node-3', 'node-9']);
    expect(farm.list('daemonsets.apps')[0].status).toMatchObject({
      desiredNumberScheduled: 5,
      currentNumberScheduled: 5,
      updatedNumberScheduled: 5,
      numberMisscheduled: 0,
    });
    const [pod] = farm.list('pods');
    const [revision] = farm.list('controllerrevisions.apps');
    const hash = revision.metadata.labels['controller-revision-hash'];
    expect(pod.metadata.labels).toEqual({ app: 'agent', 'controller-revision-hash': hash, 'pod-template-generation': '1' });
    expect(pod.spec.tolerations).toContainEqual({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' });
  });

  it('follows a node selector as labels come and go', () => {
    const template = { spec: { nodeSelector: { disk: 'ssd' } } };
    const script = [
      createAt(1, 'daemonsets.apps', set({}, template)),
      patchNode(10, 'node-1', { metadata: { labels: { disk: 'ssd' } } }),
      patchNode(10, 'node-2', { metadata: { labels: { disk: 'ssd' } } }),
      patchNode(30, 'node-1', { metadata: { labels: { disk: null } } }),
    ];
    const { farm } = lab(script, { nodes: 4 });
    expect(nodesOf(farm.list('pods'))).toEqual(['node-2']);
    expect(farm.seen.filter(({ resource, type }) => resource === 'pods' && type === 'add')).toHaveLength(2);
  });

  it('leaves pods where a NoSchedule taint comes, and takes them from a NoExecute one', () => {
    const taint = (effect: string) => ({ spec: { taints: [{ key: 'k', value: 'v', effect }] } });
    const { farm } = lab([
      createAt(5, 'daemonsets.apps', set()),
      patchNode(20, 'node-0', taint('NoSchedule')),
      patchNode(20, 'node-1', taint('NoExecute')),
    ]);
    expect(nodesOf(farm.list('pods'))).toEqual(['node-0', 'node-2']);
    expect(farm.list('daemonsets.apps')[0].status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
  });

  it('takes over what a set of its name left, and touches no pod', () => {
    const { farm } = lab(
      [
        createAt(1, 'daemonsets.apps', set()),
        deleteAt(15, 'daemonsets.apps', 'agent', { propagationPolicy: 'Orphan' }),
        createAt(20, 'daemonsets.apps', set()),
      ],
      { nodes: 2 },
    );
    const added = farm.seen.filter(({ resource, type, at }) => resource === 'pods' && type !== 'update' && at > 10);
    expect(added).toEqual([]);
    expect(farm.list('daemonsets.apps')[0].status).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 });
  });

  it('updates one node at a time', () => {
    const script = [
      createAt(1, 'daemonsets.apps', set()),
      patchAt(20, 'daemonsets.apps', 'agent', { spec: { template: { spec: { containers: [{ name: 'main', image: 'nginx:2' }] } } } }),
    ];
    const { farm } = lab(script, { nodes: 3 });
    const available = farm.seen
      .filter(({ resource, at }) => resource === 'daemonsets.apps' && at > 20)
      .map(({ object }) => (object as never as { status: { numberAvailable: number } }).status.numberAvailable);
    expect(Math.min(...available)).toBe(2);
    expect(farm.list('daemonsets.apps')[0].status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
    expect(new Set(farm.list('pods').map(({ spec }) => spec.containers[0].image))).toEqual(new Set(['nginx:2']));
  });
});
