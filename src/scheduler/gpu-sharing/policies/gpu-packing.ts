/** GpuPacking: fills cards in use first, then nodes in use, then untouched nodes (MLaaS in the wild, NSDI '22). */

import { ascending, bestFitCards, CARD } from '../cards.ts';
import type { GpuPolicy } from '../policy.ts';

export const gpuPacking: GpuPolicy = {
  name: 'GpuPacking',
  score({ cluster }, node, pod) {
    if (pod.cards === 0) return 0;
    const cards = cluster.cardsOf(node);
    let free = 0;
    for (const left of cards) if (left === CARD) free++;
    if (free === cards.length) return Math.max(33 - free, free);
    let wanted = pod.cards;
    let opened = 0;
    let left = 0;
    for (const j of ascending(cards)) {
      const milli = cards[j] as number;
      if (wanted === 0) break;
      if (milli < pod.cardMilli) continue;
      wanted--;
      if (milli === CARD) opened++;
      left += Math.trunc((milli * 100) / CARD);
    }
    return opened > 0 ? Math.max(50 - opened, 33) : Math.max(100 - Math.trunc(left / 10), 50);
  },
  cards: ({ cluster }, node, pod) => bestFitCards(cluster, node, pod),
};
