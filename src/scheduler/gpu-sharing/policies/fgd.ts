/** FGD: fragmentation gradient descent. The placement that adds least fragmentation against the target workload (ATC '23, algorithm 1). */

import { ascending, CARD, type GpuCluster, type GpuPod, lowestCards } from '../cards.ts';
import type { GpuPolicy, GpuPolicyContext } from '../policy.ts';

const after = new Int32Array(64);

const scoreOf = (before: number, then: number): number => Math.trunc(100 * (1 / (1 + Math.exp(-((before - then) / 1000)))));

/** Best score over the cards that could take a share, and the first card that reaches it. */
function bestShare({ cluster, fragmentation }: GpuPolicyContext, node: number, pod: GpuPod): { score: number; card: number } {
  const cards = cluster.cardsOf(node);
  const model = cluster.nodes[node]?.model ?? '';
  const cpu = (cluster.cpu[node] as number) - pod.cpuMilli;
  const before = fragmentation.ofNode(cluster, node);
  const scratch = after.subarray(0, cards.length);
  scratch.set(cards);
  let score = -1;
  let card = -1;
  for (let j = 0; j < cards.length; j++) {
    const left = cards[j] as number;
    if (left < pod.cardMilli) continue;
    scratch[j] = left - pod.cardMilli;
    const candidate = scoreOf(before, fragmentation.amount(cpu, scratch, model));
    scratch[j] = left;
    if (candidate > score) {
      score = candidate;
      card = j;
    }
  }
  return { score, card };
}

function wholeCardsScore({ cluster, fragmentation }: GpuPolicyContext, node: number, pod: GpuPod): number {
  const cards = cluster.cardsOf(node);
  const scratch = after.subarray(0, cards.length);
  scratch.set(cards);
  let wanted = pod.cards;
  for (const j of ascending(cards)) {
    if (wanted === 0) break;
    if ((cards[j] as number) < pod.cardMilli) continue;
    scratch[j] = (cards[j] as number) - pod.cardMilli;
    wanted--;
  }
  const then = fragmentation.amount((cluster.cpu[node] as number) - pod.cpuMilli, scratch, cluster.nodes[node]?.model ?? '');
  return scoreOf(fragmentation.ofNode(cluster, node), then);
}

const isShare = (pod: GpuPod): boolean => pod.cards === 1 && pod.cardMilli < CARD;

export const fgd: GpuPolicy = {
  name: 'FGD',
  score(context, node, pod) {
    return isShare(pod) ? bestShare(context, node, pod).score : wholeCardsScore(context, node, pod);
  },
  cards(context, node, pod) {
    if (pod.cards === 0) return [];
    return isShare(pod) ? [bestShare(context, node, pod).card] : lowestCards((context.cluster as GpuCluster).cardsOf(node), pod);
  },
};
