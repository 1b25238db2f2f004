/** One pod's way for the live page: the steps that hosts recorded, its way through the scheduler's queues, and its last attempts, taken apart node by node as
 *  `wavetank explain` does. Long lists of nodes are shortened: a page shows how many there are and a few of them. */

import { type Explainable, type ExplainedPod, explainPod, findPods, JOURNAL, type NodeClass, type PodStory, pendingOf } from '#experiment';
import { UserError } from '#scenario';
import type { LiveRun } from './live-run.ts';

/** Attempts that a page shows. */
const ATTEMPTS = 5;
const CLASSES = 14;
const STEPS = 30;
const SAMPLES = 4;

type Journal = Explainable['journals'][number]['journal'];

export interface PodWay {
  readonly pod: string;
  readonly trace: readonly object[];
  readonly stories: readonly object[];
  /** What holds it, while it has no node. */
  readonly pending: readonly object[];
  /** Why there is no explanation. */
  readonly why?: string;
}

export function podWay(run: LiveRun, key: string): PodWay {
  const { hosts } = run.built.world;
  const trace = run.tap.stepsOf(`pods/${key}`).map(({ host, ...step }) => ({ ...step, host: hosts[host]?.name ?? `host ${host}` }));
  const journals = run.tap.recordsOf(JOURNAL).map(({ host, read }) => ({ host: hosts[host]?.name ?? '', journal: read() as Journal }));
  if (journals.length === 0)
    return { pod: key, trace, stories: [], pending: [], why: 'no scheduler of the simulation keeps a journal here' };
  let found: readonly ExplainedPod[];
  try {
    found = findPods({ file: 'the live cluster', explain: 'all', version: '', digest: '', endsAt: run.now, journals }, key);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { pod: key, trace, stories: [], pending: [], why: error.message };
  }
  const stories = found.slice(-2).map((pod) => explainPod(pod, (_number, place, count) => place === count - 1));
  const isWaiting = stories.some(({ node, goneAt }) => node === undefined && goneAt === undefined);
  const pending = isWaiting ? pendingOf(found).filter(({ state }) => state !== 'placed' && state !== 'gone') : [];
  return { pod: key, trace, stories: stories.map(shortened), pending: pending.map(({ last: _last, ...story }) => story) };
}

function shortened({ queue, attempts, ...story }: PodStory): object {
  return {
    ...story,
    queue: queue.slice(-STEPS),
    attemptsInAll: attempts.length,
    attempts: attempts.slice(-ATTEMPTS).map(({ decision, ...attempt }) => {
      if (decision === undefined) return attempt;
      const { verdicts: _verdicts, classes, best, ...more } = decision;
      const shown = classes.slice(0, CLASSES).map(shortClass);
      return { ...attempt, decision: { ...more, best: best.length, classes: shown, classesInAll: classes.length } };
    }),
  };
}

const shortClass = ({ nodes, ...more }: NodeClass): object => ({ ...more, count: nodes.length, samples: nodes.slice(0, SAMPLES) });
