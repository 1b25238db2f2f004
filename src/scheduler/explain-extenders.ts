/** What extenders answered to an attempt, kept as data: nobody can ask them again. Mirrors pkg/scheduler/schedule_one.go v1.34
 *  (findNodesThatPassExtenders, prioritizeNodes) in what becomes of the answers. */

import { MAX_EXTENDER_PRIORITY } from './extender-wire.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { Status } from './status.ts';

export type ExtenderAnswer =
  | {
      readonly extender: string;
      readonly given: readonly NodeInfo[];
      readonly kept: readonly NodeInfo[];
      readonly failed: Readonly<Record<string, string>>;
      readonly unresolvable: Readonly<Record<string, string>>;
    }
  | {
      readonly extender: string;
      readonly weight: number;
      readonly priorities: readonly { readonly Host: string; readonly Score: number }[];
    };

/** Nodes by name: those that it took away, with its words where it gave any ('!' before what no eviction could change), or its points. */
export type KeptAnswer =
  | { readonly extender: string; readonly removed: Readonly<Record<string, string>> }
  | { readonly extender: string; readonly weight: number; readonly points: Readonly<Record<string, number>> };

export function keptAnswer(answer: ExtenderAnswer): KeptAnswer {
  const { extender } = answer;
  if ('priorities' in answer) {
    const points: Record<string, number> = {};
    for (const { Host: host, Score: score } of answer.priorities) points[host] = (points[host] ?? 0) + score;
    return { extender, weight: answer.weight, points };
  }
  const kept = new Set(answer.kept.map(({ name }) => name));
  const removed: Record<string, string> = {};
  for (const { name } of answer.given) if (!kept.has(name)) removed[name] = '';
  for (const name of Object.keys(answer.failed)) if (!kept.has(name)) removed[name] = answer.failed[name] as string;
  for (const name of Object.keys(answer.unresolvable)) if (!kept.has(name)) removed[name] = `!${answer.unresolvable[name]}`;
  return { extender, removed };
}

/** Takes away what extenders took away; those with a reason get a status as in the run. Returns who took each node. */
export function removeByExtenders(answers: readonly KeptAnswer[], nodes: NodeInfo[], rejected: Map<string, Status>): Map<string, string> {
  const takers = new Map<string, string>();
  for (const answer of answers) {
    if (!('removed' in answer)) continue;
    const { extender, removed } = answer;
    for (const name of Object.keys(removed)) {
      const text = removed[name] as string;
      takers.set(name, extender);
      if (text === '') continue;
      const isForGood = text.startsWith('!');
      rejected.set(name, {
        code: isForGood ? 'UnschedulableAndUnresolvable' : 'Unschedulable',
        reasons: [isForGood ? text.slice(1) : text],
      });
    }
    nodes.splice(0, nodes.length, ...nodes.filter(({ name }) => removed[name] === undefined));
  }
  return takers;
}

/** An extender's points as a score beside the plugins': 0 to 10 become 0 to 100, times its weight. */
export function extenderScores(answers: readonly KeptAnswer[], nodes: readonly NodeInfo[]) {
  return answers.flatMap((answer) => {
    if (!('points' in answer)) return [];
    const { extender, weight, points } = answer;
    const raw = nodes.map(({ name }) => points[name] ?? 0);
    return [{ plugin: extender, weight, raw, scores: raw.map((score) => ({ score: score * (MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY) })) }];
  });
}
