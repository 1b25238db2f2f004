/** Clients on two nodes, the only pod on one of them: what kube-proxy makes of a Service's policies (pkg/proxy/topology.go). */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runInThisProcess, runScenario } from '#experiment';
import { loadScenario } from '#scenario';

const text = (policy: string) => `
name: near
duration: 50s
cluster: { nodes: [{ count: 2, zones: 2 }] }
workload:
  - deployments: { name: web, count: 1, replicas: 1, start: 10s, image: 'web:1' }
  - traffic: { of: web, requestsPerSecond: 100, clientNodes: 2${policy} }
`;

async function failedShare(policy: string): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'near-traffic-'));
  try {
    const file = join(dir, 'near.yaml');
    writeFileSync(file, text(policy));
    const { result } = await runScenario(loadScenario(file), { seed: 1, shards: 0, runner: runInThisProcess, version: 'test' });
    const total = (name: string): number =>
      result.series
        .filter((one) => one.name === name)
        .reduce((sum, { values }) => sum + values.reduce<number>((a, b) => a + (b ?? 0), 0), 0);
    expect(total('wavetank_requests_total')).toBeGreaterThan(1500);
    return total('wavetank_requests_failed_total') / total('wavetank_requests_total');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('requests from two nodes to the pod of one', () => {
  it.each([
    ['reach it though the same node is preferred', ', trafficDistribution: PreferSameNode', 0],
    ['come to nothing from the other node with internalTrafficPolicy Local', ', internalTrafficPolicy: Local', 0.5],
  ])('%s', async (_, policy, share) => {
    expect(await failedShare(policy)).toBeCloseTo(share, 1);
  });

  it('have a policy where the Service is made, or are refused', async () => {
    const second = '}\n  - traffic: { of: web, name: two, requestsPerSecond: 1, trafficDistribution: PreferClose';
    await expect(failedShare(second)).rejects.toThrow("an earlier traffic entry makes the Services of 'web'");
  });
});
