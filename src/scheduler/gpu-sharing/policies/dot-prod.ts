/** DotProd: prefers nodes whose free CPU and cards are least aligned with what the pod asks (Tetris' alignment, inverted; dimensions merged, largest-node norm). */

import { bestFitCards } from '../cards.ts';
import type { GpuPolicy } from '../policy.ts';
import { CARDS_MAX, CPU_MAX } from './norms.ts';

export const dotProd: GpuPolicy = {
  name: 'DotProd',
  score({ cluster }, node, pod) {
    const cpu = ((cluster.cpu[node] as number) / CPU_MAX) * (pod.cpuMilli / CPU_MAX);
    const cards = ((cluster.left[node] as number) / CARDS_MAX) * ((pod.cards * pod.cardMilli) / CARDS_MAX);
    return Math.trunc(100 * (1 - (cpu + cards) / 2));
  },
  cards: ({ cluster }, node, pod) => bestFitCards(cluster, node, pod),
};
