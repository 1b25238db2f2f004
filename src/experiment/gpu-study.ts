/** The GPU-sharing study on files: joins a trace, an arrival order and tie ranks to the policies of the scheduler room. */

import { type OpenbNode, type OpenbPod, readIntegerLines, readOpenbNodes, readOpenbPods, UserError } from '#scenario';
import { availableGpuPolicies, drawArrivals, type GpuNode, type GpuPod, type GpuStudy, gpuPolicy, runGpuStudy } from '#scheduler';
import { Luck } from '#sim';

export interface GpuStudyFiles {
  readonly nodes: string;
  readonly pods: string;
  /** Row index of each arrival, one a line; drawn from the seed when absent. */
  readonly order?: string;
  /** Tie rank of each node row, one a line; drawn from the seed when absent. */
  readonly noderank?: string;
  readonly policy: string;
  readonly seed: number;
}

const CARD_MILLI = 1000;

const gpuNode = ({ name, cpuMilli, memoryMib, gpus, model }: OpenbNode): GpuNode => ({ name, cpuMilli, memoryMib, cards: gpus, model });

function gpuPod({ name, cpuMilli, memoryMib, gpus, gpuMilli, models }: OpenbPod): GpuPod {
  return { name, cpuMilli, memoryMib, cards: gpus, cardMilli: gpus === 0 ? 0 : gpuMilli, models };
}

function checkPods(pods: readonly OpenbPod[], file: string): void {
  pods.forEach(({ name, gpus, gpuMilli }) => {
    const bad = !Number.isInteger(gpus) || gpuMilli > CARD_MILLI || (gpus > 0 && gpuMilli === 0);
    if (bad)
      throw UserError.at({ file }, `${name}: ${gpus} cards of ${gpuMilli} milli each; expected whole cards and 1 to ${CARD_MILLI} milli`);
  });
}

function shuffled(count: number, seed: number): number[] {
  const luck = new Luck(seed).scenario('gpu-study/rank');
  const rank = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(luck.next() * (i + 1));
    [rank[i], rank[j]] = [rank[j] as number, rank[i] as number];
  }
  return rank;
}

/** Runs one policy. Throws UserError for files that do not fit together. */
export function gpuStudy(files: GpuStudyFiles): GpuStudy {
  const policy = gpuPolicy(files.policy);
  if (policy === undefined)
    throw new UserError([{ message: `unknown policy '${files.policy}'; there are ${availableGpuPolicies().join(', ')}` }]);
  const rows = readOpenbPods(files.pods, false);
  checkPods(rows, files.pods);
  const nodes = readOpenbNodes(files.nodes).map(gpuNode);
  const pods = rows.map(gpuPod);
  const capacity = nodes.reduce((sum, node) => sum + node.cards * CARD_MILLI, 0);
  if (capacity === 0) throw UserError.at({ file: files.nodes }, 'has no node with a GPU card');
  const luck = new Luck(files.seed);
  const order =
    files.order === undefined
      ? drawArrivals(pods, capacity, luck.scenario('gpu-study/arrivals'))
      : readIntegerLines(files.order, pods.length - 1, 'a row of the pod list');
  const rank =
    files.noderank === undefined ? shuffled(nodes.length, files.seed) : readIntegerLines(files.noderank, Number.MAX_SAFE_INTEGER, 'a rank');
  if (rank.length !== nodes.length)
    throw UserError.at({ file: files.noderank ?? files.nodes }, `has ${rank.length} ranks for ${nodes.length} nodes`);
  return runGpuStudy(nodes, pods, order, rank, policy, luck.scenario('gpu-study/policy'));
}
