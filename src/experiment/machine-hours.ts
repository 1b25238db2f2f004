/** What the nodes of a run come to: hours and money, of those that stay and of those that come and go. */

import type { Scenario } from '#scenario';
import type { RunOutcome } from './outcome.ts';

export interface GroupHours {
  readonly group: string;
  readonly hours: number;
  readonly cost: number;
  readonly most: number;
  readonly boots: number;
}

/** Of each node group, from the sums of when its machines came and went. */
export function groupHours({ recorded, stoppedAt }: RunOutcome, { cluster }: Scenario): readonly GroupHours[] {
  const end = stoppedAt / 1e6;
  return (cluster.autoscaler?.groups ?? []).map(({ name: group, price }) => {
    const total = (metric: string): number => recorded.counter(metric, { group })?.total ?? 0;
    const boots = total('wavetank_machines_on_total');
    const running = boots - total('wavetank_machines_off_total');
    const seconds = total('wavetank_machines_off_at_seconds_total') + running * end - total('wavetank_machines_on_at_seconds_total');
    const hours = Math.max(0, seconds) / 3600;
    const most = recorded.gauge('wavetank_machines', { group })?.values.reduce((a, b) => Math.max(a, b), 0) ?? 0;
    return { group, hours, cost: hours * price, most, boots };
  });
}

interface Measured {
  readonly value: number | null;
  readonly note?: string;
}

const NONE: Measured = { value: null, note: 'there are no node groups' };
const has = ({ cluster }: Scenario): boolean => cluster.autoscaler !== undefined;
type Measure = (run: RunOutcome, during: string | undefined, scenario: Scenario) => Measured;

export const MACHINE_MEASURES: Readonly<
  Record<'nodeHours' | 'nodeCost' | 'nodesMost' | 'nodesAdded' | 'nodesRemoved' | 'scaleUpTime', Measure>
> = {
  nodeHours: (run, _during, scenario) => {
    if (!has(scenario)) return NONE;
    const fixed = scenario.cluster.nodes.reduce((sum, { count }) => sum + count, 0) * (run.stoppedAt / 3.6e9);
    return { value: groupHours(run, scenario).reduce((sum, { hours }) => sum + hours, fixed) };
  },
  nodeCost: (run, _during, scenario) => {
    if (!has(scenario)) return NONE;
    const hours = run.stoppedAt / 3.6e9;
    const fixed = scenario.cluster.nodes.reduce((sum, { count, price = 0 }) => sum + count * price * hours, 0);
    return { value: groupHours(run, scenario).reduce((sum, { cost }) => sum + cost, fixed) };
  },
  nodesMost: (run, _during, scenario) => {
    if (!has(scenario)) return NONE;
    const fixed = scenario.cluster.nodes.reduce((sum, { count }) => sum + count, 0);
    const gauges = run.recorded.gauges.filter(({ name }) => name === 'wavetank_machines');
    const buckets = gauges[0]?.values.length ?? 0;
    let most = 0;
    for (let at = 0; at < buckets; at++)
      most = Math.max(
        most,
        gauges.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
      );
    return { value: fixed + most };
  },
  nodesAdded: (run, _during, scenario) =>
    has(scenario) ? { value: run.recorded.counter('cluster_autoscaler_scaled_up_nodes_total')?.total ?? 0 } : NONE,
  nodesRemoved: (run, _during, scenario) =>
    has(scenario) ? { value: run.recorded.counter('cluster_autoscaler_scaled_down_nodes_total')?.total ?? 0 } : NONE,
  scaleUpTime: ({ recorded }, _during, scenario) => {
    const samples = recorded.histogram('wavetank_machine_order_seconds')?.overall;
    if (!has(scenario) || samples === undefined || samples.count === 0) return { value: null, note: 'no machine was ordered' };
    return { value: samples.max, note: `${samples.count} machines` };
  },
};
