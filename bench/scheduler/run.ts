/** One case of bench:scheduler: pods decided one after another and bound at once, timed in CPU time, and checked against the reference scheduler. */

import type { Node, Pod } from '#api';
import { Cache, LiveHandle, Nominator, newPodInfo, PodScheduler, Profile } from '#scheduler';
import { ReferenceScheduler } from '../../test/scheduler/reference/reference-scheduler.ts';
import { makeNodes } from './cluster.ts';

export interface Case {
  readonly name: string;
  readonly pods: readonly Pod[];
  /** Pods bound beforehand, not timed. */
  readonly before?: readonly Pod[];
  /** Every n-th decision is compared with the reference; 0: none. */
  readonly checkEvery: number;
  /** Failing pods preempt; their victims go at once and they are decided again. */
  readonly preempts?: boolean;
}

export interface Measured {
  readonly name: string;
  readonly nodes: number;
  readonly decisions: number;
  readonly bound: number;
  readonly cpuSeconds: number;
  readonly perSecond: number;
  readonly checked: number;
  readonly different: number;
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** All nodes scored unless `percentage` says otherwise (0: upstream's adaptive sampling). */
export function runCase(of: Case, nodeCount: number, percentage = 100): Measured {
  const nodes: readonly Node[] = makeNodes(nodeCount);
  const cache = new Cache();
  for (const node of nodes) cache.addNode(node);
  const nominator = new Nominator();
  const profile = new Profile();
  const handle = new LiveHandle(profile, cache, nominator, new Map());
  const scheduler = new PodScheduler(profile, cache, nominator, handle, percentage);
  const reference = of.checkEvery > 0 ? new ReferenceScheduler(nodes) : undefined;
  const bind = (pod: Pod, nodeName: string): void =>
    cache.assumePod(newPodInfo({ ...pod, spec: { ...pod.spec, nodeName } } as Pod), nodeName);
  for (const pod of of.before ?? []) {
    const { nodeName } = scheduler.schedule(pod, 0);
    bind(pod, nodeName);
    reference?.bind(pod, nodeName);
  }
  let spent = 0;
  let from = cpuSeconds();
  let bound = 0;
  let checked = 0;
  let different = 0;
  let start = 0;
  // The reference follows only when it is asked, with the clock stopped.
  const behind: [Pod, string][] = [];
  of.pods.forEach((pod, i) => {
    let decision = scheduler.schedule(pod, start);
    const victims = decision.failure?.postFilter.victims ?? [];
    if (of.preempts === true) {
      for (const victim of victims) cache.removePod(victim);
      if (victims.length > 0) decision = scheduler.schedule(pod, start);
    }
    const { nodeName } = decision;
    start = (start + decision.evaluated) % nodeCount;
    if (nodeName !== '') bind(pod, nodeName);
    if (nodeName !== '') bound++;
    if (reference === undefined) return;
    if (i % of.checkEvery === 0) {
      spent += cpuSeconds() - from;
      for (const [earlier, node] of behind) reference.bind(earlier, node);
      behind.length = 0;
      const { best, feasible } = reference.decide(pod);
      checked++;
      const isSame = (best[0] ?? '') === nodeName && feasible === decision.feasible && (feasible < 2 || best.length === decision.tied);
      if (!isSame) different++;
      from = cpuSeconds();
    }
    if (nodeName !== '') behind.push([pod, nodeName]);
  });
  spent += cpuSeconds() - from;
  return {
    name: of.name,
    nodes: nodeCount,
    decisions: of.pods.length,
    bound,
    cpuSeconds: spent,
    perSecond: of.pods.length / spent,
    checked,
    different,
  };
}
