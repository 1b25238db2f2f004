/** GPU fragmentation of a node against a target workload: the share of its idle cards that typical pods cannot use.
 *  FGD paper (ATC '23), section 3.2 (measure) and 4 (target workload); classes q1..q4, xl, xr, no access as the study's tables name them. */

import type { GpuCluster, GpuPod } from './cards.ts';

/** A pod shape of the target workload and how often it comes (the weights of all add up to 1). */
export interface TypicalPod {
  readonly cpuMilli: number;
  readonly cards: number;
  readonly cardMilli: number;
  readonly models: readonly string[];
  readonly weight: number;
}

/** Enough shapes to make up this share of the trace. */
const TYPICAL_SHARE = 0.95;
const CLASSES = 7;
/** Index of q3, the only class that is not fragmentation. */
const SATISFIED = 2;

/** The most frequent shapes of a trace that together make 95 % of its pods. */
export function typicalPods(pods: readonly GpuPod[]): TypicalPod[] {
  const groups = new Map<string, { pod: GpuPod; models: string; count: number }>();
  for (const pod of pods) {
    const models = pod.models.join('|');
    const key = `${pod.cpuMilli} ${pod.cardMilli} ${pod.cards} ${models}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { pod, models, count: 1 });
    else group.count++;
  }
  const sorted = [...groups.values()].sort(
    (a, b) =>
      b.count - a.count ||
      b.pod.cpuMilli - a.pod.cpuMilli ||
      b.pod.cardMilli - a.pod.cardMilli ||
      b.pod.cards - a.pod.cards ||
      (a.models < b.models ? 1 : a.models > b.models ? -1 : 0),
  );
  const chosen: typeof sorted = [];
  let total = 0;
  for (const group of sorted) {
    if (total >= TYPICAL_SHARE * pods.length) break;
    chosen.push(group);
    total += group.count;
  }
  // Weights are divided in two steps, as the study does: placements hang on the last bit (a score truncated at exactly 50).
  const share = total / pods.length;
  return chosen.map(({ pod, count }) => ({
    cpuMilli: pod.cpuMilli,
    cards: pod.cards,
    cardMilli: pod.cardMilli,
    models: pod.models,
    weight: count / pods.length / share,
  }));
}

/** Computes fragmentation. Holds scratch memory: one a run. */
export class Fragmentation {
  private readonly typical: readonly TypicalPod[];
  /** accepts[model][t]: whether typical pod t may run on that model. */
  private readonly accepts = new Map<string, Uint8Array>();
  private readonly classes = new Float64Array(CLASSES);

  constructor(typical: readonly TypicalPod[], models: readonly string[]) {
    this.typical = typical;
    for (const model of models)
      this.accepts.set(
        model,
        Uint8Array.from(typical, (pod) => (pod.models.length === 0 || pod.models.includes(model) ? 1 : 0)),
      );
  }

  /** Thousandths of cards that the target workload cannot use, for a node with `cpu` milli-cores and these cards left.
   *  Sums run in the order of the typical pods and of the classes: another order changes last bits, and with them placements. */
  amount(cpu: number, cards: Int32Array, model: string): number {
    let left = 0;
    for (const milli of cards) left += milli;
    this.fillClasses(cpu, left, cards, model);
    const sum = this.classes;
    let amount = sum[0] as number;
    for (let i = 1; i < CLASSES; i++) if (i !== SATISFIED) amount += sum[i] as number;
    return amount;
  }

  private fillClasses(cpu: number, left: number, cards: Int32Array, model: string): void {
    const sum = this.classes.fill(0);
    const accepted = this.accepts.get(model);
    const typical = this.typical;
    for (let t = 0; t < typical.length; t++) {
      const pod = typical[t] as TypicalPod;
      const f = pod.weight;
      if (pod.cardMilli === 0) {
        const index = cpu >= pod.cpuMilli ? 4 : 5;
        sum[index] = (sum[index] as number) + f * left;
        continue;
      }
      if (accepted === undefined || accepted[t] === 0) {
        sum[6] = (sum[6] as number) + f * left;
        continue;
      }
      let usable = 0;
      let small = 0;
      for (const milli of cards) {
        if (milli >= pod.cardMilli) usable++;
        else small += milli;
      }
      const cardsSuffice = usable >= pod.cards;
      const cpuSuffices = cpu >= pod.cpuMilli;
      if (cardsSuffice && cpuSuffices) {
        sum[1] = (sum[1] as number) + f * small;
        sum[2] = (sum[2] as number) + f * (left - small);
      } else {
        const index = cardsSuffice ? 3 : cpuSuffices ? 1 : 0;
        sum[index] = (sum[index] as number) + f * left;
      }
    }
  }

  ofNode(cluster: GpuCluster, node: number): number {
    return this.amount(cluster.cpu[node] as number, cluster.cardsOf(node), cluster.nodes[node]?.model ?? '');
  }
}
