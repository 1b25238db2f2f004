/** Counts that Go's types mark omitempty are left out of a status when they are 0 (k8s.io/api v0.34, apps/v1, batch/v1 and autoscaling/v2 types.go), as a
 *  client that reads the JSON sees it; nothing is written over and over for it. */

import { describe, expect, it } from 'vitest';
import { createAt, lab, podTemplate } from './lab.ts';

const workload = (kind: string, name: string, spec: object): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: { selector: { matchLabels: { app: name } }, template: podTemplate(name), ...spec },
});
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'idle', namespace: 'default' },
  spec: { suspend: true, template: { spec: { ...podTemplate('idle').spec, restartPolicy: 'Never' } } },
};

/** The status as it is served, without what says when and why. */
function counts(object: { status: object }): unknown {
  const { conditions: _, ...rest } = JSON.parse(JSON.stringify(object.status));
  return rest;
}

describe('a count of 0', () => {
  const { farm } = lab(
    [
      createAt(1, 'deployments.apps', workload('Deployment', 'web', { replicas: 0 })),
      createAt(1, 'statefulsets.apps', workload('StatefulSet', 'db', { replicas: 0, serviceName: 'db' })),
      createAt(1, 'daemonsets.apps', {
        ...workload('DaemonSet', 'agent', {}),
        spec: {
          selector: { matchLabels: { app: 'agent' } },
          template: { ...podTemplate('agent'), spec: { ...podTemplate('agent').spec, nodeSelector: { none: 'such' } } },
        },
      }),
      createAt(1, 'jobs.batch', job),
    ],
    { seconds: 90 },
  );

  it('is left out where the type says omitempty, and said elsewhere', () => {
    expect(counts(farm.list('deployments.apps')[0])).toEqual({ observedGeneration: 1 });
    expect(counts(farm.list('replicasets.apps')[0])).toEqual({ replicas: 0, observedGeneration: 1 });
    const { currentRevision, updateRevision, ...set } = counts(farm.list('statefulsets.apps')[0]) as Record<string, unknown>;
    expect(currentRevision).toBe(updateRevision);
    expect(set).toEqual({ replicas: 0, availableReplicas: 0, collisionCount: 0, observedGeneration: 1 });
    const daemons = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0, observedGeneration: 1 };
    expect(counts(farm.list('daemonsets.apps')[0])).toEqual(daemons);
    expect(counts(farm.list('jobs.batch')[0])).toEqual({ ready: 0, terminating: 0, uncountedTerminatedPods: {} });
  });

  it('does not bring another write', () => {
    const late = farm.seen.filter(({ at, resource }) => at > 10 && /apps|batch/.test(resource));
    expect(late).toEqual([]);
  });
});
