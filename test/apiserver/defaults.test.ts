/** What nobody wrote and everybody reads back: the rarer of SetDefaults_* in Kubernetes v1.34. */

import { describe, expect, it } from 'vitest';
import { create, play } from './lab.ts';

const container = (more: object = {}) => ({ name: 'c', image: 'i:1', ...more });
const madeOf = (resource: string, spec: object) =>
  play([create(resource, { metadata: { name: 'x' }, spec })]).answers[0]?.object.spec as Record<string, never>;

describe('defaults', () => {
  it('of a failure policy: a condition that is named is one that holds, in Jobs and in the templates of CronJobs', () => {
    const spec = {
      podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
      template: { spec: { restartPolicy: 'Never', containers: [container()] } },
    };
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }];
    expect(madeOf('jobs.batch', spec)).toMatchObject({ podFailurePolicy: { rules } });
    expect(madeOf('cronjobs.batch', { schedule: '* * * * *', jobTemplate: { spec } })).toMatchObject({
      jobTemplate: { spec: { podFailurePolicy: { rules } } },
    });
  });

  it('of a gRPC probe: its service is empty, not absent', () => {
    const probed = madeOf('pods', { containers: [container({ livenessProbe: { grpc: { port: 90 } } })] });
    expect(probed).toMatchObject({ containers: [{ livenessProbe: { grpc: { port: 90, service: '' }, periodSeconds: 10 } }] });
  });

  const resources = (list: object) => container({ resources: list });
  it.each([
    [
      'limits alone, containers that ask for nothing',
      { limits: { cpu: '1' } },
      [container()],
      { limits: { cpu: '1' }, requests: { cpu: '1' } },
    ],
    [
      'limits, containers that ask: theirs add up',
      { limits: { cpu: '2', memory: '1Gi' } },
      [resources({ requests: { cpu: '300m' } }), { ...resources({ requests: { cpu: '0.2' } }), name: 'd' }],
      { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
    ],
    ['requests alone stay alone', { requests: { cpu: '1' } }, [container()], { requests: { cpu: '1' } }],
    [
      'huge pages that a container limits limit the pod',
      { limits: { cpu: '1' } },
      [resources({ limits: { 'hugepages-2Mi': '4Mi' }, requests: { 'hugepages-2Mi': '4Mi', cpu: '1' } })],
      { limits: { cpu: '1', 'hugepages-2Mi': '4Mi' }, requests: { cpu: '1', 'hugepages-2Mi': '4Mi' } },
    ],
  ])('of a pod as a whole: %s', (_, whole, containers, expected) => {
    expect(madeOf('pods', { resources: whole, containers })['resources']).toEqual(expected);
  });
});
