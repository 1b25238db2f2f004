/** Requests that reach the node's pods. A container that runs, is warm and has had no SIGTERM serves; each request takes its time and its share of CPU, so
 *  that a busy node or a limit makes it slow. Waiting for one of k cores at use u is Sakasegawa's approximation of a queue with k servers
 *  (u^(sqrt(2(k+1))-1) / (k(1-u)) times the work): next to nothing below 70 %, steep above. What exceeds the container's ceiling gathers as a backlog.
 *  Nodes to which nobody sends keep nothing here. Departure: requests come evenly over a batch's span; they do not use memory. */

import type { Latency, TrafficAnswer, TrafficBatch, TrafficCall, TrafficOutcome } from '#network';
import { type Context, type Distribution, type Duration, type Instant, SECOND, type Stream, sampleDistribution } from '#sim';
import { formatAddress } from './addresses.ts';
import type { NodeAgent } from './agent.ts';
import { tellRequests } from './container-log.ts';
import { LUCK } from './luck.ts';
import type { CpuState } from './node-cpu.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';

/** assumed: a small web server's answer when its behaviour does not say. */
const ANSWER_SECONDS: Distribution = { lognormal: { p50: 0.005, p99: 0.05 } };
/** Of a batch's requests to one pod so many get a time of their own; more share one. */
const DRAWS_MOST = 16;
/** Above this use a queue's mean says nothing any more: the backlog does. */
const USE_MOST = 0.99;
/** Demand is a mean over about this long: chance within it is what the queue's formula speaks of. A backlog is asked for at this pace too. */
const MEMORY = SECOND;

interface Load {
  /** Milli-cores that requests ask for, smoothed. */
  rate: number;
  /** CPU that requests still wait for, in core-microseconds. */
  backlog: number;
  at: Instant;
}

export class NodeTraffic {
  private readonly agent: NodeAgent;
  private readonly byAddress = new Map<string, PodWorker>();
  private readonly loads = new Map<ContainerRecord, Load>();
  private batches = 0;

  constructor(agent: NodeAgent) {
    this.agent = agent;
  }

  receive({ id, span, calls }: TrafficBatch, ctx: Context): void {
    this.batches += 1;
    const outcomes = calls.map((call, index) => this.serve(call, span, index, ctx));
    const answer: TrafficAnswer = { kind: 'TrafficAnswer', id, outcomes };
    ctx.send(ctx.source, answer);
  }

  private serve({ address, count }: TrafficCall, span: Duration, index: number, ctx: Context): TrafficOutcome {
    const worker = this.workerAt(address);
    const record = worker === undefined ? undefined : servingContainer(worker, ctx.now);
    if (worker === undefined || record === undefined) return { refused: count, answered: [] };
    tellRequests(record, count, ctx.now);
    const { perRequest } = record.behaviour;
    const work = (perRequest?.cpuSeconds ?? 0) * SECOND;
    const held = work > 0 ? this.work(record, work, count, span, ctx) : NOT_HELD;
    const { requestBytes = 0, responseBytes = 0 } = perRequest ?? {};
    const transfer =
      requestBytes + responseBytes > 0 ? this.agent.network.transfer(worker, count, requestBytes, responseBytes, ctx.now) : 0;
    const draws = Math.min(count, DRAWS_MOST);
    const luck = ctx.chance.stream(LUCK.request, this.agent.luck, this.batches, index);
    const answered: Latency[] = [];
    for (let draw = 0; draw < draws; draw++) {
      const share = Math.floor(((draw + 1) * count) / draws) - Math.floor((draw * count) / draws);
      // The last bytes of the batch are through after `transfer`, the first ones at once.
      const through = Math.round((transfer * (draw + 1)) / draws);
      answered.push([through + this.duration(perRequest?.seconds ?? ANSWER_SECONDS, work, held, luck), share]);
    }
    return { refused: 0, answered };
  }

  private duration(seconds: Distribution, work: Duration, { backlog, wait }: Held, luck: Stream): Duration {
    const own = sampleDistribution(seconds, luck) * SECOND;
    const queued = wait <= 0 ? 0 : sampleDistribution({ exponential: { mean: wait } }, luck);
    return Math.max(1, Math.round(own + work + backlog + queued));
  }

  /** Charges the requests to the container and says what they meet. */
  private work(record: ContainerRecord, work: Duration, count: number, span: Duration, ctx: Context): Held {
    const rate = (1000 * work * count) / span;
    let load = this.loads.get(record);
    if (load === undefined) this.loads.set(record, (load = { rate, backlog: 0, at: ctx.now - span }));
    const since = Math.min(ctx.now - load.at, MEMORY);
    load.at = ctx.now;
    // The time since the last batch without requests counts as such.
    load.rate += ((rate * span) / Math.max(since, span) - load.rate) * Math.min(1, Math.max(since, span) / MEMORY);
    const cpu = this.agent.cpu.demand(record, load.rate + (1000 * load.backlog) / MEMORY, ctx);
    const cores = cpu.ceiling / 1000;
    load.backlog = cores === Number.POSITIVE_INFINITY ? 0 : Math.max(0, load.backlog + (load.rate / 1000 - cores) * since);
    // Who waits for those before it waits for no core besides.
    const wait = load.backlog > 0 ? 0 : work * Math.max(waitOf(cpu.nodeUse, cpu.cores), ownWait(load.rate, cpu));
    return { backlog: load.backlog === 0 ? 0 : load.backlog / cores, wait };
  }

  private workerAt(address: string): PodWorker | undefined {
    const known = this.byAddress.get(address);
    if (known !== undefined && known.address !== undefined && this.agent.workers.get(known.slot) === known && known.stage !== 'terminated')
      return known;
    this.byAddress.delete(address);
    for (const worker of this.agent.workers.values()) {
      if (worker.address === undefined || worker.stage === 'terminated' || formatAddress(worker.address) !== address) continue;
      this.byAddress.set(address, worker);
      return worker;
    }
    return undefined;
  }

  /** A container ended: what waited there is gone. */
  forget(record: ContainerRecord): void {
    if (this.loads.size > 0) this.loads.delete(record);
  }
}

interface Held {
  /** Until its turn comes. */
  readonly backlog: Duration;
  /** Mean wait for a core. */
  readonly wait: Duration;
}
const NOT_HELD: Held = { backlog: 0, wait: 0 };

/** The container that listens: the first that says what a request costs, or the first of all. */
function servingContainer(worker: PodWorker, now: Instant): ContainerRecord | undefined {
  let found: ContainerRecord | undefined;
  for (const record of worker.containers) {
    if (record.role !== 'main' || (found !== undefined && record.behaviour.perRequest === undefined)) continue;
    if (found === undefined || found.behaviour.perRequest === undefined) found = record;
  }
  if (found === undefined || found.state !== 'running' || now < found.readyAt) return undefined;
  if (found.stop === undefined || found.behaviour.servesAfterTerm === true) return found;
  // Until SIGTERM it serves as before: that is what preStop hooks are for.
  return now < found.stop.signalAt ? found : undefined;
}

/** Mean wait for one of `cores` at use `use`, in multiples of the work. */
function waitOf(use: number, cores: number): number {
  const u = Math.min(use, USE_MOST);
  if (u <= 0) return 0;
  return Math.exp(Math.log(u) * (Math.sqrt(2 * (cores + 1)) - 1)) / (cores * (1 - u));
}

/** A container held to a few cores waits for those. */
function ownWait(rate: number, { ceiling, cores }: CpuState): number {
  if (ceiling >= cores * 1000) return 0;
  return waitOf(rate / ceiling, ceiling / 1000);
}
