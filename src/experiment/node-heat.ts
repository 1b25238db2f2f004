/** How full the nodes are: requested share of CPU, memory and pods, as a distribution over nodes sampled now and then. */

import type { Gauge, Recorder } from '#sim';

export const HEAT_METRIC = 'wavetank_nodes_by_utilisation';
export const HEAT_RESOURCES = ['cpu', 'memory', 'pods'] as const;
/** 0: under 10 %, ..., 9: 90 to 100 %, 10: full. */
export const DECILES = 11;

interface Usage {
  readonly capacity: Float64Array;
  readonly used: Float64Array;
}

export class NodeHeat {
  readonly #nodes = new Map<string, Usage>();
  #gauges: Gauge[][] = [];
  #used: Gauge[] = [];
  #capacity: Gauge[] = [];
  #fragmentation: Gauge | undefined;
  #record: Recorder | undefined;

  start(record: Recorder): void {
    this.#record = record;
    this.#gauges = HEAT_RESOURCES.map((resource) =>
      Array.from({ length: DECILES }, (_, decile) => record.gauge(HEAT_METRIC, { resource, decile: String(decile) })),
    );
    this.#fragmentation = record.gauge('wavetank_fragmentation', {});
    this.#used = HEAT_RESOURCES.map((resource) => record.gauge('wavetank_requested', { resource }));
    this.#capacity = HEAT_RESOURCES.map((resource) => record.gauge('wavetank_allocatable', { resource }));
  }

  node(name: string, cpu: number, memory: number, pods: number): void {
    const known = this.#nodes.get(name);
    this.#nodes.set(name, { capacity: Float64Array.of(cpu, memory, pods), used: known?.used ?? new Float64Array(3) });
  }

  remove(name: string): void {
    this.#nodes.delete(name);
  }

  add(name: string, cpu: number, memory: number, pods: number): void {
    const used = this.#nodes.get(name)?.used;
    if (used === undefined) return;
    used[0] = (used[0] as number) + cpu;
    used[1] = (used[1] as number) + memory;
    used[2] = (used[2] as number) + pods;
  }

  /** Extended resources are counted over the whole cluster only. */
  addExtended(amounts: readonly (readonly [resource: string, amount: number])[], sign: 1 | -1): void {
    for (const [resource, amount] of amounts) this.#record?.gauge('wavetank_requested', { resource }).add(sign * amount);
  }

  addAllocatable(resource: string, amount: number): void {
    this.#record?.gauge('wavetank_allocatable', { resource }).add(amount);
  }

  sample(): void {
    for (let resource = 0; resource < HEAT_RESOURCES.length; resource++) {
      const counts = new Int32Array(DECILES);
      let used = 0;
      let capacity = 0;
      for (const node of this.#nodes.values()) {
        const has = node.capacity[resource] as number;
        const takes = node.used[resource] as number;
        used += takes;
        capacity += has;
        const decile = has <= 0 ? 0 : Math.min(DECILES - 1, Math.max(0, Math.floor((takes / has) * 10 + 1e-9)));
        counts[decile] = (counts[decile] as number) + 1;
      }
      counts.forEach((count, decile) => {
        this.#gauges[resource]?.[decile]?.set(count);
      });
      this.#used[resource]?.set(used);
      this.#capacity[resource]?.set(capacity);
    }
    this.#fragmentation?.set(this.#stranded());
  }

  /** Free CPU that no further pod of the mean shape could use, of all free CPU: what is left over on each node, because the pod no longer fits there. */
  #stranded(): number {
    const mean = new Float64Array(3);
    for (const { used } of this.#nodes.values()) for (let i = 0; i < 3; i++) mean[i] = (mean[i] as number) + (used[i] as number);
    const pods = mean[2] as number;
    if (pods <= 0 || mean[0] === 0) return 0;
    let free = 0;
    let lost = 0;
    for (const { capacity, used } of this.#nodes.values()) {
      const left = Math.max(0, (capacity[0] as number) - (used[0] as number));
      let fits = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const size = (mean[i] as number) / pods;
        if (size > 0) fits = Math.min(fits, Math.floor(((capacity[i] as number) - (used[i] as number)) / size + 1e-9));
      }
      free += left;
      lost += Math.max(0, left - (Math.max(0, fits) * (mean[0] as number)) / pods);
    }
    return free <= 0 ? 0 : lost / free;
  }
}
