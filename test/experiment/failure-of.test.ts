import { describe, expect, it } from 'vitest';
import { failureOf, type Result } from '#experiment';
import type { Scenario, WorkloadEntry } from '#scenario';

const nothing = { partial: false, podsCreated: 0, podsBound: 0 } as unknown as Result;
const of = (...workload: WorkloadEntry[]): string | undefined => failureOf(nothing, { workload } as unknown as Scenario);
const apply = (...objects: object[]): WorkloadEntry => ({ kind: 'apply', spec: { objects } });

describe('a run without a pod', () => {
  it.each<[string, WorkloadEntry]>([
    ['a Deployment', apply({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 2 } })],
    ['a Pod', apply({ apiVersion: 'v1', kind: 'Namespace' }, { apiVersion: 'v1', kind: 'Pod' })],
    ['deployments', { kind: 'deployments', spec: { count: 2 } }],
    ['jobs', { kind: 'jobs', spec: {} }],
    ['pods', { kind: 'pods', spec: { count: 1 } }],
  ])('has failed when %s should have brought some', (_, entry) => expect(of(entry)).toContain('no pod was ever created'));

  it.each<[string, WorkloadEntry]>([
    ['an object for a controller of one’s own', apply({ apiVersion: 'lab.example.com/v1', kind: 'Backup', metadata: { name: 'b' } })],
    ['a custom kind called Deployment', apply({ apiVersion: 'lab.example.com/v1', kind: 'Deployment', spec: { replicas: 2 } })],
    ['no replicas', apply({ apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 0 } })],
    ['traffic alone', { kind: 'traffic', spec: {} }],
  ])('is right with %s', (_, entry) => expect(of(entry)).toBeUndefined());
});
