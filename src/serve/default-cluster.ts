/** The cluster that `wavetank serve` brings up when no scenario is named: small, idle, and with everything that kubectl can ask for. */

import { parseSource, type Scenario, scenarioFrom } from '#scenario';

const TEXT = `
name: serve
duration: 1h
cluster:
  nodes:
    - name: node
      count: 10
      zones: [a, b, c]
      capacity: { cpu: 8, memory: 32Gi, pods: 110 }
  apiServers: { count: 1, authorization: RBAC }
  metricsServer: {}
  controllers: { nodeMonitorGracePeriod: 40s }
`;

export const defaultCluster = (assignments: readonly string[] = []): Scenario =>
  scenarioFrom(parseSource(TEXT, 'the default cluster'), assignments);
