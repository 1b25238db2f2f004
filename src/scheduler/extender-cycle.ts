/** One decision in which extenders have a say. It stops wherever one is asked and goes on with the answer: where it stands is data of this object.
 *  Mirrors kube-scheduler v1.34 pkg/scheduler/schedule_one.go (findNodesThatFitPod, findNodesThatPassExtenders, evaluateNominatedNode, prioritizeNodes)
 *  and framework/preemption/preemption.go (callExtenders). */

import type { Pod } from '#api';
import type { Context, Duration } from '#sim';
import { AttemptError } from './attempt-error.ts';
import type { CostMeter } from './cost-meter.ts';
import type { ExtenderAnswer } from './explain-extenders.ts';
import type { Extender, ExtenderClient, ExtenderOutcome } from './extender-client.ts';
import { ExtenderPreemption } from './extender-preemption.ts';
import { MAX_EXTENDER_PRIORITY, readFilterResult, readPriorities } from './extender-wire.ts';
import { MAX_NODE_SCORE } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { QueuedPodInfo } from './queue/queued-pod-info.ts';
import type { Decision, Filtered, PodScheduler } from './schedule-pod.ts';
import type { Status } from './status.ts';

/** framework.ExtenderName: stands among the plugins that rejected a pod when extenders took nodes away. */
export const EXTENDER_NAME = 'Extender';

const NO_REJECTORS: ReadonlySet<string> = new Set();

export class ExtenderCycle {
  readonly info: QueuedPodInfo;
  readonly scheduler: PodScheduler;
  readonly #extenders: ExtenderClient;
  readonly #meter: CostMeter;
  readonly #start: number;
  #filtered: Filtered | undefined;
  /** What filters and extenders have left so far. */
  #nodes: readonly NodeInfo[] = [];
  /** Only the nominated node is looked at yet. */
  #isNominee = false;
  #rejectors: ReadonlySet<string> = NO_REJECTORS;
  #totals: number[] = [];
  readonly #priorities = new Map<string, number>();
  /** Extenders that still owe their priorities. */
  #awaited = 0;
  #preemption: ExtenderPreemption | undefined;
  /** Modelled work that was charged already. */
  #charged: Duration = 0;
  #looked = 0;
  /** For explanations: references to what was answered. */
  #answers: ExtenderAnswer[] = [];

  constructor(info: QueuedPodInfo, scheduler: PodScheduler, extenders: ExtenderClient, meter: CostMeter, start: number) {
    this.info = info;
    this.scheduler = scheduler;
    this.#extenders = extenders;
    this.#meter = meter;
    this.#start = start;
  }

  get #pod(): Pod {
    return this.info.pod;
  }

  /** A decision, or undefined while an extender is being asked. Its cost is what is still to be charged. */
  begin(ctx: Context): Decision | undefined {
    return this.#orFailed(() => {
      if (this.scheduler.handle.snapshot.nodes.length === 0) return this.scheduler.noNodes(this.#pod);
      const nominated = this.scheduler.nominatedNode(this.#pod);
      if (nominated === '') return this.#search(ctx);
      this.#isNominee = true;
      this.#take(this.scheduler.filter(this.#pod, 0, nominated));
      return this.#askFilters(0, ctx);
    });
  }

  /** A plugin's error ends the attempt. */
  #orFailed(run: () => Decision | undefined): Decision | undefined {
    try {
      return run();
    } catch (error) {
      if (error instanceof AttemptError) return this.scheduler.failedBy(error, this.#pod);
      throw error;
    }
  }

  answered({ step, body, error }: ExtenderOutcome, ctx: Context): Decision | undefined {
    if (step.for === 'filter') return this.#orFailed(() => this.#filterAnswered(step.index, body, error, ctx));
    if (step.for === 'prioritize') return this.#prioritizeAnswered(step.index, body, error);
    if (step.for !== 'preempt' || this.#preemption === undefined) return undefined;
    return this.#finish(this.#preemption.answered(step.index, body, error, ctx));
  }

  #search(ctx: Context): Decision | undefined {
    this.#isNominee = false;
    this.#answers = [];
    this.#take(this.scheduler.filter(this.#pod, this.#start));
    return this.#askFilters(0, ctx);
  }

  #take(filtered: Filtered): void {
    this.#filtered = filtered;
    this.#nodes = filtered.nodes;
    this.#looked += filtered.evaluated;
  }

  /** One after another; each is shown what those before it left. */
  #askFilters(from: number, ctx: Context): Decision | undefined {
    const { all } = this.#extenders;
    for (let index = from; index < all.length && this.#nodes.length > 0; index++) {
      const extender = all[index] as Extender;
      if (extender.verbs.filter === '' || !extender.isInterestedIn(this.#pod)) continue;
      this.#call(extender, 'filter', ctx);
      return undefined;
    }
    return this.#filtersDone(ctx);
  }

  #call(extender: Extender, verb: 'filter' | 'prioritize', ctx: Context): void {
    const names = extender.hasNodeCache;
    const args = {
      Pod: this.#pod,
      Nodes: names ? null : { items: this.#nodes.map(({ node }) => node) },
      NodeNames: names ? this.#nodes.map(({ name }) => name) : null,
    };
    const scored = verb === 'prioritize' ? this.#nodes.length : 0;
    this.#extenders.call(
      extender,
      verb,
      args,
      this.#pod,
      this.info.attempts,
      { for: verb, index: extender.index },
      ctx,
      this.#cost(scored),
    );
  }

  #filterAnswered(index: number, body: unknown, error: string | undefined, ctx: Context): Decision | undefined {
    const extender = this.#extenders.all[index] as Extender;
    const failure = error ?? this.#keep(extender, body);
    if (failure === undefined || extender.isIgnorable) return this.#askFilters(index + 1, ctx);
    // A failure about the nominated node is only logged.
    return this.#isNominee ? this.#search(ctx) : this.#finish(this.#failed(failure));
  }

  /** Takes an answer in; a text when it is none. */
  #keep(extender: Extender, body: unknown): string | undefined {
    const answer = readFilterResult(body);
    if (typeof answer === 'string') return answer;
    if (answer.error !== '') return answer.error;
    const byName = new Map(this.#nodes.map((node) => [node.name, node]));
    const kept: NodeInfo[] = [];
    const names = extender.hasNodeCache && answer.names !== undefined ? answer.names : (answer.nodes ?? []);
    for (const name of names) {
      const node = byName.get(name);
      if (node === undefined)
        return `extender "${extender.name}" claims a filtered node "${name}" which is not found in the input node list`;
      kept.push(node);
    }
    const { rejected } = this.#filtered as Filtered;
    const reject = (reasons: Readonly<Record<string, string>>, code: Status['code']): void => {
      for (const name of Object.keys(reasons)) rejected.set(name, { code, reasons: [reasons[name] as string] });
    };
    reject(answer.failed, 'Unschedulable');
    // Takes precedence where a node is in both.
    reject(answer.unresolvable, 'UnschedulableAndUnresolvable');
    this.#answers.push({ extender: extender.name, given: this.#nodes, kept, failed: answer.failed, unresolvable: answer.unresolvable });
    this.#nodes = kept;
    return undefined;
  }

  #filtersDone(ctx: Context): Decision | undefined {
    const filtered = this.#filtered as Filtered;
    if (this.#isNominee && this.#nodes.length === 0) {
      if (filtered.preFilter !== undefined) return this.#nothingFits(ctx);
      return this.#search(ctx);
    }
    if (!this.#isNominee && this.#nodes.length !== filtered.nodes.length) this.#rejectors = new Set([EXTENDER_NAME]);
    if (this.#nodes.length === 0) return this.#nothingFits(ctx);
    if (this.#nodes.length === 1) return this.#finish(this.#placed(this.#nodes[0] as NodeInfo, 1));
    this.#totals = this.scheduler.score(this.#pod, filtered, this.#nodes);
    for (const extender of this.#extenders.all) {
      if (extender.verbs.prioritize === '' || !extender.isInterestedIn(this.#pod)) continue;
      this.#awaited++;
      this.#call(extender, 'prioritize', ctx);
    }
    return this.#awaited === 0 ? this.#choose() : undefined;
  }

  /** Errors are ignored: others set the priorities then. */
  #prioritizeAnswered(index: number, body: unknown, error: string | undefined): Decision | undefined {
    const { weight, name } = this.#extenders.all[index] as Extender;
    const priorities = error === undefined ? readPriorities(body) : error;
    if (typeof priorities !== 'string') {
      this.#answers.push({ extender: name, weight, priorities });
      for (const { Host: host, Score: score } of priorities) {
        const points = score * weight * (MAX_NODE_SCORE / MAX_EXTENDER_PRIORITY);
        this.#priorities.set(host, (this.#priorities.get(host) ?? 0) + points);
      }
    }
    this.#awaited--;
    return this.#awaited === 0 ? this.#choose() : undefined;
  }

  #choose(): Decision {
    let top = Number.NEGATIVE_INFINITY;
    let best: NodeInfo[] = [];
    this.#nodes.forEach((node, i) => {
      const total = (this.#totals[i] as number) + (this.#priorities.get(node.name) ?? 0);
      if (total > top) {
        top = total;
        best = [];
      }
      if (total === top) best.push(node);
    });
    best.sort((a, b) => (a.name < b.name ? -1 : 1));
    const draw = this.scheduler.handle.draw('tie', this.#pod);
    return this.#finish(this.#placed(best[Math.min(Math.floor(draw * best.length), best.length - 1)] as NodeInfo, best.length)) as Decision;
  }

  #placed(node: NodeInfo, tied: number): Decision {
    const { state } = this.#filtered as Filtered;
    return { nodeName: node.name, state, cost: 0, evaluated: this.#moved, feasible: this.#nodes.length, tied };
  }

  /** How far the next search is to start from here: a nominated node does not move it. */
  get #moved(): number {
    return this.#isNominee ? 0 : (this.#filtered?.evaluated ?? 0);
  }

  /** Something went wrong: no preemption, and the pod backs off. */
  #failed(message: string): Decision {
    const failure = { message, plugins: NO_REJECTORS, postFilter: { nominatedNodeName: '' }, isError: true };
    const { state } = this.#filtered as Filtered;
    return { nodeName: '', state, cost: 0, evaluated: this.#moved, feasible: 0, tied: 0, failure };
  }

  #nothingFits(ctx: Context): Decision | undefined {
    const { handle } = this.scheduler;
    handle.keepsCandidates = this.#extenders.preempts(this.#pod);
    const decision = { ...this.scheduler.fail(this.#pod, this.#filtered as Filtered, this.#rejectors), evaluated: this.#moved };
    handle.keepsCandidates = false;
    if (decision.failure?.postFilter.candidates === undefined) return this.#finish(decision);
    const { info, scheduler } = this;
    this.#preemption = new ExtenderPreemption(info, scheduler, this.#extenders, decision, (scored) => this.#cost(scored));
    return this.#finish(this.#preemption.begin(ctx));
  }

  /** What has to be charged since the last time. */
  #cost(scored: number): Duration {
    const modelled = this.scheduler.costOf(this.#pod, this.#looked, scored, this.#filtered?.state);
    const more = Math.max(0, modelled - this.#charged);
    this.#charged = Math.max(modelled, this.#charged);
    return this.#meter.read(more);
  }

  #finish(decision: Decision | undefined): Decision | undefined {
    if (decision === undefined) return undefined;
    const dryRuns = Math.max(0, decision.cost - this.scheduler.costOf(this.#pod, 0, 0, this.#filtered?.state));
    const scored = decision.nodeName !== '' && decision.feasible > 1 ? decision.feasible : 0;
    return { ...decision, cost: this.#cost(scored) + dryRuns, extenders: this.#answers };
  }
}
