import { describe, expect, it } from 'vitest';
import { at, bindTo, type Call, create, play, pod } from './lab.ts';

const config = { enabledAdmission: ['NodeRestriction'] };
const n1 = (call: Call): Call => ({ ...call, user: 'system:node:n1' });
const node = (name: string, more: object = {}): object => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, ...more } });

describe('NodeRestriction', () => {
  it('keeps a kubelet to its own node', () => {
    const { answers } = play(
      [
        n1(create('nodes', node('n1'), undefined)),
        n1(create('nodes', node('n2'), undefined)),
        n1({
          ...at('patch', 'nodes', 'n1', { patchType: 'merge', body: { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } } }),
          namespace: undefined,
        }),
        n1({
          ...at('patch', 'nodes', 'n1', {
            patchType: 'merge',
            body: { metadata: { labels: { 'x.node-restriction.kubernetes.io/a': 'b' } } },
          }),
          namespace: undefined,
        }),
        n1({ ...at('patch', 'nodes', 'n1', { patchType: 'merge', body: { metadata: { labels: { a: 'b' } } } }), namespace: undefined }),
      ],
      { config },
    );
    expect(answers.map(({ code }) => code)).toEqual([201, 403, 403, 403, 200]);
    expect(answers[1]?.object.message).toBe('nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"');
    expect(answers[2]?.object.message).toBe('nodes "n1" is forbidden: node "n1" is not allowed to modify taints');
    expect(answers[3]?.object.message).toBe('nodes "n1" is forbidden: is not allowed to modify labels: x.node-restriction.kubernetes.io/a');
  });
  it('keeps it to mirror pods and to the pods that run there', () => {
    const status = { ...at('patch', 'pods', 'p', { patchType: 'merge', body: { status: { phase: 'Running' } } }), subresource: 'status' };
    const { answers } = play(
      [
        n1(create('pods', pod('x'))),
        create('pods', pod('p')),
        n1(status),
        bindTo('p', 'n1'),
        20,
        n1(status),
        n1(at('delete', 'pods', 'p')),
      ],
      {
        config,
      },
    );
    expect(answers[0]?.object.message).toBe(
      'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    );
    expect(answers[2]?.object.message).toBe(
      'pods "p" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    );
    expect(answers[5]?.code).toBe(200);
    expect(answers[6]?.code).toBe(200);
  });
  it('is nobody else’s business, and off unless asked for', () => {
    expect(play([create('nodes', node('n2'), undefined)], { config }).answers[0]?.code).toBe(201);
    expect(play([n1(create('nodes', node('n2'), undefined))]).answers[0]?.code).toBe(201);
  });
});
