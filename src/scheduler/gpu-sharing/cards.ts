/** GPU sharing as a resource model: nodes with cards that pods take by thousandths. The state of a cluster as struct of arrays.
 *  Model of Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent" (USENIX ATC '23), section 3. */

/** A node with GPU cards. */
export interface GpuNode {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly cards: number;
  /** '' when it has none. */
  readonly model: string;
}

/** What a pod asks for: `cards` cards, `cardMilli` thousandths of each; `models` it accepts (empty: any). */
export interface GpuPod {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
  readonly cards: number;
  /** 0 when it wants no card; 1000 for whole cards. */
  readonly cardMilli: number;
  readonly models: readonly string[];
}

/** One card, in thousandths. */
export const CARD = 1000;
/** Pod slots a node, as the study has them. */
const SLOTS = 1001;

/** What is left on every node. Indexes are those of the node list. */
export class GpuCluster {
  readonly nodes: readonly GpuNode[];
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
  readonly slots: Int32Array;
  /** Thousandths left on card j of node i at offset[i] + j. */
  readonly card: Int32Array;
  readonly offset: Int32Array;
  /** Thousandths left on all cards of a node. */
  readonly left: Int32Array;
  /** Grows with each change of a node: what was computed about it is stale. */
  readonly version: Int32Array;
  /** Per node, the tags of the pods it runs ('share', '4-gpu'). Pods never leave, so nothing is counted. */
  readonly tags: readonly Set<string>[];
  readonly capacityMilli: number;
  usedMilli = 0;

  constructor(nodes: readonly GpuNode[]) {
    this.nodes = nodes;
    this.cpu = Float64Array.from(nodes, (node) => node.cpuMilli);
    this.memory = Float64Array.from(nodes, (node) => node.memoryMib);
    this.slots = new Int32Array(nodes.length).fill(SLOTS);
    this.left = Int32Array.from(nodes, (node) => node.cards * CARD);
    this.version = new Int32Array(nodes.length);
    this.tags = nodes.map(() => new Set<string>());
    this.offset = new Int32Array(nodes.length + 1);
    for (let i = 0; i < nodes.length; i++) this.offset[i + 1] = (this.offset[i] as number) + (nodes[i] as GpuNode).cards;
    this.card = new Int32Array(this.offset[nodes.length] as number).fill(CARD);
    this.capacityMilli = this.card.length * CARD;
  }

  cardsOf(node: number): Int32Array {
    return this.card.subarray(this.offset[node], this.offset[node + 1]);
  }

  /** Filter: CPU, memory, a pod slot, an accepted model, and cards with enough left. */
  fits(node: number, pod: GpuPod): boolean {
    if ((this.cpu[node] as number) < pod.cpuMilli || (this.memory[node] as number) < pod.memoryMib || (this.slots[node] as number) < 1)
      return false;
    if (pod.cardMilli === 0) return true;
    const cards = this.cardsOf(node);
    if (cards.length === 0) return false;
    if (pod.models.length > 0 && !pod.models.includes((this.nodes[node] as GpuNode).model)) return false;
    let instances = 0;
    for (const left of cards) instances += pod.cards === 1 ? (left >= pod.cardMilli ? 1 : 0) : Math.floor(left / pod.cardMilli);
    return instances >= pod.cards;
  }

  /** Takes what the pod asks from the node and from the given cards of it. */
  place(node: number, pod: GpuPod, cards: readonly number[]): void {
    this.cpu[node] = (this.cpu[node] as number) - pod.cpuMilli;
    this.memory[node] = (this.memory[node] as number) - pod.memoryMib;
    this.slots[node] = (this.slots[node] as number) - 1;
    for (const index of cards) {
      const at = (this.offset[node] as number) + index;
      this.card[at] = (this.card[at] as number) - pod.cardMilli;
      this.left[node] = (this.left[node] as number) - pod.cardMilli;
      this.usedMilli += pod.cardMilli;
    }
    const tag = tagOf(pod);
    if (tag !== undefined) this.tags[node]?.add(tag);
    this.version[node] = (this.version[node] as number) + 1;
  }
}

/** The kind of pod that GpuClustering keeps together; pods without cards have none. */
export function tagOf(pod: GpuPod): string | undefined {
  if (pod.cards === 0) return undefined;
  return pod.cardMilli < CARD ? 'share' : `${pod.cards}-gpu`;
}

/** Which cards a pod takes under "best fit": a share takes the fullest card that holds it, whole cards the lowest-numbered free ones. */
export function bestFitCards(cluster: GpuCluster, node: number, pod: GpuPod): number[] {
  if (pod.cards === 0) return [];
  const cards = cluster.cardsOf(node);
  if (pod.cards > 1 || pod.cardMilli === CARD) return lowestCards(cards, pod);
  let best = -1;
  for (let j = 0; j < cards.length; j++) {
    const left = cards[j] as number;
    if (left >= pod.cardMilli && (best < 0 || left < (cards[best] as number))) best = j;
  }
  return [best];
}

/** The lowest-numbered cards that hold the pod's share, one share a card. */
export function lowestCards(cards: Int32Array, pod: GpuPod): number[] {
  const taken: number[] = [];
  for (let j = 0; j < cards.length && taken.length < pod.cards; j++) if ((cards[j] as number) >= pod.cardMilli) taken.push(j);
  return taken;
}

/** Card indexes with the fewest thousandths left first; equal ones keep their order. */
export function ascending(cards: Int32Array): number[] {
  return [...cards.keys()].sort((a, b) => (cards[a] as number) - (cards[b] as number) || a - b);
}
