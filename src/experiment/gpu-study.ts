/** The GPU-sharing study on files: joins a trace, an arrival order and tie ranks to the policies of the scheduler room. */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type OpenbNode, type OpenbPod, printable, readBytes, readIntegerLines, readOpenbNodes, readOpenbPods, UserError } from '#scenario';
import {
  availableGpuPolicies,
  drawArrivals,
  type GpuNode,
  type GpuPod,
  type GpuPolicy,
  type GpuStudy,
  gpuPolicy,
  gpuStudySteps,
} from '#scheduler';
import { Luck } from '#sim';
import { cpuClock } from './cpu-clock.ts';
import { importQuietly } from './plugin-files.ts';

export interface GpuStudyFiles {
  readonly nodes: string;
  readonly pods: string;
  /** Row index of each arrival, one a line; drawn from the seed when absent. */
  readonly order?: string;
  /** Tie rank of each node row, one a line; drawn from the seed when absent. */
  readonly noderank?: string;
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

export interface GpuStudyInput {
  readonly nodes: readonly GpuNode[];
  readonly pods: readonly GpuPod[];
  readonly order: readonly number[];
  readonly rank: readonly number[];
  readonly seed: number;
}

/** Throws UserError for files that do not fit together. */
export function readGpuStudy(files: GpuStudyFiles): GpuStudyInput {
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
  return { nodes, pods, order, rank, seed: files.seed };
}

export interface MeasuredGpuStudy extends GpuStudy {
  /** CPU time of this thread, milliseconds for each pod that arrived: of this machine, in no comparison. */
  readonly cpuMsPerPlacement: number;
}

export interface GpuStudyWatch {
  /** After every few arrivals; 'stop' ends the study with what has arrived. */
  readonly onStep: (arrived: number) => Promise<'stop' | undefined>;
}

export async function gpuStudy(
  { nodes, pods, order, rank, seed }: GpuStudyInput,
  policy: GpuPolicy,
  { onStep }: GpuStudyWatch,
): Promise<MeasuredGpuStudy> {
  const steps = gpuStudySteps(nodes, pods, order, rank, policy, new Luck(seed).scenario('gpu-study/policy'));
  let spent = 0;
  let word: 'stop' | undefined;
  for (;;) {
    const began = cpuClock();
    const { done, value } = steps.next(word);
    spent += cpuClock() - began;
    if (done === true) return { ...value, cpuMsPerPlacement: spent / 1e3 / Math.max(1, value.placed + value.dropped) };
    word = await onStep(value);
  }
}

/** Policies by the names of the study, 'all', or files of one's own whose default export is a policy; several with commas between. */
export async function gpuPolicies(text: string): Promise<readonly GpuPolicy[]> {
  const policies: GpuPolicy[] = [];
  for (const name of text.split(',').map((part) => part.trim())) {
    if (name.toLowerCase() === 'all') policies.push(...availableGpuPolicies().map((known) => gpuPolicy(known) as GpuPolicy));
    else if (/\.[cm]?[jt]s$/.test(name)) policies.push(await policyFile(name));
    else policies.push(knownPolicy(name));
  }
  return policies;
}

function knownPolicy(name: string): GpuPolicy {
  const policy = gpuPolicy(name);
  if (policy === undefined)
    throw new UserError([
      {
        message: `unknown policy '${printable(name)}'; there are ${availableGpuPolicies().join(', ')}, 'all', and files of your own (.ts, .js)`,
      },
    ]);
  return policy;
}

async function policyFile(file: string): Promise<GpuPolicy> {
  readBytes(file);
  const { default: found } = await importQuietly({ file, href: pathToFileURL(resolve(file)).href });
  const policy = found as Partial<GpuPolicy> | undefined;
  const isFunction = (value: unknown, optional: boolean): boolean => typeof value === 'function' || (optional && value === undefined);
  if (
    typeof policy?.name !== 'string' ||
    !isFunction(policy.cards, false) ||
    !isFunction(policy.score, true) ||
    !isFunction(policy.normalize, true)
  )
    throw UserError.at({ file }, "expected a default export with 'name', 'cards(context, node, pod)' and perhaps 'score' and 'normalize'");
  return policy as GpuPolicy;
}
