/** The status of PodGroups, from a real API server: what the pods of a group make of it. */

import { expect, it } from 'vitest';
import { CONTROLLER_NAMES } from '#controllers';
import { createAt, job, lab, podTemplate, type Step } from './lab.ts';

const PODGROUPS = 'podgroups.scheduling.x-k8s.io';
const group = (name: string, minMember: number): object => ({
  apiVersion: 'scheduling.x-k8s.io/v1alpha1',
  kind: 'PodGroup',
  metadata: { name, namespace: 'default' },
  spec: { minMember },
});
const read = (second: number, name: string): Step => [second, { verb: 'get', resource: PODGROUPS, namespace: 'default', name }];

function gang(name: string, count: number): object {
  const template = podTemplate(name, { annotations: { 'lab/run-seconds': '8' }, spec: { restartPolicy: 'Never' } });
  const labels = { ...template.metadata.labels, 'scheduling.x-k8s.io/pod-group': name };
  return job(name, { completions: count, parallelism: count, template: { ...template, metadata: { ...template.metadata, labels } } });
}

it('counts the pods of a group and says what they make of it, step by step', () => {
  const steps = [
    createAt(1, PODGROUPS, group('gang', 3)),
    createAt(1, PODGROUPS, group('alone', 2)),
    read(3, 'gang'),
    createAt(4, 'jobs.batch', gang('gang', 3)),
    read(9, 'gang'),
    read(30, 'gang'),
    read(30, 'alone'),
  ];
  const { answers } = lab(steps, { manager: { controllers: [...CONTROLLER_NAMES, 'podgroup'] }, seconds: 40 });
  const statusAt = (step: number): object | undefined =>
    (answers.find(({ id }) => id === step)?.object as { status?: object } | undefined)?.status;
  expect(statusAt(2)).toEqual({ phase: 'Pending' });
  expect(statusAt(4)).toEqual({ phase: 'Running', running: 3, occupiedBy: 'default/gang' });
  expect(statusAt(5)).toMatchObject({ phase: 'Finished', running: 0, succeeded: 3 });
  expect(statusAt(6)).toEqual({ phase: 'Pending' });
});
