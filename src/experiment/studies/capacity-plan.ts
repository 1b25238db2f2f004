/** What `wavetank capacity` tries: the scenario with other numbers and kinds of nodes, and with more pods. */

import {
  allocatable,
  capacityOf,
  decodeText,
  type MachineType,
  type NodeGroup,
  parseSource,
  readBytes,
  type Scenario,
  scenarioFrom,
  UserError,
} from '#scenario';
import { profileSet } from './sides.ts';
import type { Arm } from './trial.ts';

export interface CapacityBase {
  readonly file: string;
  readonly text: string;
  readonly set: readonly string[];
  readonly scenario: Scenario;
  /** As written: kinds of nodes, or none where only a number stands. */
  readonly pools: readonly Readonly<Record<string, unknown>>[];
  /** The cluster without node groups and their autoscaler. */
  readonly fixed: Readonly<Record<string, unknown>>;
  /** The scenario has node groups by itself. */
  readonly hasGroups: boolean;
}

export function capacityBase(file: string, set: readonly string[]): CapacityBase {
  const text = decodeText(readBytes(file), file);
  const scenario = scenarioFrom(parseSource(text, file), set);
  const { nodeGroups, autoscaler: _flags, ...fixed } = (scenario.source as { cluster: Readonly<Record<string, unknown>> }).cluster;
  const written = fixed['nodes'];
  const pools =
    typeof written === 'number' ? (written === 0 ? [] : [{ count: written }]) : (written as readonly Readonly<Record<string, unknown>>[]);
  const group = scenario.cluster.autoscaler?.groups[0];
  return {
    file,
    text,
    set,
    scenario,
    pools: group === undefined ? pools : [poolOf(group), ...pools],
    fixed,
    hasGroups: nodeGroups !== undefined,
  };
}

/** Machines of a group as nodes that stay: what a fixed fleet would be made of. */
function poolOf({ name, max, zones, capacity, allocatable: given, labels, taints, price }: NodeGroup): Readonly<Record<string, unknown>> {
  return { name: `${name}-fixed`, count: max, zones, capacity, allocatable: given, labels, taints, price };
}

/** Where the search varies: this many of that kind; `undefined` is the scenario's own first kind. */
export interface NodeChoice {
  readonly machine: MachineType | undefined;
  readonly count: number;
  /** Of these, reclaimable. */
  readonly spot?: number;
}

/** Kinds of nodes besides the first stay as they are when the scenario's own kinds are used; other machines take the place of all. */
export function nodesSet(base: CapacityBase, choices: readonly NodeChoice[]): string {
  const [first = {}, ...others] = base.pools;
  const own = choices.every(({ machine }) => machine === undefined);
  const pools = choices.flatMap(({ machine, count, spot = 0 }, index) => {
    if (machine === undefined) return count === 0 ? [] : [{ ...first, count }];
    const pool = (name: string, many: number, labels: object): readonly object[] =>
      many <= 0
        ? []
        : [
            {
              ...(first['zones'] === undefined ? {} : { zones: first['zones'] }),
              name,
              count: many,
              capacity: capacityOf(machine),
              allocatable: allocatable(machine),
              labels: { ...((first['labels'] as object | undefined) ?? {}), 'node.kubernetes.io/instance-type': machine.name, ...labels },
              ...(first['taints'] === undefined ? {} : { taints: first['taints'] }),
            },
          ];
    return [...pool(`node${index}`, count - spot, {}), ...pool(`spot${index}`, spot, { 'karpenter.sh/capacity-type': 'spot' })];
  });
  const nodes = own ? [...pools, ...others] : pools;
  return base.hasGroups ? `cluster=${JSON.stringify({ ...base.fixed, nodes })}` : `cluster.nodes=${JSON.stringify(nodes)}`;
}

/** Packs with MostAllocated instead of what the scenario's first scheduler does. */
export const packingSet = (): string => profileSet('most-allocated');

/** More pods of one shape, asked for together at the beginning. */
export interface ExtraPods {
  readonly cpu: string;
  readonly memory: string;
  readonly count: number;
}

export const EXTRA = 'wavetank-headroom';

export function extraSet(base: CapacityBase, { cpu, memory, count }: ExtraPods): readonly string[] {
  if (count === 0) return [];
  const workload = (base.scenario.source as { workload?: readonly unknown[] }).workload ?? [];
  const start = `${Math.max(1, Math.round(base.scenario.duration / 2e6))}s`;
  const extra = {
    deployments: { name: EXTRA, count: 1, replicas: count, start, podsPerSecond: 1_000, image: 'wavetank-headroom:1', cpu, memory },
  };
  return [`workload=${JSON.stringify([...workload, extra])}`];
}

/** Spot machines that are taken away half-way and come back as new ones two minutes later. */
export function reclaimSet(base: CapacityBase, reclaimed: number): readonly string[] {
  if (reclaimed === 0) return [];
  const faults = (base.scenario.source as { faults?: readonly unknown[] }).faults ?? [];
  const at = `${Math.max(1, Math.round(base.scenario.duration / 2e6))}s`;
  const nodes = Array.from({ length: reclaimed }, (_, i) => `spot0-${i}`);
  const fault = { crashNodes: { at, nodes, for: '2m' } };
  return [`faults=${JSON.stringify([...faults, fault])}`];
}

export function armFor(base: CapacityBase, name: string, set: readonly string[]): Arm {
  return { name, file: base.file, text: base.text, set: [...base.set, ...set], plugins: [], extenders: [] };
}

/** What must hold besides the scenario's own expectations: every pod has a node. */
export function checkCapacity(base: CapacityBase): readonly string[] {
  if (base.scenario.workload.length === 0) throw UserError.at({ file: base.file }, "has no 'workload': there is nothing to find nodes for");
  return base.scenario.expect.length === 0 ? ['the scenario expects nothing: what must hold is that every pod created was bound'] : [];
}
