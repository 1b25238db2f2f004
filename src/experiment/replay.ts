/** A trace as a scenario: nodes in pools by shape, pods as a replay entry; and the report of allocation against arrived load afterwards. */

import type { ClusterPlan, NodePool, OpenbNode, OpenbPod, ReplayedPod, Scenario } from '#scenario';
import { GPU_MODEL_LABEL, GPU_RESOURCE } from '#scenario';
import type { RecordedRun } from '#sim';
import { UNSCHEDULABLE_METRIC } from './unschedulable-reasons.ts';

export interface ReplayPlan {
  readonly mode: 'timed' | 'fill';
  /** Simulated time runs this many times as fast as the trace's. */
  readonly timeScale: number;
  /** Arrivals a second in `fill`. */
  readonly podsPerSecond: number;
  /** In `fill`: arrivals go on, from the top of the file again, until they ask for this multiple of the cluster's cards (or CPU where there are none). */
  readonly load: number;
  readonly seed: number;
}

/** Seconds before the first arrival: nodes register meanwhile. */
const HEAD_START = 30;
/** Seconds after the last event of the trace. */
const TAIL = 60;

/** Machines with most cards first: what `--pick-nodes` takes. */
export function pickNodes(nodes: readonly OpenbNode[], wanted: number | undefined): readonly OpenbNode[] {
  if (wanted === undefined || wanted >= nodes.length) return nodes;
  return nodes
    .map((node, index) => ({ node, index }))
    .sort((a, b) => b.node.gpus - a.node.gpus || b.node.cpuMilli - a.node.cpuMilli || a.index - b.index)
    .slice(0, wanted)
    .map(({ node }) => node);
}

export function replayScenario(nodes: readonly OpenbNode[], pods: readonly OpenbPod[], plan: ReplayPlan, cluster: ClusterPlan): Scenario {
  const arrivals = plan.mode === 'timed' ? timed(pods, plan) : fill(nodes, pods, plan);
  const last = arrivals.reduce((end, pod) => Math.max(end, pod.at, pod.until ?? 0), 0);
  const duration = last + TAIL * 1e6;
  return {
    name: `openb-${plan.mode}`,
    seed: plan.seed,
    epoch: 1_767_225_600_000_000,
    duration,
    bucket: Math.max(1_000_000, Math.ceil(duration / 240 / 1e6) * 1e6),
    cluster: { ...cluster, nodes: nodePools(nodes) },
    images: { 'openb:1': 100_000_000 },
    workload: [{ kind: 'openbReplay', spec: { pods: arrivals } }],
    faults: [],
    expect: [],
    phases: [],
    notes: [
      plan.mode === 'timed'
        ? `own arrival and departure times, ${plan.timeScale} times as fast`
        : `file order, ${plan.podsPerSecond} pods/s, no departures, until ${plan.load} times the cluster is asked for`,
      `GPU cards are the extended resource ${GPU_RESOURCE}: a share of a card takes a whole one`,
    ],
    source: { replay: 'openb', ...plan, nodes: nodes.length, pods: pods.length },
  };
}

const only = (wanted: boolean, key: string, value: string): Record<string, string> => (wanted ? { [key]: value } : {});

/** One pool a machine, so that names stay those of the trace. */
function nodePools(nodes: readonly OpenbNode[]): NodePool[] {
  return nodes.map((node) => ({
    name: node.name,
    count: 1,
    zones: ['zone-a'],
    capacity: {
      cpu: `${node.cpuMilli}m`,
      memory: `${node.memoryMib}Mi`,
      pods: '250',
      ...only(node.gpus > 0, GPU_RESOURCE, String(node.gpus)),
    },
    labels: only(node.model !== '', GPU_MODEL_LABEL, node.model),
    taints: [],
  }));
}

function timed(pods: readonly OpenbPod[], { timeScale }: ReplayPlan): ReplayedPod[] {
  const first = pods.reduce((least, pod) => Math.min(least, pod.createdAt ?? 0), Number.POSITIVE_INFINITY);
  const when = (seconds: number): number => Math.round((HEAD_START + (seconds - first) / timeScale) * 1e6);
  return pods
    .map((pod, index) => ({ pod, index }))
    .sort((a, b) => (a.pod.createdAt as number) - (b.pod.createdAt as number) || a.index - b.index)
    .map(({ pod }) => ({
      ...pod,
      at: when(pod.createdAt as number),
      ...(pod.deletedAt === undefined ? {} : { until: when(pod.deletedAt) }),
    }));
}

const demand = (pod: OpenbPod, byCards: boolean): number => (byCards ? pod.gpus : pod.cpuMilli);

function fill(nodes: readonly OpenbNode[], pods: readonly OpenbPod[], { podsPerSecond, load }: ReplayPlan): ReplayedPod[] {
  const cards = nodes.reduce((sum, node) => sum + node.gpus, 0);
  const byCards = cards > 0 && pods.some((pod) => pod.gpus > 0);
  const wanted = load * (byCards ? cards : nodes.reduce((sum, node) => sum + node.cpuMilli, 0));
  const out: ReplayedPod[] = [];
  let asked = 0;
  for (let round = 0; asked < wanted && round < 1000; round++) {
    for (const pod of pods) {
      out.push({
        ...pod,
        name: round === 0 ? pod.name : `${pod.name}-r${round}`,
        at: Math.round((HEAD_START + out.length / podsPerSecond) * 1e6),
      });
      asked += demand(pod, byCards);
      if (asked >= wanted) break;
    }
  }
  return out;
}

/** One line of the table: what had arrived by then and not left again, and what the cluster held. Shares of the cluster. */
export interface AllocationPoint {
  readonly atSeconds: number;
  readonly arrivedGpu: number;
  readonly arrivedCpu: number;
  readonly gpu: number | null;
  readonly cpu: number | null;
  readonly memory: number | null;
}

/** A point for about every tenth of the arrived load, from the recorded gauges. */
export function allocationCurve(scenario: Scenario, nodes: readonly OpenbNode[], recorded: RecordedRun): AllocationPoint[] {
  const pods = (scenario.workload[0]?.spec as { pods: readonly ReplayedPod[] } | undefined)?.pods ?? [];
  const cards = nodes.reduce((sum, node) => sum + node.gpus, 0);
  const cpus = nodes.reduce((sum, node) => sum + node.cpuMilli, 0);
  const share = (resource: string): Float64Array | undefined => {
    const used = recorded.gauge('wavetank_requested', { resource })?.values;
    const has = recorded.gauge('wavetank_allocatable', { resource })?.values;
    return used === undefined || has === undefined
      ? undefined
      : used.map((value, index) => (has[index] === 0 ? 0 : value / (has[index] as number)));
  };
  const [gpu, cpu, memory] = [GPU_RESOURCE, 'cpu', 'memory'].map(share);
  const points: AllocationPoint[] = [];
  const leaving = pods.filter((pod) => pod.until !== undefined).sort((a, b) => (a.until as number) - (b.until as number));
  let next = 0;
  let gone = 0;
  let gpus = 0;
  let milli = 0;
  for (let bucket = 0; bucket < recorded.buckets; bucket++) {
    const end = (bucket + 1) * recorded.bucket;
    for (; next < pods.length && (pods[next] as ReplayedPod).at < end; next++) {
      gpus += (pods[next] as ReplayedPod).gpus;
      milli += (pods[next] as ReplayedPod).cpuMilli;
    }
    for (; gone < leaving.length && ((leaving[gone] as ReplayedPod).until as number) < end; gone++) {
      gpus -= (leaving[gone] as ReplayedPod).gpus;
      milli -= (leaving[gone] as ReplayedPod).cpuMilli;
    }
    points.push({
      atSeconds: end / 1e6,
      arrivedGpu: cards === 0 ? 0 : gpus / cards,
      arrivedCpu: milli / cpus,
      gpu: gpu?.[bucket] ?? null,
      cpu: cpu?.[bucket] ?? null,
      memory: memory?.[bucket] ?? null,
    });
  }
  return leaving.length > 0 ? spread(points) : thinned(points, cards > 0);
}

/** Two dozen points, evenly in time. */
function spread(points: readonly AllocationPoint[]): AllocationPoint[] {
  const step = Math.max(1, Math.ceil(points.length / 24));
  return points.filter((_, index) => index % step === step - 1 || index === points.length - 1);
}

/** The first point of every tenth of arrived load, and the last of all. */
function thinned(points: readonly AllocationPoint[], byCards: boolean): AllocationPoint[] {
  const kept: AllocationPoint[] = [];
  let step = 1;
  for (const [index, point] of points.entries()) {
    const arrived = byCards ? point.arrivedGpu : point.arrivedCpu;
    const last = index === points.length - 1;
    if (arrived * 10 < step && !last) continue;
    kept.push(point);
    step = Math.floor(arrived * 10) + 1;
  }
  return kept;
}

/** Pods without a node at the end, by the scheduler's reason. */
export function rejected(recorded: RecordedRun): { readonly reason: string; readonly pods: number }[] {
  return recorded.gauges
    .filter((gauge) => gauge.name === UNSCHEDULABLE_METRIC)
    .map((gauge) => ({ reason: gauge.labels['reason'] ?? '', pods: gauge.values.at(-1) ?? 0 }))
    .filter(({ pods }) => pods > 0)
    .sort((a, b) => b.pods - a.pods || (a.reason < b.reason ? -1 : 1));
}
