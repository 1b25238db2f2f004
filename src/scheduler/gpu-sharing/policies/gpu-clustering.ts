/** GpuClustering: keeps pods of one kind (shares, or equal numbers of whole cards) together (Gandiva's affinity). */

import { bestFitCards, tagOf } from '../cards.ts';
import type { GpuPolicy } from '../policy.ts';
import { CARDS_MAX } from './norms.ts';

export const gpuClustering: GpuPolicy = {
  name: 'GpuClustering',
  score({ cluster }, node, pod) {
    const tag = tagOf(pod);
    if (tag === undefined) return 0;
    const fullness = Math.trunc((25 * (CARDS_MAX - (cluster.left[node] as number))) / CARDS_MAX);
    const tags = cluster.tags[node] as Set<string>;
    if (tags.has(tag)) return fullness + (tags.size === 1 ? 75 : 50);
    return tags.size === 0 ? fullness + 25 : fullness;
  },
  cards: ({ cluster }, node, pod) => bestFitCards(cluster, node, pod),
};
