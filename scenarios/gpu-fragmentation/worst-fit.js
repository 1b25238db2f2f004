// A policy of one's own for `wavetank gpu-study --policy worst-fit.js,FGD`: the node with most card capacity left. The default export has a name, perhaps a
// score for a feasible node (an integer that depends on the node's state and the pod's shape alone; the highest wins, ties go to the lowest rank), and the
// cards that the pod takes there. Without `score` a node is drawn at random.
export default {
  name: 'WorstFit',
  score: ({ cluster }, node) => cluster.left[node],
  cards({ cluster }, node, pod) {
    const free = [...cluster.cardsOf(node).keys()].filter((card) => cluster.cardsOf(node)[card] >= pod.cardMilli);
    return free.sort((a, b) => cluster.cardsOf(node)[b] - cluster.cardsOf(node)[a]).slice(0, pod.cards);
  },
};
