/** Judges a recorded sequence: pods one after another, each bound at once, ties to the lowest node name, preemption as the recorder does it. */

import type { Pod } from '#api';
import { rfc3339 } from '#api';
import { bestNodes, filterNodes, narrowNodes, totalScores } from '../evaluate-all.ts';
import { CycleState, type Handle } from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import { ObjectHandle, ObjectSnapshot } from '../object-handle.ts';
import { podKey } from '../pod-fields.ts';
import { newPodInfo, type PodInfo } from '../pod-info.ts';
import { dryRun, isEligibleToPreempt, pickCandidates, potentialNodes } from '../preemption.ts';
import { Profile } from '../profile.ts';
import { feasibleNodesToFind } from '../sampling.ts';
import type { Status } from '../status.ts';
import { LATE, listersOf, nominatedByNode, type SequenceStep, type SequenceVector } from './vector.ts';

/** Pods start at 2025-01-01T00:00:00Z + 100,000 s + one second a step; microseconds. */
const EPOCH_2025 = 1_735_689_600_000_000;
const START_OFFSET = 100_000_000_000;
const STEP = 1_000_000;

interface Outcome {
  readonly node: string;
  readonly feasible: number;
  readonly evaluated: number;
  readonly victims?: readonly string[];
}

class SequenceRun {
  readonly #profile = new Profile();
  readonly #snapshot: ObjectSnapshot;
  readonly #vector: SequenceVector;
  readonly #nominated: Map<string, PodInfo[]>;
  readonly #handle: Handle;
  #start = 0;

  constructor(vector: SequenceVector) {
    this.#vector = vector;
    this.#snapshot = new ObjectSnapshot(vector.nodes, vector.pods ?? []);
    this.#nominated = nominatedByNode(vector.nominated ?? []);
    this.#handle = new ObjectHandle(this.#profile, this.#snapshot, listersOf(vector), this.#nominated, LATE);
  }

  step(pod: Pod, index: number): Outcome {
    const first = this.#schedule(pod);
    let { node } = first;
    let victims: readonly string[] | undefined;
    if (node === '' && this.#vector.mode === 'preempt') {
      const found = this.#preempt(pod, first.retry);
      if (found !== undefined) {
        victims = found.victims.map(podKey);
        for (const victim of found.victims) this.#snapshot.get(found.node)?.removePod(victim);
        const nominee = { ...pod, status: { ...pod.status, nominatedNodeName: found.node } } as Pod;
        this.#nominated.set(found.node, [newPodInfo(nominee)]);
        node = this.#schedule(nominee).node;
        this.#nominated.delete(found.node);
      }
    }
    if (node !== '') this.#bind(pod, node, index);
    return { node, feasible: first.feasible, evaluated: first.evaluated, victims };
  }

  #bind(pod: Pod, node: string, index: number): void {
    const startTime = rfc3339(EPOCH_2025 + START_OFFSET + index * STEP);
    const bound = { ...pod, spec: { ...pod.spec, nodeName: node }, status: { ...pod.status, phase: 'Running', startTime } } as Pod;
    this.#snapshot.get(node)?.addPod(newPodInfo(bound));
  }

  #preempt(pod: Pod, attempt: Attempt) {
    const statuses = { byNode: attempt.rejected, absent: attempt.absent };
    if (isEligibleToPreempt(pod, statuses, this.#handle) !== undefined) return undefined;
    const nodes = potentialNodes(statuses, this.#handle);
    const { candidates } = dryRun(attempt.state, pod, nodes, 0, nodes.length, this.#handle);
    return candidates.length === 0 ? undefined : pickCandidates(candidates, LATE)[0];
  }

  #schedule(pod: Pod): { node: string; feasible: number; evaluated: number; retry: Attempt } {
    const profile = this.#profile;
    const handle = this.#handle;
    const state = new CycleState();
    const gated = profile.runPreEnqueue(pod);
    const { nodeNames, status, narrowedBy } =
      gated === undefined
        ? profile.runPreFilter(state, pod, handle)
        : { nodeNames: undefined, status: gated, narrowedBy: new Set<string>() };
    if (status !== undefined) return { node: '', feasible: 0, evaluated: 0, retry: { state, rejected: new Map(), absent: status } };
    const nominated = (pod.status?.nominatedNodeName as string | undefined) ?? '';
    const { nodes, absent } = narrowNodes(nodeNames, narrowedBy, handle);
    let looked = filterNodes(
      profile,
      state,
      pod,
      nodes.filter((node) => node.name === nominated),
      0,
      1,
      handle,
    );
    if (looked.feasible.length === 0) {
      const adaptive = this.#vector.mode === 'adaptive';
      const wanted = adaptive ? feasibleNodesToFind(nodes.length, 0) : nodes.length;
      looked = filterNodes(profile, state, pod, nodes, adaptive ? this.#start % Math.max(nodes.length, 1) : 0, wanted, handle);
      this.#start = (this.#start + looked.feasible.length + looked.rejected.size) % handle.snapshot.nodes.length;
    }
    const { feasible, rejected } = looked;
    const evaluated = feasible.length + rejected.size;
    return { node: this.#choose(state, pod, feasible), feasible: feasible.length, evaluated, retry: { state, rejected, absent } };
  }

  #choose(state: CycleState, pod: Pod, feasible: readonly NodeInfo[]): string {
    if (feasible.length <= 1) return feasible[0]?.name ?? '';
    const scores = this.#profile.runScore(state, pod, feasible, this.#handle);
    return bestNodes(feasible, totalScores(scores, feasible.length))[0] as string;
  }
}

interface Attempt {
  readonly state: CycleState;
  readonly rejected: ReadonlyMap<string, Status>;
  readonly absent: Status | undefined;
}

/** What differs from the recording, up to the first step that binds elsewhere (what follows is then another history). */
export function judgeSequence(vector: SequenceVector): string[] {
  const run = new SequenceRun(vector);
  const lines: string[] = [];
  for (let i = 0; i < vector.pending.length; i++) {
    const expected = vector.expect[i] as SequenceStep;
    const actual = run.step(vector.pending[i] as Pod, i);
    const check = (what: string, wanted: unknown, got: unknown): void => {
      if (JSON.stringify(wanted) !== JSON.stringify(got))
        lines.push(`step ${i} ${expected.pod}: ${what}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(got)}`);
    };
    check('node', expected.node, actual.node);
    check('victims', expected.victims ?? [], actual.victims ?? []);
    check('feasible', expected.feasible ?? 0, actual.feasible);
    if (expected.evaluated !== undefined) check('evaluated', expected.evaluated, actual.evaluated);
    if (expected.node !== actual.node) break;
  }
  return lines;
}
