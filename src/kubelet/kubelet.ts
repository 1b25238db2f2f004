/** The kubelet of one node: joins the cluster, runs the pods bound to it, tells the API server what becomes of them. Mirrors v1.34 pkg/kubelet.
 *  This file is the sync loop: it turns messages into calls; the decisions are in the files it names. */

import type { ApiRequest, KubeObject, Node } from '#api';
import { type Outcome, Reflector, type Sink } from '#client';
import { isTrafficBatch } from '#network';
import { type Context, type Host, type Incident, type Message, SECOND } from '#sim';
import { type Continuation, type KubeletTimer, NodeAgent } from './agent.ts';
import type { KubeletConfig } from './config.ts';
import { devicesPublished, publishDevices } from './device-slices.ts';
import { EvictionManager } from './eviction-manager.ts';
import { Heartbeats } from './heartbeats.ts';
import { befall } from './incidents.ts';
import { answerLog } from './log-requests.ts';
import { NodeProblems } from './node-problems.ts';
import { NodeShutdown, SHUTDOWN_ANNOTATION } from './node-shutdown.ts';
import { publishDrivers } from './node-volumes.ts';
import { podEvent } from './pod-events.ts';
import { imagePulled } from './pod-images.ts';
import { PodIntake } from './pod-intake.ts';
import { probeDue } from './pod-probes.ts';
import {
  containerExited,
  containerKilled,
  containerStarted,
  createContainer,
  dependenceMet,
  limitReached,
  nextContainer,
  oomKill,
  postStartDone,
  sandboxCreated,
  syncPod,
} from './pod-sync.ts';
import { containerStopped, endPod, sandboxStopped } from './pod-termination.ts';
import type { ContainerRecord, PodWorker } from './pod-worker.ts';
import { tellUse } from './resource-metrics.ts';
import { StaticPods } from './static-pods.ts';
import { podDeleted, retryStatus, statusWritten } from './status-manager.ts';

export class Kubelet implements Host {
  readonly agent: NodeAgent;
  private readonly heartbeats: Heartbeats;
  private readonly eviction: EvictionManager;
  private readonly statics: StaticPods;
  private readonly shutdown: NodeShutdown;
  private readonly problems: NodeProblems;
  private readonly pods: Reflector;
  private readonly ownNode: Reflector | undefined;
  private watching = false;

  /** `previous`: the kubelet that ran on this machine before it lost its power. */
  constructor(config: KubeletConfig, previous?: Kubelet) {
    const agent = new NodeAgent(config);
    if (previous !== undefined) agent.inherit(previous.agent);
    this.agent = agent;
    this.heartbeats = new Heartbeats(agent);
    this.eviction = new EvictionManager(agent, this.heartbeats);
    agent.podConfig.resume = (worker, index, ctx) => (index < 0 ? syncPod(agent, worker, ctx) : createContainer(agent, worker, index, ctx));
    agent.resizes.sync = (worker, ctx) => syncPod(agent, worker, ctx);
    agent.dependence.resume = (worker, index, ctx) => dependenceMet(agent, worker, index, ctx);
    agent.volumes.changed = (ctx) => this.heartbeats.volumesChanged(ctx);
    this.statics = new StaticPods(agent);
    this.shutdown = new NodeShutdown(agent, this.heartbeats);
    this.problems = new NodeProblems(agent);
    this.pods = new Reflector(agent.client as never, 'pods', new PodIntake(agent, this.statics), {
      fieldSelector: `spec.nodeName=${config.nodeName}`,
    });
    if (agent.settings.watchOwnNode) {
      this.ownNode = new Reflector(agent.client as never, 'nodes', new NodeSink(agent, this.shutdown, this.heartbeats, this.problems), {
        fieldSelector: `metadata.name=${config.nodeName}`,
      });
    }
  }

  start(ctx: Context): void {
    this.agent.start(ctx);
    this.heartbeats.start(ctx);
    this.statics.start(ctx);
  }

  receive(message: Message, ctx: Context): void {
    if (this.shutdown.off) return;
    if (message.kind === 'KubeletTimer') return this.timer(message as KubeletTimer, ctx);
    if (isTrafficBatch(message)) return this.agent.traffic.receive(message, ctx);
    if (message.kind === 'Scrape') return tellUse(this.agent, ctx);
    if (message.kind === 'ApiRequest') return answerLog(this.agent, message as ApiRequest, ctx);
    const { outcome } = this.agent.client.receive(message, ctx);
    if (outcome !== undefined) this.answered(outcome, ctx);
    else if (message.kind === 'Incident') befall(this.agent, this.shutdown, message as Incident, ctx);
  }

  private answered(outcome: Outcome<Continuation>, ctx: Context): void {
    const { continuation } = outcome;
    switch (continuation.of) {
      case 'lease':
        return this.heartbeats.leaseAnswered(outcome, continuation.step, ctx);
      case 'status': {
        const worker = this.agent.workers.get(continuation.slot);
        return worker === undefined ? undefined : statusWritten(this.agent, worker, outcome, ctx);
      }
      case 'delete': {
        const worker = this.agent.workers.get(continuation.slot);
        return worker === undefined ? undefined : podDeleted(this.agent, worker, outcome, ctx);
      }
      case 'node':
        this.heartbeats.nodeAnswered(outcome, continuation.step, ctx);
        if (this.agent.node !== undefined) this.watch(ctx);
        return;
      case 'volume': {
        const worker = this.agent.workers.get(continuation.slot);
        return worker === undefined ? undefined : this.agent.volumes.answered(worker, continuation.index, outcome, ctx);
      }
      case 'config':
        return this.agent.podConfig.answered(continuation.key, outcome, ctx);
      case 'devices':
        return devicesPublished(this.agent, outcome, ctx);
      case 'mirror': {
        const worker = this.agent.workers.get(continuation.slot);
        return worker === undefined ? undefined : this.statics.created(worker, outcome, ctx);
      }
      case 'event':
        return;
    }
  }

  /** Once registered, the kubelet hears of its pods. */
  private watch(ctx: Context): void {
    if (this.watching) return;
    this.watching = true;
    if (this.agent.config.devices !== undefined) publishDevices(this.agent, ctx);
    if (this.agent.config.csiDrivers !== undefined) publishDrivers(this.agent, ctx);
    this.pods.start(ctx);
    this.ownNode?.start(ctx);
    this.statics.connect(ctx);
  }

  private timer(message: KubeletTimer, ctx: Context): void {
    const { task, slot, index } = message;
    if (slot < 0) return this.nodeTimer(task, index, ctx);
    const worker = this.agent.workers.get(slot);
    if (worker === undefined) return;
    if (task !== 'probe') return this.podTimer(worker, task, index, ctx);
    if (probeDue(this.agent, worker, message, ctx)) syncPod(this.agent, worker, ctx);
  }

  private nodeTimer(task: KubeletTimer['task'], index: number, ctx: Context): void {
    switch (task) {
      case 'register':
        return this.heartbeats.register(ctx);
      case 'ready':
        return this.heartbeats.ready(ctx);
      case 'lease':
        return this.heartbeats.renew(ctx);
      case 'nodeStatus':
      case 'nodeReport':
        return this.heartbeats.statusTick(ctx);
      case 'pleg':
        for (const worker of this.agent.relist()) syncPod(this.agent, worker, ctx);
        return;
      case 'images':
        return this.imagesDue(ctx);
      case 'memory':
        return this.memoryDue(ctx);
      case 'imageGC':
        this.agent.disk.collect(ctx);
        return this.heartbeats.statusDue(ctx);
      case 'evict':
        return this.eviction.due(ctx);
      case 'wave':
        return this.agent.cpu.waveDue(ctx);
      case 'resizes':
        return this.agent.resizes.due(ctx);
      case 'proxy':
        return this.agent.dependence.program(index, ctx);
      case 'problems':
        return this.problems.look(ctx);
      case 'shutdown':
        return this.shutdown.look(ctx);
    }
  }

  private podTimer(worker: PodWorker, task: KubeletTimer['task'], index: number, ctx: Context): void {
    const { agent } = this;
    switch (task) {
      case 'sandbox':
        return sandboxCreated(agent, worker, ctx);
      case 'started':
        return containerStarted(agent, worker, index, ctx);
      case 'postStart':
        return postStartDone(agent, worker, index, ctx);
      case 'exit':
        return containerExited(agent, worker, index, ctx);
      case 'killed':
        return containerKilled(agent, worker, index, ctx);
      case 'stopped':
        return containerStopped(agent, worker, index, ctx);
      case 'sandboxStopped':
        return sandboxStopped(agent, worker, ctx);
      case 'oom':
        return limitReached(agent, worker, index, ctx);
      case 'resync':
        worker.resyncTimer = undefined;
        return syncPod(agent, worker, ctx);
      case 'depend':
        return agent.dependence.tryNow(worker, index, ctx);
      case 'volumes':
        return agent.volumes.look(worker, ctx);
      case 'config':
        return agent.podConfig.sync(worker.slot, ctx);
      case 'deadline':
        return this.deadline(worker, ctx);
      case 'mirror':
        return this.statics.retry(worker, ctx);
      case 'statusRetry':
        return retryStatus(agent, worker, ctx);
    }
  }

  /** The node has run out: the kernel chooses. */
  private memoryDue(ctx: Context): void {
    const victim = this.agent.memory.due(ctx);
    if (victim !== undefined) oomKill(this.agent, victim.worker, victim.index, ctx);
  }

  /** activeDeadlineSeconds is over (pkg/kubelet/active_deadline.go). */
  private deadline(worker: PodWorker, ctx: Context): void {
    worker.deadlineTimer = undefined;
    const message = 'Pod was active on the node longer than the specified deadline';
    podEvent(this.agent, worker, undefined, 'Normal', 'DeadlineExceeded', message, ctx);
    const grace = worker.spec.terminationGracePeriodSeconds ?? 30;
    endPod(this.agent, worker, grace, { phase: 'Failed', reason: 'DeadlineExceeded', message }, ctx);
  }

  private imagesDue(ctx: Context): void {
    const { agent } = this;
    const version = agent.images.version;
    const results = agent.images.settle(ctx);
    for (const result of results) {
      if (result.ok) agent.pullDuration?.observe((ctx.now - result.startedAt) / SECOND);
      for (const { slot, container, askedAt } of result.waiters) {
        const worker = agent.workers.get(slot);
        // The pod may have been told to end meanwhile.
        if (worker === undefined || worker.stage !== 'busy' || worker.toStart[worker.startIndex] !== container) continue;
        const record = worker.containers[container] as ContainerRecord;
        if (imagePulled(agent, worker, record, askedAt, result, ctx)) createContainer(agent, worker, container, ctx);
        else {
          worker.syncFailed = true;
          nextContainer(agent, worker, ctx);
        }
      }
    }
    agent.armImages(ctx);
    if (agent.images.version === version) return;
    this.heartbeats.statusDue(ctx);
    agent.disk.changed(ctx);
  }
}

/** The kubelet's own Node: labels and taints for admission. */
class NodeSink implements Sink {
  private readonly agent: NodeAgent;
  private readonly shutdown: NodeShutdown;
  private readonly heartbeats: Heartbeats;
  private readonly problems: NodeProblems;
  constructor(agent: NodeAgent, shutdown: NodeShutdown, heartbeats: Heartbeats, problems: NodeProblems) {
    this.agent = agent;
    this.shutdown = shutdown;
    this.heartbeats = heartbeats;
    this.problems = problems;
  }
  upsert(object: KubeObject, ctx: Context): void {
    this.agent.node = object as Node;
    this.heartbeats.seen(object as Node, ctx);
    this.problems.seen(object as Node, ctx);
    if (object.metadata?.annotations?.[SHUTDOWN_ANNOTATION] !== undefined) this.shutdown.begin(ctx);
  }
  remove(): void {}
  replace(objects: readonly KubeObject[], ctx: Context): void {
    if (objects[0] !== undefined) this.upsert(objects[0], ctx);
  }
}
