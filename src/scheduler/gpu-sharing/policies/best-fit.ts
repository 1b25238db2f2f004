/** BestFit: the node with the least left after the pod, CPU and cards weighing the same. */

import { bestFitCards } from '../cards.ts';
import type { GpuPolicy } from '../policy.ts';
import { CARDS_MAX, CPU_MAX } from './norms.ts';

export const bestFit: GpuPolicy = {
  name: 'BestFit',
  score({ cluster }, node, pod) {
    const cpu = ((cluster.cpu[node] as number) - pod.cpuMilli) / CPU_MAX;
    const cards = ((cluster.left[node] as number) - pod.cards * pod.cardMilli) / CARDS_MAX;
    return Math.trunc(100 * (1 - 0.5 * cpu - 0.5 * cards));
  },
  normalize(scores) {
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    for (const score of scores) {
      if (score < lowest) lowest = score;
      if (score > highest) highest = score;
    }
    for (let i = 0; i < scores.length; i++)
      scores[i] = highest === lowest ? 0 : Math.trunc((((scores[i] as number) - lowest) * 100) / (highest - lowest));
  },
  cards: ({ cluster }, node, pod) => bestFitCards(cluster, node, pod),
};
