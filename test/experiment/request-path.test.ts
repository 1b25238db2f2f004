import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { auditBytes, runInThisProcess, runScenario } from '#experiment';
import { loadScenario } from '#scenario';

const FILE = fileURLToPath(new URL('../../scenarios/request-path.yaml', import.meta.url));

describe('the scenario of the request path', () => {
  it('meets its expectations, and its audit log tells why', async () => {
    const scenario = loadScenario(FILE);
    const { result, run } = await runScenario(scenario, { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
    expect(result.verdicts.filter(({ pass }) => !pass)).toEqual([]);
    const lines = Buffer.from(auditBytes(run.recorded) ?? '')
      .toString()
      .trim()
      .split('\n')
      // biome-ignore lint/suspicious/noExplicitAny: events of all kinds.
      .map((line) => JSON.parse(line) as any);
    const refused = lines.filter(({ responseStatus }) => responseStatus.code === 403);
    expect(refused.length).toBeGreaterThan(0);
    for (const { user, objectRef, responseStatus } of refused) {
      expect(user.username).toBe('system:serviceaccount:kube-system:replicaset-controller');
      expect(objectRef.resource).toBe('pods');
      expect(responseStatus.message).toContain('exceeded quota: share, requested: pods=1, used: pods=30, limited: pods=30');
    }
    // Nobody of the cluster's own was refused for lack of a right.
    expect(lines.filter(({ annotations }) => annotations?.['authorization.k8s.io/decision'] === 'forbid')).toEqual([]);
    expect(lines.some(({ objectRef }) => objectRef.resource === 'leases')).toBe(false);
    const stamps = lines.map(({ stageTimestamp }) => stageTimestamp);
    expect(stamps.toSorted()).toEqual(stamps);
  }, 60_000);
});
