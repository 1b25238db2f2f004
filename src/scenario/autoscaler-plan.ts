/** `cluster.nodeGroups` and `cluster.autoscaler`: machines that a cluster autoscaler orders and gives back, and its flags. Without groups there is no autoscaler. */

import type { Taint } from '#api';
import type { Distribution } from '#sim';
import { allocatable, capacityOf, MACHINE_TYPES } from './machine-types.ts';
import { nearest } from './nearest.ts';
import {
  count,
  duration,
  durationDistribution,
  fields,
  flag,
  type JsonSchema,
  kubernetes,
  label,
  list,
  number,
  oneOf,
  percent,
  quantity,
  stringMap,
  text,
} from './schema-pieces.ts';
import { inSeconds } from './storage-plan.ts';
import { parseDuration, parseDurationDistribution, parsePercent } from './units.ts';

const EXPANDERS = ['least-waste', 'most-pods', 'priority', 'price', 'random'] as const;

export interface NodeGroup {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly initial: number;
  readonly zones: readonly string[];
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** An hour of one machine; 0 where none is known. */
  readonly price: number;
  readonly spot: boolean;
  readonly priority: number;
  readonly provisionSeconds: Distribution;
  readonly failures: number;
  readonly reclaimsPerHour: number;
}

export interface AutoscalerPlan {
  readonly groups: readonly NodeGroup[];
  /** As the cloud room names them; times in microseconds. What is not here is at its default. */
  readonly settings: Readonly<Record<string, unknown>>;
}

const amounts = (description: string): JsonSchema => ({ type: 'object', additionalProperties: quantity('amount'), description });

export const nodeGroupsSchema: JsonSchema = list(
  fields(
    'machines of one kind that a cluster autoscaler orders and gives back',
    {
      name: label('its name, and the prefix of its nodes'),
      machine: text('a type of the catalogue (wavetank capacity --list-machines); or say capacity yourself'),
      min: count('fewest machines (default 0)', 0, 10_000),
      max: count('most machines', 1, 10_000),
      initial: count('machines that are there from the start (default: min)', 0, 10_000),
      zones: {
        anyOf: [count('how many zones: zone-a, zone-b, ...', 1, 26), list(label('a zone'), 'zones by name', 1)],
        description: 'a number, or names; machines take turns (default 1)',
      },
      capacity: amounts('cpu, memory, pods, extended resources (default: those of the machine type)'),
      allocatable: amounts('default: what the machine type leaves to pods, or the capacity'),
      labels: stringMap('labels'),
      taints: list(kubernetes('v1 Taint'), 'taints'),
      spot: flag('reclaimable machines at their lower price (default false)'),
      price: number('of one machine an hour (default: that of the machine type)'),
      priority: number("for the expander 'priority': the most goes first (default 0)"),
      provision: durationDistribution(
        'from the order to the boot of a machine (default: lognormal, 60 s median, 3 min at the 99th percentile)',
      ),
      failures: percent('orders that the provider cannot fill (default 0 %)'),
      reclaims: percent('of spot machines, how many the provider takes back an hour, with two minutes of notice (default 0 %)'),
    },
    ['name', 'max'],
  ),
  'node groups: with them there is a cluster autoscaler',
  1,
);

export const autoscalerSchema: JsonSchema = fields('flags of the cluster autoscaler', {
  expander: {
    anyOf: [
      oneOf(EXPANDERS, 'which group grows'),
      list(oneOf(EXPANDERS, 'which group grows'), 'one after the other until one group is left', 1),
    ],
    description: '--expander (default least-waste)',
  },
  scanInterval: duration('--scan-interval (default 10s)'),
  newPodScaleUpDelay: duration('--new-pod-scale-up-delay (default 0s)'),
  maxNodeProvisionTime: duration('--max-node-provision-time (default 15m)'),
  maxNodesTotal: count('--max-nodes-total (default 0: no limit)'),
  scaleDownEnabled: flag('--scale-down-enabled (default true)'),
  scaleDownDelayAfterAdd: duration('--scale-down-delay-after-add (default 10m)'),
  scaleDownDelayAfterDelete: duration('--scale-down-delay-after-delete (default: the scan interval)'),
  scaleDownDelayAfterFailure: duration('--scale-down-delay-after-failure (default 3m)'),
  scaleDownUnneededTime: duration('--scale-down-unneeded-time (default 10m)'),
  scaleDownUtilizationThreshold: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description: '--scale-down-utilization-threshold (default 0.5)',
  },
  maxScaleDownParallelism: count('--max-scale-down-parallelism (default 10)', 1),
  maxDrainParallelism: count('--max-drain-parallelism (default 1)', 1),
  maxGracefulTermination: duration('--max-graceful-termination-sec (default 10m)'),
  maxPodEvictionTime: duration('--max-pod-eviction-time (default 2m)'),
  expendablePodsPriorityCutoff: { type: 'integer', description: '--expendable-pods-priority-cutoff (default -10)' },
  skipNodesWithSystemPods: flag('--skip-nodes-with-system-pods (default true)'),
  skipNodesWithLocalStorage: flag('--skip-nodes-with-local-storage (default true)'),
  skipNodesWithCustomControllerPods: flag('--skip-nodes-with-custom-controller-pods (default true)'),
});

const TIMES = new Set([
  'scanInterval',
  'newPodScaleUpDelay',
  'maxNodeProvisionTime',
  'scaleDownDelayAfterAdd',
  'scaleDownDelayAfterDelete',
  'scaleDownDelayAfterFailure',
  'scaleDownUnneededTime',
  'maxGracefulTermination',
  'maxPodEvictionTime',
]);

type Written = Readonly<Record<string, unknown>>;
const DEFAULT_CAPACITY = { cpu: '8', memory: '32Gi', pods: '110' };
/** Of a virtual machine of the large providers, image and boot. assumed. */
const PROVISION: Distribution = { lognormal: { p50: 60, p99: 180, min: 20, max: 600 } };

export function autoscalerPlan(cluster: Written, zonesOf: (written: unknown) => readonly string[]): AutoscalerPlan | undefined {
  const groups = cluster['nodeGroups'] as readonly Written[] | undefined;
  if (groups === undefined) return undefined;
  const { expander, ...flags } = (cluster['autoscaler'] ?? {}) as Written;
  const settings = Object.entries(flags).map(([name, value]) => [name, TIMES.has(name) ? parseDuration(value) : value]);
  const expanders = expander === undefined ? {} : { expanders: Array.isArray(expander) ? expander : [expander] };
  return {
    groups: groups.map((group) => groupOf(group, zonesOf(group['zones']))),
    settings: { ...Object.fromEntries(settings), ...expanders },
  };
}

function groupOf(written: Written, zones: readonly string[]): NodeGroup {
  const machine = MACHINE_TYPES.types.find(({ name }) => name === written['machine']);
  const spot = written['spot'] === true;
  const capacity = { ...(machine === undefined ? DEFAULT_CAPACITY : capacityOf(machine)), ...texts(written['capacity']) };
  const given = machine === undefined ? capacity : { ...allocatable(machine), ...texts(written['capacity']) };
  const min = (written['min'] as number | undefined) ?? 0;
  const provision = parseDurationDistribution(written['provision']);
  return {
    name: written['name'] as string,
    min,
    max: written['max'] as number,
    initial: (written['initial'] as number | undefined) ?? min,
    zones,
    capacity,
    allocatable: { ...given, ...texts(written['allocatable']) },
    labels: {
      ...(machine === undefined ? {} : { 'node.kubernetes.io/instance-type': machine.name }),
      ...(written['labels'] as Readonly<Record<string, string>> | undefined),
    },
    taints: (written['taints'] as readonly Taint[] | undefined) ?? [],
    price: (written['price'] as number | undefined) ?? (spot ? machine?.spotPrice : machine?.price) ?? 0,
    spot,
    priority: (written['priority'] as number | undefined) ?? 0,
    provisionSeconds: provision === undefined ? PROVISION : inSeconds(provision),
    failures: parsePercent(written['failures']) ?? 0,
    reclaimsPerHour: parsePercent(written['reclaims']) ?? 0,
  };
}

const texts = (written: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries((written ?? {}) as Written).map(([name, amount]) => [name, String(amount)]));

/** What the schema cannot say. */
export function nodeGroupMistakes(cluster: Written): readonly { readonly path: readonly (string | number)[]; readonly message: string }[] {
  const groups = cluster['nodeGroups'] as readonly Written[] | undefined;
  if (groups === undefined)
    return cluster['autoscaler'] === undefined ? [] : [{ path: ['autoscaler'], message: "is of no use without 'cluster.nodeGroups'" }];
  const pools = Array.isArray(cluster['nodes']) ? (cluster['nodes'] as readonly Written[]).map(({ name }) => name ?? 'node') : ['node'];
  const names = new Set<unknown>(pools);
  return groups.flatMap((group, index) => {
    const at = (key: string, message: string) => ({ path: ['nodeGroups', index, key], message });
    const {
      name,
      min = 0,
      max,
      initial = min,
      machine,
      reclaims,
      spot,
    } = group as { name: string; min?: number; max: number; initial?: number } & Written;
    const found = [];
    if (names.has(name)) found.push(at('name', `two groups of nodes are named '${name}'`));
    names.add(name);
    if (min > max) found.push(at('min', `must not be more than max (${max}), found ${min}`));
    else if (initial < min || initial > max)
      found.push(at('initial', `expected a number from min (${min}) to max (${max}), found ${initial}`));
    if (reclaims !== undefined && spot !== true) found.push(at('reclaims', "only spot machines are taken back: 'spot: true' is missing"));
    const known = MACHINE_TYPES.types.map((type) => type.name);
    if (machine !== undefined && !known.includes(machine as string)) {
      const near = nearest(machine as string, known);
      found.push(
        at(
          'machine',
          `there is no type '${String(machine)}'${near === undefined ? ' (wavetank capacity --list-machines)' : `; did you mean '${near}'?`}`,
        ),
      );
    }
    return found;
  });
}
