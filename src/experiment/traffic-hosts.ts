/** The clients of a scenario's `traffic` entries as one host, with their links to the nodes, and the operator of its `drain` entries. */

import type { ClientConfig } from '#client';
import type { TrafficConfig } from '#network';
import { type ClientLimits, drainMistake, drainPlan, isDrain, type Scenario, type TopologyNode, trafficPlans, UserError } from '#scenario';
import { type HostSpec, type LinkSpec, Luck } from '#sim';
import { allPools } from './autoscaler-hosts.ts';
import type { DrainClientConfig } from './drain-client.ts';
import { nodeRanges } from './node-ranges.ts';

const USERS = { group: 'client', zone: 'control-plane' } as const;
const UNLIMITED: ClientLimits = { qps: 0, burst: 0 };
type Client = (user: string, limits: ClientLimits) => ClientConfig;

/** Last of all, so that the ids of other hosts stay. Returns the links that they need. */
export function addTraffic(
  scenario: Scenario,
  nodes: readonly TopologyNode[],
  seed: number,
  client: Client,
  add: (host: HostSpec) => void,
): readonly LinkSpec[] {
  const drains = drainHost(scenario, nodes, seed, client);
  if (drains !== undefined) add(drains);
  const traffic = trafficHost(scenario, nodes, client);
  if (traffic === undefined) return [];
  add(traffic);
  return trafficLinks(scenario);
}

function trafficHost(scenario: Scenario, nodes: readonly TopologyNode[], client: Client): HostSpec | undefined {
  const plans = trafficPlans(scenario.workload);
  if (plans.length === 0) return undefined;
  const config: TrafficConfig = {
    client: client('system:kube-proxy', UNLIMITED),
    plans,
    nodes: nodeRanges(allPools(scenario), nodes),
    places: nodes.slice(0, Math.max(...plans.map(({ clientNodes }) => clientNodes))).map(({ name: node, zone }) => ({ node, zone })),
  };
  return { name: 'traffic', program: 'traffic', config, ...USERS };
}

/** As far from the nodes as the API servers are. */
function trafficLinks({ cluster: { network } }: Scenario): readonly LinkSpec[] {
  const link = { latencyMin: network.nodeLatency, ...(network.jitter === undefined ? {} : { jitter: network.jitter }) };
  return [
    { from: 'client', to: 'node', ...link },
    { from: 'node', to: 'client', ...link },
  ];
}

function drainHost({ workload }: Scenario, nodes: readonly TopologyNode[], seed: number, client: Client): HostSpec | undefined {
  if (!workload.some(isDrain)) return undefined;
  const luck = new Luck(seed);
  const plans = workload.flatMap((entry, index) => {
    if (!isDrain(entry)) return [];
    const mistake = drainMistake(entry.spec, nodes);
    if (mistake !== undefined) throw UserError.at({}, `'workload[${index}].drain': ${mistake}`);
    return [drainPlan(entry.spec, nodes, luck.scenario(`workload/${index}/drain`))];
  });
  // As an administrator with kubectl: 50 requests a second, 300 at once (kubectl's defaults since 1.23).
  const config: DrainClientConfig = { client: client('user:scenario', { qps: 50, burst: 300 }), plans };
  return { name: 'drain', program: 'drain', config, ...USERS };
}
