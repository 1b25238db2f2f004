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
  #record: Recorder | undefined;

  start(record: Recorder): void {
    this.#record = record;
    this.#gauges = HEAT_RESOURCES.map((resource) =>
      Array.from({ length: DECILES }, (_, decile) => record.gauge(HEAT_METRIC, { resource, decile: String(decile) })),
    );
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
  }
}
