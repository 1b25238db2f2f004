/** Random: any feasible node, and any of its cards that holds the share. The study's baseline. */

import { CARD, lowestCards } from '../cards.ts';
import type { GpuPolicy } from '../policy.ts';

export const random: GpuPolicy = {
  name: 'Random',
  cards({ cluster, luck }, node, pod) {
    if (pod.cards === 0) return [];
    const cards = cluster.cardsOf(node);
    if (pod.cardMilli === CARD || pod.cards > 1) return lowestCards(cards, pod);
    const candidates = [...cards.keys()].filter((j) => (cards[j] as number) >= pod.cardMilli);
    return [candidates[Math.floor(luck.next() * candidates.length)] as number];
  },
};
