/** The scenario on nodes that come and go: its nodes become a node group of a cluster autoscaler, which is run. */

import { allocatable, capacityOf, type MachineType, parseSource, scenarioFrom, UserError } from '#scenario';
import { type Autoscaling, meanOf } from './capacity.ts';
import type { CapacityBase } from './capacity-plan.ts';
import type { TrialRecord } from './trial.ts';

type Written = Readonly<Record<string, unknown>>;

/** A group instead of the first kind of nodes (`machine` undefined), or of all of them; with `spot` a second one, reclaimable and preferred where it is cheaper. */
export function autoscaledSet(
  base: CapacityBase,
  machine: MachineType | undefined,
  max: number,
  { flags, reclaimRate }: Autoscaling,
  spot = false,
): string {
  const [first = {}, ...others] = base.pools;
  const { provision, ...settings } = flags;
  const { zones, taints, labels } = first as { readonly zones?: unknown; readonly taints?: unknown; readonly labels?: object };
  const common = {
    max,
    ...(zones === undefined ? {} : { zones }),
    ...(taints === undefined ? {} : { taints }),
    ...(provision === undefined ? {} : { provision }),
  };
  const own = { capacity: first['capacity'], allocatable: first['allocatable'], price: first['price'], labels };
  const bought = machine === undefined ? own : { ...ofMachine(machine, labels), price: machine.price };
  const group = { ...common, ...defined(bought), name: 'auto', min: 1 };
  const reclaims = `${Math.min(100, reclaimRate * 100)} %`;
  const cheap =
    machine === undefined || !spot
      ? []
      : [{ ...common, ...ofMachine(machine, labels), name: 'auto-spot', price: machine.spotPrice, spot: true, reclaims }];
  const kept = machine === undefined ? others : [];
  const cluster = {
    ...base.fixed,
    nodes: kept.length === 0 ? 0 : kept,
    nodeGroups: [group, ...cheap],
    autoscaler: { ...(spot ? { expander: 'price' } : {}), ...parsed(settings) },
  };
  return `cluster=${JSON.stringify(cluster)}`;
}

/** Throws for flags that there are not, before anything runs. */
export function checkAutoscaling(base: CapacityBase, autoscaling: Autoscaling): void {
  if (Object.keys(autoscaling.flags).length === 0) return;
  try {
    scenarioFrom(parseSource(base.text, base.file), [...base.set, autoscaledSet(base, undefined, 2, autoscaling)]);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw UserError.at({}, `--autoscaler: ${error.mistakes[0]?.message ?? error.message}`);
  }
}

const ofMachine = (machine: MachineType, labels: object = {}): Written => ({
  capacity: capacityOf(machine),
  allocatable: allocatable(machine),
  labels: { ...labels, 'node.kubernetes.io/instance-type': machine.name },
});

const defined = (written: Written): Written => Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));

/** Numbers and switches are no texts. */
const parsed = (flags: Readonly<Record<string, string>>): Written =>
  Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [
      name,
      value === 'true' ? true : value === 'false' ? false : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value,
    ]),
  );

export interface AutoscaledFigures {
  readonly hours: number;
  readonly nodeHours: number;
  /** Mean over the run. */
  readonly nodes: number;
  readonly most: number;
  readonly cost: number;
}

/** Undefined: the runs had no node groups. */
export function autoscaledFigures(records: readonly TrialRecord[]): AutoscaledFigures | undefined {
  const nodeHours = meanOf(records, 'nodeHours');
  if (nodeHours === null) return undefined;
  const hours = records.reduce((sum, { simulatedSeconds }) => sum + simulatedSeconds, 0) / records.length / 3600;
  return { hours, nodeHours, nodes: nodeHours / hours, most: meanOf(records, 'nodesMost') ?? 0, cost: meanOf(records, 'nodeCost') ?? 0 };
}

/** What of the scenario's expectations does not hold, in words; undefined when all of it does. */
export function misses(records: readonly TrialRecord[], holds: (record: TrialRecord) => boolean): string | undefined {
  const bad = records.filter((record) => !holds(record));
  if (bad.length === 0) return undefined;
  const failed = new Map(
    bad.flatMap(({ verdicts }) => verdicts.filter(({ pass }) => !pass).map((verdict) => [verdict.metric, verdict] as const)),
  );
  const words = [...failed.values()].map(
    ({ metric, expected, measured, unit }) =>
      `${metric} ${expected} (${measured === null ? 'not measured' : `${Number(measured.toPrecision(4))} ${unit}`})`,
  );
  const seeds = `with seed${bad.length === 1 ? '' : 's'} ${bad.map(({ seed }) => seed).join(', ')}`;
  return `DOES NOT HOLD ${seeds}: ${words.length === 0 ? 'not every pod has a node at the end' : words.join(', ')}`;
}
