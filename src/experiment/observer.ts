/** The observer: watches pods and nodes through an API server as kube-state-metrics and clusterloader2 do, and records the run's SLIs.
 *  Latencies are between what a watcher sees (perf-tests' pod_startup_latency measures them so), not from objects' whole-second timestamps. */

import { type Node, type Pod, podRequests, quantityMilliValue, quantityValue } from '#api';
import type { ApiClient, ClientConfig, InformerEvent, InformerFactory } from '#client';
import { createApiClient, createInformerFactory } from '#client';
import type { Phase } from '#scenario';
import type { Context, Duration, Gauge, Histogram, Host, Instant, Message } from '#sim';
import { messageKind } from '#sim';
import { noteAutoscaling } from './autoscaling-watch.ts';
import { LossWatch, type LostNodes } from './loss-watch.ts';
import { NodeHeat } from './node-heat.ts';
import { UnschedulableReasons } from './unschedulable-reasons.ts';

export interface ObserverConfig {
  readonly client: ClientConfig;
  readonly phases: readonly Phase[];
  readonly losses: readonly LostNodes[];
  /** When autoscalers get more to do. */
  readonly loadRises: readonly Instant[];
  readonly heatEvery: Duration;
}

interface ObserverTick extends Message {
  readonly kind: 'ObserverTick';
  /** -1: sample the heat; otherwise the loss with this index strikes now. */
  readonly loss: number;
}
messageKind<ObserverTick>({
  kind: 'ObserverTick',
  digest(m, hasher) {
    hasher.int(m.loss);
  },
});

/** Other nodes are lost from an instant on: how a branch tells of its own faults. */
interface ObserverLosses extends Message {
  readonly kind: 'ObserverLosses';
  readonly from: Instant;
  readonly losses: readonly LostNodes[];
}
messageKind<ObserverLosses>({ kind: 'ObserverLosses', digest() {} });
export const lossesInstead = (from: Instant, losses: readonly LostNodes[]): Message => {
  const message: ObserverLosses = { kind: 'ObserverLosses', from, losses };
  return message;
};

const tick = (loss: number): ObserverTick => ({ kind: 'ObserverTick', loss });

/** States in which a pod is counted; the graph of pods over time is drawn from their gauges. */
const STATES = ['Unscheduled', 'Starting', 'Running', 'NotReady', 'Terminating', 'Succeeded', 'Failed'] as const;
type State = (typeof STATES)[number];

/** What is remembered of a pod that exists. */
export interface PodRecord {
  readonly seen: Instant;
  readonly phase: number;
  /** uid of the ReplicaSet that owns it, or ''. */
  readonly owner: string;
  state: State;
  node: string;
  cpu: number;
  memory: number;
  extended: Extended;
  started: boolean;
}

type Extended = readonly (readonly [resource: string, amount: number])[];
const NONE: Extended = [];
interface Requests {
  readonly cpu: number;
  readonly memory: number;
  readonly extended: Extended;
}

export class Observer implements Host {
  readonly #config: ObserverConfig;
  readonly #client: ApiClient<undefined>;
  readonly #informers: InformerFactory;
  readonly #pods = new Map<string, PodRecord>();
  readonly #requests = new WeakMap<object, Requests>();
  readonly #heat = new NodeHeat();
  readonly #losses: LossWatch;
  readonly #states = new Map<State, Gauge>();
  readonly #ready = new Set<string>();
  #binding: Histogram[] = [];
  #starting: Histogram[] = [];
  #count = (_name: string): void => {};
  #readyNodes: Gauge | undefined;
  #reasons: UnschedulableReasons | undefined;

  constructor(config: ObserverConfig) {
    this.#config = config;
    this.#client = createApiClient<undefined>(config.client);
    this.#informers = createInformerFactory(this.#client);
    this.#losses = new LossWatch(config.losses);
    this.#informers.informer<Pod>('pods').onEvent((event, ctx) => this.#podEvent(event, ctx));
    this.#informers.informer<Node>('nodes').onEvent((event, ctx) => this.#nodeEvent(event, ctx));
  }

  start(ctx: Context): void {
    const record = ctx.record;
    for (const state of STATES) this.#states.set(state, record.gauge('wavetank_pods', { state }));
    const phases = [...this.#config.phases.map((phase) => phase.name), ''];
    this.#binding = phases.map((phase) => record.histogram('wavetank_submission_to_binding_seconds', { phase }));
    this.#starting = phases.map((phase) => record.histogram('wavetank_pod_start_seconds', { phase }));
    const counters = new Map(
      ['created', 'bound', 'started', 'deleted'].map((name) => [name, record.counter(`wavetank_pods_${name}_total`)]),
    );
    this.#count = (name) => counters.get(name)?.add();
    this.#readyNodes = record.gauge('wavetank_nodes_ready');
    this.#reasons = new UnschedulableReasons(record);
    this.#heat.start(record);
    this.#losses.start(record);
    this.#informers.start(ctx);
    ctx.after(this.#config.heatEvery, tick(-1));
    this.#config.losses.forEach((loss, index) => {
      ctx.after(Math.max(0, loss.at - ctx.now), tick(index));
    });
  }

  receive(message: Message, ctx: Context): void {
    if (this.#client.receive(message, ctx).handled) return;
    if (message.kind === 'ObserverLosses') {
      const { from, losses } = message as ObserverLosses;
      const first = this.#losses.instead(from, losses);
      losses.forEach((loss, index) => {
        ctx.after(Math.max(0, loss.at - ctx.now), tick(first + index));
      });
      return;
    }
    if (message.kind !== 'ObserverTick') return;
    const { loss } = message as ObserverTick;
    if (loss >= 0) {
      this.#losses.strike(loss, this.#pods.values());
      return;
    }
    this.#heat.sample();
    ctx.after(this.#config.heatEvery, message);
  }

  #podEvent(event: InformerEvent<Pod>, ctx: Context): void {
    const pod = event.object;
    let known = this.#pods.get(event.key);
    if (event.type === 'delete') {
      if (known !== undefined) this.#forget(event.key, known);
      return;
    }
    if (known === undefined) {
      known = this.#newRecord(pod, ctx.now);
      this.#pods.set(event.key, known);
      this.#count('created');
      this.#states.get(known.state)?.add(1);
    }
    const node = pod.spec?.nodeName ?? '';
    if (node !== '' && known.node === '') this.#bound(event.key, known, node, pod, ctx.now);
    else if (node === '') this.#reasons?.see(event.key, pod);
    const state = stateOf(pod);
    if (state === known.state) return;
    this.#states.get(known.state)?.add(-1);
    this.#states.get(state)?.add(1);
    if (state === 'Running' && !known.started) {
      known.started = true;
      if (this.#config.loadRises.length > 0) noteAutoscaling(this.#config.loadRises, known.seen, ctx);
      this.#count('started');
      this.#starting[known.phase]?.observe((ctx.now - known.seen) / 1e6);
      this.#losses.started(known, ctx.now);
    }
    if (state === 'Succeeded' || state === 'Failed') this.#free(known);
    known.state = state;
  }

  #newRecord(pod: Pod, now: Instant): PodRecord {
    const phases = this.#config.phases;
    const found = phases.findIndex((phase) => now >= phase.from && now < phase.to);
    const controller = pod.metadata?.ownerReferences?.find((owner) => owner.controller === true);
    const owner = controller?.kind === 'ReplicaSet' ? controller.uid : '';
    return {
      seen: now,
      phase: found < 0 ? phases.length : found,
      owner,
      state: 'Unscheduled',
      node: '',
      cpu: 0,
      memory: 0,
      extended: NONE,
      started: false,
    };
  }

  #bound(key: string, known: PodRecord, node: string, pod: Pod, now: Instant): void {
    known.node = node;
    const { cpu, memory, extended } = this.#requestsOf(pod);
    known.cpu = cpu;
    known.memory = memory;
    known.extended = extended;
    this.#heat.addExtended(extended, 1);
    this.#heat.add(node, cpu, memory, 1);
    this.#count('bound');
    this.#reasons?.forget(key);
    this.#binding[known.phase]?.observe((now - known.seen) / 1e6);
  }

  /** Replicas share their containers by reference. */
  #requestsOf(pod: Pod): Requests {
    const containers = pod.spec?.containers as object;
    let found = this.#requests.get(containers);
    if (found === undefined) {
      const requests = podRequests(pod);
      const extended = Object.entries(requests).filter(([name]) => name.includes('/'));
      found = { cpu: requests['cpu'] ?? 0, memory: requests['memory'] ?? 0, extended: extended.length === 0 ? NONE : extended };
      this.#requests.set(containers, found);
    }
    return found;
  }

  #forget(key: string, known: PodRecord): void {
    this.#states.get(known.state)?.add(-1);
    this.#pods.delete(key);
    this.#count('deleted');
    this.#reasons?.forget(key);
    this.#free(known);
  }

  /** Its node no longer holds anything for it. */
  #free(known: PodRecord): void {
    if (known.cpu < 0 || known.node === '') return;
    this.#heat.add(known.node, -known.cpu, -known.memory, -1);
    this.#heat.addExtended(known.extended, -1);
    known.cpu = -1;
  }

  #nodeEvent(event: InformerEvent<Node>, ctx: Context): void {
    const name = event.key;
    const conditions = event.object.status?.conditions;
    const ready = conditions?.find((condition) => condition.type === 'Ready')?.status;
    const isReady = event.type !== 'delete' && ready === 'True';
    if (isReady !== this.#ready.has(name)) {
      if (isReady) this.#ready.add(name);
      else this.#ready.delete(name);
      this.#readyNodes?.set(this.#ready.size);
    }
    if (event.type === 'delete') {
      this.#heat.remove(name);
      return;
    }
    if (ready === 'Unknown') this.#losses.noticed(name, ctx.now);
    if (event.type === 'add') {
      const allocatable = event.object.status?.allocatable ?? {};
      this.#heat.node(
        name,
        quantityMilliValue(allocatable['cpu']),
        quantityValue(allocatable['memory']),
        quantityValue(allocatable['pods']),
      );
      for (const [resource, amount] of Object.entries(allocatable))
        if (resource.includes('/')) this.#heat.addAllocatable(resource, quantityValue(amount));
    }
  }
}

function stateOf(pod: Pod): State {
  const status = pod.status;
  const phase = status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return phase;
  if (pod.metadata?.deletionTimestamp !== undefined) return 'Terminating';
  if (pod.spec?.nodeName === undefined) return 'Unscheduled';
  if (phase !== 'Running') return 'Starting';
  const conditions = status?.conditions;
  if (conditions !== undefined)
    for (const condition of conditions) if (condition.type === 'Ready') return condition.status === 'True' ? 'Running' : 'NotReady';
  return 'Running';
}
