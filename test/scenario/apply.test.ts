import { describe, expect, it } from 'vitest';
import { parseSource, scenarioFrom, workloadKind } from '#scenario';

const NODE = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'spare' } };
const JOB = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j', namespace: 'x' } };
const read = (apply: object) =>
  scenarioFrom(
    parseSource(
      JSON.stringify({ name: 's', seed: 1, duration: '60s', cluster: { nodes: [{ count: 1 }] }, workload: [{ apply }] }),
      's.yaml',
    ),
  );

describe('apply', () => {
  it('deletes what is there, by kind and name', () => {
    const { workload } = read({ at: '5s', delete: true, objects: [NODE, JOB] });
    const [entry] = workload;
    const scope = { ordinal: 0, entries: workload, until: 60_000_000, stream: () => undefined };
    const requests = [...(workloadKind('apply')?.requests(entry?.spec as never, scope as never) ?? [])];
    expect(requests).toEqual([
      { at: 5_000_000, verb: 'delete', resource: 'nodes', name: 'spare', options: { propagationPolicy: 'Background' } },
      { at: 5_000_000, verb: 'delete', resource: 'jobs.batch', namespace: 'x', name: 'j', options: { propagationPolicy: 'Background' } },
    ]);
  });

  it('does not both change and delete', () => {
    expect(() => read({ at: '5s', delete: true, patch: true, objects: [NODE] })).toThrow("has both 'patch' and 'delete'");
  });
});
