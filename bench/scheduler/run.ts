/** One case of bench:scheduler: pods decided one after another and bound at once, timed in CPU time, and checked against the reference scheduler. */

import type { Node, Pod } from '#api';
import { Cache, type Decision, LiveHandle, Nominator, newPodInfo, PodScheduler, Profile } from '#scheduler';
import { ReferenceScheduler } from '../../test/scheduler/reference/reference-scheduler.ts';
import { makeNodes } from './cluster.ts';

export interface Case {
  readonly name: string;
  readonly pods: readonly Pod[];
  /** Pods bound beforehand, not timed. */
  readonly before?: readonly Pod[];
  /** Failing pods preempt; their victims go at once and they are decided again. */
  readonly preempts?: boolean;
}

/** Every n-th decision is compared with the reference, as long as that took less than `seconds` of CPU time. */
export interface Checks {
  readonly every: number;
  readonly seconds: number;
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

type Event = readonly [what: 'bind' | 'remove', pod: Pod, nodeName: string];

/** The reference, which follows only when it is asked, with the clock stopped. */
class Follower {
  readonly #reference: ReferenceScheduler;
  readonly #checks: Checks;
  readonly #behind: Event[] = [];
  #spent = 0;
  checked = 0;
  different = 0;

  constructor(nodes: readonly Node[], checks: Checks) {
    this.#reference = new ReferenceScheduler(nodes);
    this.#checks = checks;
  }

  happened(event: Event): void {
    this.#behind.push(event);
  }

  isDue(n: number): boolean {
    return n % this.#checks.every === 0 && this.#spent < this.#checks.seconds;
  }

  compare(pod: Pod, { nodeName, feasible, tied, failure }: Decision): void {
    for (const [what, other, on] of this.#behind) {
      if (what === 'bind') this.#reference.bind(other, on);
      else this.#reference.remove(other, on);
    }
    this.#behind.length = 0;
    const from = cpuSeconds();
    const expected = this.#reference.decide(pod);
    let isSame = (expected.best[0] ?? '') === nodeName && expected.feasible === feasible && (feasible < 2 || expected.best.length === tied);
    if (isSame && nodeName === '') {
      const { nominatedNodeName = '', victims = [] } = failure?.postFilter ?? {};
      const { nominated, victims: names } = this.#reference.preempt(pod);
      isSame = nominated === nominatedNodeName && names.join() === victims.map((victim) => victim.metadata?.name).join();
    }
    this.#spent += cpuSeconds() - from;
    this.checked++;
    if (!isSame) this.different++;
  }
}

/** All nodes scored unless `percentage` says otherwise (0: upstream's adaptive sampling). */
export function runCase(of: Case, nodeCount: number, checks?: Checks, percentage = 100): Measured {
  const nodes: readonly Node[] = makeNodes(nodeCount);
  const cache = new Cache();
  for (const node of nodes) cache.addNode(node);
  const nominator = new Nominator();
  const profile = new Profile();
  const handle = new LiveHandle(profile, cache, nominator, new Map());
  const scheduler = new PodScheduler(profile, cache, nominator, handle, percentage);
  const follower = checks === undefined ? undefined : new Follower(nodes, checks);
  const bind = (pod: Pod, nodeName: string): void => {
    const placed = { ...pod, spec: { ...pod.spec, nodeName } } as Pod;
    cache.assumePod(newPodInfo(placed), nodeName);
    follower?.happened(['bind', placed, nodeName]);
  };
  for (const pod of of.before ?? []) {
    const { nodeName } = scheduler.schedule(pod, 0);
    if (nodeName !== '') bind(pod, nodeName);
  }
  let spent = 0;
  let from = cpuSeconds();
  let bound = 0;
  let start = 0;
  of.pods.forEach((pod, i) => {
    let decision = scheduler.schedule(pod, start);
    if (follower?.isDue(i) === true) {
      spent += cpuSeconds() - from;
      follower.compare(pod, decision);
      from = cpuSeconds();
    }
    const victims = decision.failure?.postFilter.victims ?? [];
    if (of.preempts === true && victims.length > 0) {
      for (const victim of victims) {
        cache.removePod(victim);
        follower?.happened(['remove', victim, victim.spec?.nodeName ?? '']);
      }
      decision = scheduler.schedule(pod, start);
    }
    const { nodeName } = decision;
    start = (start + decision.evaluated) % nodeCount;
    if (nodeName === '') return;
    bind(pod, nodeName);
    bound++;
  });
  spent += cpuSeconds() - from;
  return {
    name: of.name,
    nodes: nodeCount,
    decisions: of.pods.length,
    bound,
    cpuSeconds: spent,
    perSecond: of.pods.length / spent,
    checked: follower?.checked ?? 0,
    different: follower?.different ?? 0,
  };
}
