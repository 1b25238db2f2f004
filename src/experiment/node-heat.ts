/** How full the nodes are: requested share of CPU, memory and pods, as a distribution over nodes sampled now and then. */

import type { Gauge, Recorder } from '#sim';

export const HEAT_METRIC = 'wavetank_nodes_by_utilisation';
export const HEAT_RESOURCES = ['cpu', 'memory', 'pods'] as const;
/** 0: under 10 %, ..., 9: 90 to 100 %, 10: full. */
export const DECILES = 11;

/** One node's numbers: capacity of each resource, then what is used of each. Side by side for all nodes: a sample reads them from end to end. */
const FIELDS = 6;
const USED = 3;

export class NodeHeat {
  readonly #places = new Map<string, number>();
  #numbers = new Float64Array(FIELDS * 64);
  // Places of nodes that are gone hold zeros, and are given out again.
  readonly #vacant: number[] = [];
  #end = 0;
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
    let at = this.#places.get(name);
    if (at === undefined) this.#places.set(name, (at = this.#place()));
    this.#numbers[at] = cpu;
    this.#numbers[at + 1] = memory;
    this.#numbers[at + 2] = pods;
  }

  #place(): number {
    const vacant = this.#vacant.pop();
    if (vacant !== undefined) return vacant;
    const at = this.#end;
    this.#end += FIELDS;
    if (this.#end > this.#numbers.length) {
      const numbers = new Float64Array(this.#numbers.length * 2);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    return at;
  }

  remove(name: string): void {
    const at = this.#places.get(name);
    if (at === undefined) return;
    this.#places.delete(name);
    this.#numbers.fill(0, at, at + FIELDS);
    this.#vacant.push(at);
  }

  add(name: string, cpu: number, memory: number, pods: number): void {
    const at = this.#places.get(name);
    if (at === undefined) return;
    const numbers = this.#numbers;
    numbers[at + USED] = (numbers[at + USED] as number) + cpu;
    numbers[at + USED + 1] = (numbers[at + USED + 1] as number) + memory;
    numbers[at + USED + 2] = (numbers[at + USED + 2] as number) + pods;
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
      for (let at = resource; at < this.#end; at += FIELDS) {
        const has = this.#numbers[at] as number;
        const takes = this.#numbers[at + USED] as number;
        used += takes;
        capacity += has;
        const decile = has <= 0 ? 0 : Math.min(DECILES - 1, Math.max(0, Math.floor((takes / has) * 10 + 1e-9)));
        counts[decile] = (counts[decile] as number) + 1;
      }
      counts[0] = (counts[0] as number) - this.#vacant.length;
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
    const numbers = this.#numbers;
    for (let at = 0; at < this.#end; at += FIELDS)
      for (let i = 0; i < 3; i++) mean[i] = (mean[i] as number) + (numbers[at + USED + i] as number);
    const pods = mean[2] as number;
    if (pods <= 0 || mean[0] === 0) return 0;
    let free = 0;
    let lost = 0;
    for (let at = 0; at < this.#end; at += FIELDS) {
      const left = Math.max(0, (numbers[at] as number) - (numbers[at + USED] as number));
      let fits = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 3; i++) {
        const size = (mean[i] as number) / pods;
        if (size > 0) fits = Math.min(fits, Math.floor(((numbers[at + i] as number) - (numbers[at + USED + i] as number)) / size + 1e-9));
      }
      free += left;
      lost += Math.max(0, left - (Math.max(0, fits) * (mean[0] as number)) / pods);
    }
    return free <= 0 ? 0 : lost / free;
  }
}
